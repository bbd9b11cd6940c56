//! Answers that nothing else has words for: a friendly page for who reads one, a line for who doesn't.

use std::{any::Any, sync::Arc};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, Response, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse},
};

use super::{headers, trace};
use crate::{
    server::preferences::appearance,
    texts::{FailureTexts, Language},
};

/// A panic in a handler: the log has it, the answer is a plain 500 for [`friendly`] to dress.
pub fn panicked(cause: Box<dyn Any + Send>) -> Response<Body> {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("unknown"), "a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Gives an error without a body a body, and a 503 its Retry-After.
pub async fn friendly(State((style, https)): State<(Arc<str>, bool)>, request: Request, next: Next) -> Response<Body> {
    let reads_html = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html")));
    let id = trace::request_id(&request);
    // What is no page is read by a program.
    let language = if reads_html { appearance(request.headers(), https).language } else { Language::En };
    let mut answer = next.run(request).await;
    let status = answer.status();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("5"));
    }
    let wordless = answer.body().size_hint().exact() == Some(0);
    if !wordless || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let (title, advice) = words(&language.texts().failures, status);
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(headers::NEVER));
    let body = if reads_html {
        Html(page(language, &style, title, advice, &id)).into_response()
    } else {
        format!("{title}. {advice} ({id})\n").into_response()
    };
    if let Ok(policy) = HeaderValue::try_from(headers::content_security_policy(None, None)) {
        parts.headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let mut response = body;
    *response.status_mut() = parts.status;
    for (name, value) in &parts.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

fn words(t: &FailureTexts, status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => (t.too_large, t.too_large_advice),
        StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED => {
            (t.misunderstood, t.reload)
        }
        StatusCode::SERVICE_UNAVAILABLE => (t.busy, t.busy_advice),
        status if status.is_client_error() => (t.refused, t.reload),
        _ => (t.broken, t.broken_advice),
    }
}

/// A page that needs nothing but its style sheet. `id` finds the cause in the log.
fn page(language: Language, style: &str, title: &str, advice: &str, id: &str) -> String {
    let t = language.texts();
    let (tag, direction) = (language.tag(), language.direction().as_str());
    let (start, request) = (t.pages.to_start, (t.failures.request)(id));
    format!(
        r#"<!DOCTYPE html>
<html lang="{tag}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Docket</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<header class="bar"><a href="/" class="brand"><span class="brand-mark" aria-hidden="true">✓</span>Docket</a></header>
<main id="page"><section class="notice">
<h1>{title}</h1>
<p>{advice}</p>
<p class="actions"><a href="/" class="button">{start}</a></p>
<p class="notice-id">{request}</p>
</section></main>
</body>
</html>
"#
    )
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::to_bytes, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_plain_answer_with_the_id_that_the_log_has() {
        let panics = get(|| async { panic!("select secret from src/web/errors.rs") as () });
        let router = Router::new()
            .route("/", panics)
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state((Arc::<str>::from("/style.css"), false), friendly));
        let router = trace::layers(router);
        for kind in ["text/html", "application/json"] {
            let request = Request::get("/").header(header::ACCEPT, kind).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
            let text = String::from_utf8(to_bytes(answer.into_body(), 10_000).await.unwrap().to_vec()).unwrap();
            assert!(text.contains("Something went wrong on our side") && text.contains(&id), "{text}");
            assert!(!["secret", "src/", "panic"].iter().any(|inside| text.contains(inside)), "{text}");
        }
    }
}
