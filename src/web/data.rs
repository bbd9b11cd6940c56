//! What somebody takes along: `/settings/data/…`.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use futures::stream;

use super::headers;
use crate::{
    domain::path::login_path,
    error::AppError,
    server::{auth::AuthSession, clock::Local, data::Export, database::Actor, state::AppState, store::accounts::User},
};

/// The paths.
pub const PATHS: [&str; 2] = ["/settings/data/export.json", "/settings/data/tasks.csv"];

/// The routes.
pub fn routes(state: AppState) -> Router {
    let [everything, tasks] = PATHS;
    Router::new()
        .route(everything, get(export_everything))
        .route(tasks, get(export_tasks))
        .layer(headers::default(header::CONTENT_SECURITY_POLICY, headers::A_FILE))
        .layer(headers::default(headers::RESOURCE_POLICY, "same-origin"))
        .with_state(state)
}

async fn export_everything(State(state): State<AppState>, session: AuthSession) -> Response {
    let now = state.clock.now();
    let begin = |actor| Export::everything(state.database.clone(), actor, now);
    send(&state, session, begin, "json", "application/json; charset=utf-8").await
}

async fn export_tasks(State(state): State<AppState>, session: AuthSession) -> Response {
    let begin = |actor| Export::tasks(state.database.clone(), actor);
    send(&state, session, begin, "csv", "text/csv; charset=utf-8; header=present").await
}

/// Sends a file while it is written. The page that leads to it sends who isn't logged in any more to log in.
async fn send(
    state: &AppState,
    session: AuthSession,
    begin: impl FnOnce(Actor) -> Result<Export, AppError>,
    ending: &str,
    kind: &'static str,
) -> Response {
    let Some(User { id, time_zone, .. }) = session.user else {
        return Redirect::to(&login_path("/settings/data")).into_response();
    };
    // The first piece says whether the database answers, as long as the status can still say so.
    let opened = async {
        let mut export = begin(Actor { user: id })?;
        let first = export.next().await?.unwrap_or_default();
        Ok::<_, AppError>((export, first))
    };
    let (export, first) = match opened.await {
        Ok(opened) => opened,
        Err(error) => {
            return StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        }
    };
    // A failure later breaks the connection off, so that nobody takes half a file for a whole one.
    let rest = stream::try_unfold((Some(first), export), async |(first, mut export)| {
        let piece = match first {
            Some(first) => Some(first),
            None => export.next().await?,
        };
        Ok::<_, AppError>(piece.map(|piece| (Bytes::from(piece), (None, export))))
    });
    let day = Local::new(&time_zone, state.clock.now()).now().day;
    let mut answer = Body::from_stream(rest).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"docket-{day}.{ending}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    answer
}
