//! Forms without scripts. A form posts to the page it stands on and names its server function in a hidden field. Where
//! that succeeds, the browser is sent on; where it fails, the same page is rendered again, with the error at its field and
//! what was typed still there. The answer of a few functions is for nobody else's eyes and for no address: the page that shows it is
//! rendered in its place ([`SHOWN`]). (Leptos's own way would put the error into the URL and lose what was typed.)

use std::{collections::BTreeMap, future::Future};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, Method, Request, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{prelude::FromServerFnError, server_fn::axum::server_fn_paths};

use crate::{
    domain::{
        change::Changed,
        path::{SECOND_STEP, local_path, login_path, with_next},
    },
    error::AppError,
    ui::form::{ACTION_FIELD, CHANGE, NEXT_FIELD, SHOWN, Submission},
};

/// The most bytes of a form: the longest texts, percent-encoded, and room.
pub const LIMIT: usize = 64 * 1024;

/// Answers a form posted to the page at `request`'s path. `call` runs a server function, `render` a page.
pub async fn submit<C, R>(
    request: Request<Body>,
    call: impl FnOnce(Request<Body>) -> C,
    render: impl FnOnce(Request<Body>, Submission) -> R,
) -> Response
where
    C: Future<Output = Response>,
    R: Future<Output = Response>,
{
    let is_form = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.to_str().is_ok_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded")
        })
    });
    if !is_form {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let mut values: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let action = values.remove(ACTION_FIELD).unwrap_or_default();
    let next = values.remove(NEXT_FIELD);
    let here = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);

    let Some(function) = function(&action) else { return StatusCode::BAD_REQUEST.into_response() };
    let again = |method, uri, body| {
        let mut parts = parts.clone();
        (parts.method, parts.uri) = (method, uri);
        Request::from_parts(parts, body)
    };
    let mut inner = again(Method::POST, function, Body::from(body));
    // The function is to answer us, in JSON, rather than to redirect a browser.
    inner.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let answer = call(inner).await;
    if answer.status().is_success() && SHOWN.contains(&action.as_str()) {
        let answer = to_bytes(answer.into_body(), LIMIT).await.unwrap_or_default();
        let submission = Submission::shown(action, String::from_utf8_lossy(&answer).into_owned());
        return render(again(Method::GET, parts.uri.clone(), Body::empty()), submission).await;
    }
    if answer.status().is_success() {
        let next = next.as_deref().and_then(local_path).unwrap_or(&here);
        let cookies: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
        let mut redirect = Redirect::to(&with_change(next, answer).await).into_response();
        redirect.headers_mut().extend(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)));
        return redirect;
    }
    let retry = answer.headers().get(header::RETRY_AFTER).cloned();
    match error(answer).await {
        AppError::NotLoggedIn => Redirect::to(&login_path(&here)).into_response(),
        AppError::SecondFactorNeeded => {
            let next = next.as_deref().and_then(local_path).unwrap_or("/today");
            Redirect::to(&with_next(SECOND_STEP, next)).into_response()
        }
        error => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let submission = Submission::new(action, error, values);
            let mut page = render(again(Method::GET, parts.uri.clone(), Body::empty()), submission).await;
            *page.status_mut() = status;
            if let Some(retry) = retry {
                page.headers_mut().insert(header::RETRY_AFTER, retry);
            }
            page
        }
    }
}

/// `next`, saying which change was made where it has a place for that.
async fn with_change(next: &str, answer: Response) -> String {
    if !next.contains(CHANGE) {
        return next.to_owned();
    }
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap_or_default();
    let change = serde_json::from_slice::<Changed>(&body).map(|changed| changed.change.to_string());
    next.replace(CHANGE, &change.unwrap_or_default())
}

/// The paths of all server functions.
pub fn functions() -> impl Iterator<Item = &'static str> {
    server_fn_paths().map(|(path, _)| path)
}

/// The path of a server function, if that is what `action` is.
fn function(action: &str) -> Option<Uri> {
    functions().find(|path| *path == action).and_then(|path| path.parse().ok())
}

async fn error(answer: Response) -> AppError {
    let body = to_bytes(answer.into_body(), LIMIT).await.unwrap_or_else(|_| Bytes::new());
    AppError::de(body)
}
