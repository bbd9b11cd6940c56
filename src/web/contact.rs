//! `/.well-known/security.txt`: whom to tell of a hole in this Docket (RFC 9116), for everybody.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};

use crate::server::{config::Config, state::AppState};

/// For how long it may be kept.
const CACHE: &str = "public, max-age=3600";

/// How many days ahead it says that it ends; the RFC wants less than a year.
const DAYS: i64 = 180;

/// Tells it; 404 where nobody has set `DOCKET_SECURITY_CONTACT`.
pub async fn show(State(state): State<AppState>) -> Response {
    match text(&state.config, state.clock.now()) {
        Some(text) => {
            let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, CACHE)];
            (headers, text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The file. It is the same all day (UTC).
fn text(config: &Config, now: Timestamp) -> Option<String> {
    let contact = config.security_contact.as_ref()?;
    let day = now.as_second().div_euclid(86_400) * 86_400;
    let expires = Timestamp::from_second(day).ok()?.checked_add(SignedDuration::from_hours(DAYS * 24)).ok()?;
    // RFC 9116 takes https only, and where it doesn't lead it would say that the file is somebody else's.
    let canonical = match &config.public_url {
        Some(url) if config.is_https() => {
            format!("Canonical: {}/.well-known/security.txt\n", url.origin().ascii_serialization())
        }
        _ => String::new(),
    };
    Some(format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en, de\n{canonical}"))
}
