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
    let Some(user) = session.user.filter(|user| !user.confined) else { return to_login() };
    everything(&state, &user).await.unwrap_or_else(|error| refused(&error))
}

async fn export_tasks(State(state): State<AppState>, session: AuthSession) -> Response {
    let Some(user) = session.user.filter(|user| !user.confined) else { return to_login() };
    let export = Export::tasks(state.database.clone(), Actor { user: user.id });
    send(&state, &user, export, "csv", "text/csv; charset=utf-8; header=present")
        .await
        .unwrap_or_else(|error| refused(&error))
}

/// All that Docket keeps of a person, as a file.
pub async fn everything(state: &AppState, user: &User) -> Result<Response, AppError> {
    let export = Export::everything(state.database.clone(), Actor { user: user.id }, state.clock.now());
    send(state, user, export, "json", "application/json; charset=utf-8").await
}

/// The page that leads to a file sends who isn't logged in any more to log in, and who needs a second factor first to where that is.
fn to_login() -> Response {
    Redirect::to(&login_path("/settings/data")).into_response()
}

fn refused(error: &AppError) -> Response {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Sends a file while it is written.
async fn send(
    state: &AppState,
    user: &User,
    export: Result<Export, AppError>,
    ending: &str,
    kind: &'static str,
) -> Result<Response, AppError> {
    // The first piece says whether the database answers, as long as the status can still say so.
    let mut export = export?;
    let first = export.next().await?.unwrap_or_default();
    // A failure later breaks the connection off, so that nobody takes half a file for a whole one.
    let rest = stream::try_unfold((Some(first), export), async |(first, mut export)| {
        let piece = match first {
            Some(first) => Some(first),
            None => export.next().await?,
        };
        Ok::<_, AppError>(piece.map(|piece| (Bytes::from(piece), (None, export))))
    });
    let day = Local::new(&user.time_zone, state.clock.now()).now().day;
    let mut answer = Body::from_stream(rest).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"docket-{day}.{ending}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(answer)
}
