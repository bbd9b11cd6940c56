//! Who may pass, before anything is rendered or run.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use url::Url;

use crate::{
    server::{auth::AuthSession, state::AppState},
    ui::form::{local_path, login_path},
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

/// A page that isn't named here is for users.
fn audience(path: &str) -> Audience {
    match path {
        "/" | "/login" | "/register" => Audience::Guests,
        "/logout" => Audience::Everybody,
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
            Redirect::to(next.as_deref().and_then(local_path).unwrap_or("/tasks")).into_response()
        }
        _ => next.run(request).await,
    }
}

/// Refuses what another site sends: a request that may change something, and whose browser says that it comes from
/// elsewhere (OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata" and "Verifying Origin"). A client that says neither is no
/// browser and has no cookies that somebody else could use.
pub async fn origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers(), request.uri().host(), state.config.public_url.as_ref()) {
        return next.run(request).await;
    }
    tracing::warn!(origin = ?request.headers().get(header::ORIGIN), "refused a request from another site");
    (StatusCode::FORBIDDEN, "Docket takes changes from its own pages only. Open Docket itself and try again.\n")
        .into_response()
}

fn is_own(headers: &HeaderMap, authority: Option<&str>, public: Option<&Url>) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    // "null" is no URL, and an opaque origin is nobody's.
    let Ok(origin) = Url::parse(origin) else { return false };
    if public.is_some_and(|public| public.origin() == origin.origin()) {
        return true;
    }
    let host = text(header::HOST).or(authority);
    // The Host header leaves out the port of its scheme, and so does an origin.
    host.is_some_and(|host| {
        origin.as_str().split_once("://").is_some_and(|(_, rest)| rest.trim_end_matches('/').eq_ignore_ascii_case(host))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_own(&headers, None, Some(&Url::parse("https://todo.example.org").unwrap()))
    }

    #[test]
    fn the_own_origin_passes() {
        assert!(own(&[("host", "127.0.0.1:3000"), ("origin", "http://127.0.0.1:3000")]));
        assert!(own(&[
            ("host", "inner:80"),
            ("origin", "https://todo.example.org"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(own(&[("host", "127.0.0.1:3000")]));
    }

    #[test]
    fn every_other_one_is_refused() {
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:3001",
            "http://127.0.0.1:3000.evil.example",
            "https://todo.example.org:444",
            "",
        ] {
            assert!(!own(&[("host", "127.0.0.1:3000"), ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", "?"] {
            assert!(!own(&[("host", "127.0.0.1:3000"), ("sec-fetch-site", site)]), "{site}");
        }
    }
}
