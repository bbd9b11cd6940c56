//! For whoever watches over Docket: is the process there, and can it work?

use axum::{Extension, extract::State, http::StatusCode};

use super::Stopping;
use crate::server::{migrations, state::AppState};

/// 200 as long as the process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// 200 when the database answers and has every migration, and Docket isn't about to stop; else 503 and the reason in a sentence.
pub async fn ready(State(state): State<AppState>, stopping: Option<Extension<Stopping>>) -> (StatusCode, &'static str) {
    if stopping.is_some_and(|stopping| stopping.is_near()) {
        return (StatusCode::SERVICE_UNAVAILABLE, "Docket is about to stop.\n");
    }
    let asked = state.database.probe(|db| {
        Box::pin(
            async move { Ok((migrations::missing(&mut *db).await?, migrations::lacking(db, None).await?.is_empty())) },
        )
    });
    match asked.await {
        Ok((0, true)) => (StatusCode::OK, "ready\n"),
        Ok((0, false)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The login of DATABASE_URL may not act for Docket: run `docket migrate up` with the same DATABASE_URL.\n",
        ),
        Ok(_) => (StatusCode::SERVICE_UNAVAILABLE, "The database is behind: run `docket migrate up`.\n"),
        // The log has the cause.
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer.\n"),
    }
}
