//! Who may pass, before anything is rendered or run.

use axum::{
    RequestExt,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::{api, forms, origin::is_own, pictures};
use crate::{
    domain::path::{SECOND_STEP, local_path, login_path},
    server::{auth::AuthSession, state::AppState},
};

/// Who a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Everybody,
    /// Who is not logged in; others are sent to their tasks.
    Guests,
    /// Who is logged in; others are sent to log in, and back afterwards.
    Users,
}

/// Where a second factor is set up.
const SECURITY: &str = "/settings/security";

/// A page that isn't named here is for users.
fn audience(path: &str) -> Audience {
    match path {
        "/" | "/login" | SECOND_STEP | "/register" => Audience::Guests,
        "/logout" | "/verify" | "/forgot" | "/reset" | "/settings/appearance" | "/styleguide" => Audience::Everybody,
        _ => Audience::Users,
    }
}

/// Refuses a page to whom it isn't for. A redirect from inside the page would still carry what was rendered.
pub async fn pages(session: AuthSession, request: Request, next: Next) -> Response {
    match (audience(request.uri().path()), &session.user) {
        (Audience::Users, None) => {
            let here = request.uri().path_and_query().map_or("/", |path| path.as_str());
            Redirect::to(&login_path(here)).into_response()
        }
        // A form for guests that was open in another tab still gets its answer.
        (Audience::Guests, Some(_)) if request.method() != Method::POST => {
            let next = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
            let next = next.into_iter().find(|(name, _)| name == "next").map(|(_, path)| path.into_owned());
            Redirect::to(next.as_deref().and_then(local_path).unwrap_or("/today")).into_response()
        }
        // Until there is a second factor, there is nothing else to do.
        (Audience::Users, Some(user)) if user.confined && request.uri().path() != SECURITY => {
            Redirect::to(SECURITY).into_response()
        }
        _ => next.run(request).await,
    }
}

/// Refuses a body that is longer than what its route takes (`security.md` 58): at once where its length is told, else when it is
/// reached.
pub async fn size(mut request: Request, next: Next) -> Response {
    let upload = pictures::is_upload(request.method(), request.uri().path(), request.headers());
    let limit = match request.uri().path() {
        _ if upload => pictures::LIMIT,
        path if api::is_bulk(request.method(), path) => api::BULK_LIMIT,
        _ => forms::LIMIT,
    };
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > limit) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    DefaultBodyLimit::max(limit).apply(&mut request);
    // The extractor of forms with files counts by itself, and knows its own errors only.
    next.run(if upload { request } else { request.with_limited_body() }).await
}

/// Refuses what another site sends: a request that may change something, and whose browser says that it comes from
/// elsewhere (OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata" and "Verifying Origin"). A client that says neither is no
/// browser and has no cookies that somebody else could use.
pub async fn origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers(), state.config.public_url.as_ref()) {
        return next.run(request).await;
    }
    let header = |name| request.headers().get(name);
    tracing::warn!(
        origin = ?header(header::ORIGIN),
        host = ?header(header::HOST),
        "refused a change from another site; if it is this one, have the proxy pass Host on and set DOCKET_PUBLIC_URL"
    );
    (StatusCode::FORBIDDEN, "Docket takes changes from its own pages only. Open Docket itself and try again.\n")
        .into_response()
}
