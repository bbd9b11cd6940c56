//! `/.well-known/jwks.json`: the public keys that short-lived logins of programs are signed with, for everybody.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::server::state::AppState;

/// For how long it may be kept. A key signs as soon as it is listed: who meets one that they don't know asks again.
const CACHE: &str = "public, max-age=300";

/// Lists them.
pub async fn list(State(state): State<AppState>) -> Response {
    match state.backend.jwks(&state.clock).await {
        Ok(keys) => ([(header::CACHE_CONTROL, CACHE)], Json(keys)).into_response(),
        Err(error) => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response(),
    }
}
