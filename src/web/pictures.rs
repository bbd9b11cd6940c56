//! Pictures of people: the form that brings one, and their addresses.
//!
//! The form stands on [`PAGE`] and posts to it, like every form; but it comes as `multipart/form-data`, which no server function
//! takes. Where it is refused, the page is rendered again with the message at the field.

use std::{collections::BTreeMap, future::Future};

use axum::{
    Router,
    body::Body,
    extract::{FromRequest, Multipart, Path, State},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::headers;
use crate::{
    domain::{id::ChangeId, path::login_path},
    error::{AppError, PictureError},
    server::{
        auth::AuthSession,
        database::Actor,
        pictures::{MOST_BYTES, Painter},
        state::AppState,
        store::{pictures, sign_in},
    },
    ui::form::{PICTURE_FORM, Submission},
};

/// The page with the form.
pub const PAGE: &str = "/settings/profile";

/// The most bytes that are read of an upload: what is above [`MOST_BYTES`] is thrown away, so that who chose too large a picture is
/// told so by the page and not by a broken connection.
pub const LIMIT: usize = 5 * MOST_BYTES;

/// How many uploads are read or wait to be drawn at a time, each with up to [`MOST_BYTES`] in memory.
static READING: Semaphore = Semaphore::const_new(16);

/// The paths.
pub const PATHS: [&str; 1] = ["/pictures/{hash}"];

/// The routes.
pub fn routes(state: AppState) -> Router {
    let [picture] = PATHS;
    Router::new()
        .route(picture, get(show))
        .layer(headers::default(header::CONTENT_SECURITY_POLICY, headers::A_FILE))
        .layer(headers::default(headers::RESOURCE_POLICY, "same-origin"))
        .with_state(state)
}

/// Whether this is a form with a picture.
pub fn is_upload(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    *method == Method::POST && path == PAGE && kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

/// Sets the picture of who is logged in. `render` renders the page.
pub async fn submit<R: Future<Output = Response>>(
    state: AppState,
    painter: Painter,
    request: Request<Body>,
    render: impl FnOnce(Request<Body>, Submission) -> R,
) -> Response {
    let page = {
        let mut page = Request::new(Body::empty());
        (*page.uri_mut(), *page.headers_mut()) = (request.uri().clone(), request.headers().clone());
        *page.extensions_mut() = request.extensions().clone();
        page
    };
    let user = request.extensions().get::<AuthSession>().and_then(|session| session.user.as_ref());
    let Some(actor) = user.map(|user| Actor { user: user.id }) else {
        return Redirect::to(&login_path(PAGE)).into_response();
    };
    let (error, status) = match set(&state, &painter, actor, request).await {
        Ok(()) => return Redirect::to(PAGE).into_response(),
        Err(Refusal::TooBig) => (AppError::from(PictureError::TooBig), StatusCode::PAYLOAD_TOO_LARGE),
        Err(Refusal::Other(error)) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (error, status)
        }
    };
    let submission = Submission::new(PICTURE_FORM.to_owned(), error, BTreeMap::new());
    let mut answer = render(page, submission).await;
    *answer.status_mut() = status;
    answer
}

/// Why an upload was refused.
enum Refusal {
    TooBig,
    Other(AppError),
}

impl<E: Into<AppError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

async fn set(state: &AppState, painter: &Painter, actor: Actor, request: Request<Body>) -> Result<(), Refusal> {
    let Ok(turn) = READING.try_acquire() else {
        tracing::warn!("too many uploads at a time");
        return Err(AppError::Unavailable.into());
    };
    let file = read(request).await?;
    let picture = painter.paint(file).await?;
    drop(turn);
    let change = ChangeId(Uuid::now_v7());
    let set = state.database.write(actor, change, move |db, actor| {
        let picture = picture.clone();
        Box::pin(async move { pictures::set(db, actor, &picture).await })
    });
    Ok(set.await?)
}

/// The file in the field `picture`. Reads everything that comes, and keeps no more than may be kept.
async fn read(request: Request<Body>) -> Result<Vec<u8>, Refusal> {
    let Ok(mut form) = Multipart::from_request(request, &()).await else { return Err(AppError::Malformed.into()) };
    let odd = |error: axum::extract::multipart::MultipartError| {
        tracing::debug!(%error, "an upload can't be read");
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Refusal::TooBig } else { AppError::Malformed.into() }
    };
    let (mut file, mut length) = (Vec::new(), 0);
    while let Some(mut field) = form.next_field().await.map_err(odd)? {
        let wanted = field.name() == Some("picture");
        while let Some(chunk) = field.chunk().await.map_err(odd)? {
            length += chunk.len();
            if wanted && length <= MOST_BYTES {
                file.extend_from_slice(&chunk);
            }
        }
    }
    match length {
        0 => Err(AppError::from(PictureError::Missing).into()),
        length if length > MOST_BYTES => Err(Refusal::TooBig),
        _ if file.is_empty() => Err(AppError::from(PictureError::Missing).into()),
        _ => Ok(file),
    }
}

/// A picture, for who is logged in: others have no page to see it on. What an address leads to never changes.
async fn show(
    State(state): State<AppState>,
    session: AuthSession,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Response {
    if session.user.is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // What PostgreSQL would refuse as a text is no address.
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let tag = format!("\"{hash}\"");
    let found = state.database.sign_in(move |db| {
        let hash = hash.clone();
        Box::pin(async move { sign_in::picture(db, &hash).await })
    });
    let picture = match found.await {
        Ok(Some(picture)) => picture,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            return StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        }
    };
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let known = known.flat_map(|tags| tags.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
    let mut answer = if known { StatusCode::NOT_MODIFIED.into_response() } else { picture.bytes.into_response() };
    let out = answer.headers_mut();
    let mut set = |name, value: &str| HeaderValue::from_str(value).map(|value| out.insert(name, value)).is_ok();
    if !known {
        set(header::CONTENT_TYPE, &picture.content_type);
        set(header::CONTENT_DISPOSITION, "inline");
    }
    set(header::CACHE_CONTROL, headers::FOREVER_FOR_ONE);
    set(header::ETAG, &tag);
    answer
}
