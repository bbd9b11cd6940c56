//! Headers on answers: what a browser may do with a page, and how long it may keep it.

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header},
    middleware::Next,
};
use tower_http::set_header::SetResponseHeaderLayer;

/// On every answer, errors too.
const EVERYWHERE: [(HeaderName, &str); 6] = [
    // What has no policy of its own, such as a picture or an answer in JSON, may do nothing where somebody opens it as a page.
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // For browsers and scanners that don't know frame-ancestors.
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// What every answer has; `https`: people reach Docket by https.
pub fn everywhere(https: bool) -> HeaderMap {
    let secure = https.then_some((header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY));
    let headers = EVERYWHERE.into_iter().chain(secure);
    headers.map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// Sets those of `others` that an answer doesn't have.
pub fn complete(headers: &mut HeaderMap, others: &HeaderMap) {
    for (name, value) in others {
        headers.entry(name).or_insert_with(|| value.clone());
    }
}

/// A layer that sets one header where the answer doesn't have it.
pub fn default(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// What a page may load and run: Docket's own files, the scripts that carry the nonce of this very answer, and
/// WebAssembly. `reload` is the port of cargo-leptos's live reload while developing.
pub fn content_security_policy(nonce: Option<&str>, reload: Option<u16>) -> String {
    let script =
        nonce.map(|nonce| format!("script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; ")).unwrap_or_default();
    let connect = reload.map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}")).unwrap_or_default();
    format!(
        "default-src 'none'; {script}style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; \
         connect-src 'self'{connect}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Files with a hash in their name never change.
pub const FOREVER: &str = "public, max-age=31536000, immutable";

/// The same, for a file that is somebody's own: no cache that others share keeps it.
pub const FOREVER_FOR_ONE: &str = "private, max-age=31536000, immutable";

/// What a file may do that somebody sent, or that carries what somebody wrote, should a browser ever show it as a page: nothing.
pub const A_FILE: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// Who may show a file on a page (Fetch, "Cross-Origin-Resource-Policy").
pub const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Ask before each use; an unchanged file is a 304.
pub const REVALIDATE: &str = "no-cache";

/// Pages show what is somebody's own: keep nothing.
pub const NEVER: &str = "no-store";

/// What a browser is to forget with a session that ended. Not cookies: it would take those of other programs on the same domain too.
const FORGET: &str = r#""cache", "storage""#;

/// For a year, once people reach Docket by https.
const HTTPS_ONLY: &str = "max-age=31536000";

/// Whether an answer may be compressed: one with a strong entity tag would need another tag for it (RFC 9110, section 8.8.3.3).
pub fn has_no_tag(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(header::ETAG)
}

/// Says how a text is written (ASVS 4.1.1): files don't.
pub async fn name_charset(mut answer: Response<Body>) -> Response<Body> {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.filter(|kind| kind.starts_with("text/") && !kind.contains("charset"));
    if let Some(Ok(kind)) = kind.map(|kind| HeaderValue::try_from(format!("{kind}; charset=utf-8"))) {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    answer
}

/// What ends a session on purpose.
const ENDING: [(Method, &str); 4] = [
    (Method::POST, "/fn/log_out"),
    (Method::POST, "/fn/erase_account"),
    (Method::POST, "/api/v1/auth/logout"),
    (Method::DELETE, "/api/v1/me"),
];

/// Leaves the cookie alone in the answer of a function that was asked with a session that is over: while it was on its way, another
/// answer may have brought a newer session, such as that of a changed password, and would be logged out by it. The next page removes a
/// cookie that is of no use any more.
pub async fn spare_newer_session(request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path();
    let spare = (path.starts_with("/fn/") || path.starts_with("/api/"))
        && !ENDING.iter().any(|(method, ending)| request.method() == method && path == *ending);
    let mut answer = next.run(request).await;
    if spare && take_removal(answer.headers_mut()).is_some() {
        answer.headers_mut().remove("clear-site-data");
    }
    answer
}

/// Takes the cookie out that removes that of the session, and leaves others.
fn take_removal(headers: &mut HeaderMap) -> Option<String> {
    let removes = |cookie: &HeaderValue| cookie.to_str().is_ok_and(|cookie| cookie.contains("Max-Age=0"));
    let (removals, others): (Vec<_>, Vec<_>) = headers.get_all(header::SET_COOKIE).iter().cloned().partition(removes);
    let removal = removals.first()?.to_str().ok()?.to_owned();
    headers.remove(header::SET_COOKIE);
    headers.extend(others.into_iter().map(|cookie| (header::SET_COOKIE, cookie)));
    Some(removal)
}

/// Mends answers of the session and login layers. When the store doesn't answer they say 500, where it is a 503: try
/// again. The cookie that removes a `__Host-` cookie lacks Secure, so that browsers refuse it. And with a session goes
/// what the browser holds of its pages.
pub async fn mend_login(mut answer: Response<Body>) -> Response<Body> {
    // Whatever else is a 500 has a body.
    if answer.status() == StatusCode::INTERNAL_SERVER_ERROR && answer.body().size_hint().exact() == Some(0) {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    let Some(mut cookie) = take_removal(answer.headers_mut()) else { return answer };
    // What the browser still holds of somebody's pages goes with the session.
    answer.headers_mut().insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static(FORGET));
    if cookie.starts_with("__Host-") && !cookie.contains("Secure") {
        cookie.push_str("; Secure; HttpOnly; SameSite=Lax");
    }
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}
