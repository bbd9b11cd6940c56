//! What Prometheus asks, on a listener of its own: it is for who runs Docket, not for who uses it.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::server::{
    database::{ReplicaState, Usage},
    metrics,
    state::AppState,
};

/// `GET /metrics`, and nothing else.
pub fn router(state: AppState) -> Router {
    Router::new().route("/metrics", get(all)).with_state(state)
}

async fn all(State(state): State<AppState>) -> Response {
    // OpenMetrics 1.0, which ends with `# EOF`: half an answer is never taken for a whole one.
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let Usage { idle, used, most } = state.database.usage();
    metrics::pool(idle, used, most);
    let replica = state.database.replica_state();
    let lag = replica.and_then(|state| match state {
        ReplicaState::Behind(lag) => Some(lag.seconds),
        ReplicaState::Away => None,
    });
    metrics::replica(replica.map(|state| state != ReplicaState::Away), lag);
    match metrics::render() {
        Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics can't be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Counts an answer by its route: the template of its path, or "other" for what no route takes.
pub async fn observe(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let answer = next.run(request).await;
    let route = route.as_ref().map_or("other", |route| {
        // What is nested under a path has the rest of it in a parameter of axum's own.
        let route = route.as_str();
        route.split_once("/{*").map_or(route, |(folder, _)| folder)
    });
    metrics::answered(method.as_str(), route, answer.status().as_u16(), begun.elapsed());
    answer
}
