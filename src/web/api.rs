//! The REST API: `/api/v1`, for programs. Each handler is a few lines: who asks, what for, one use case of those that the pages have too.

mod account;
mod bodies;
mod bulk;
mod caller;
mod docs;
mod extract;
mod limits;
mod lists;
mod openapi;
mod problem;
mod tasks;

use axum::{
    Router,
    http::{Method, header},
    middleware::from_fn_with_state,
    response::Html,
    routing::get,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{
    caller::{Gate, pass},
    problem::Problem,
};
use super::headers;
use crate::server::state::AppState;

pub use problem::dress;

/// Where the API is.
pub const ROOT: &str = "/api/v1";

/// The most bytes of a body with many changes.
pub const BULK_LIMIT: usize = 4 * 1024 * 1024;

/// Whether this is a request with many changes.
pub fn is_bulk(method: &Method, path: &str) -> bool {
    *method == Method::POST && path == "/api/v1/tasks/bulk"
}

/// Every operation.
fn all() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(lists::list, tasks::create))
        .routes(routes!(tasks::read, tasks::update, tasks::delete))
        .routes(routes!(tasks::toggle))
        .routes(routes!(tasks::restore))
        .routes(routes!(tasks::history))
        .routes(routes!(bulk::bulk))
        .routes(routes!(account::register))
        .routes(routes!(account::log_in))
        .routes(routes!(account::log_out))
        .routes(routes!(account::token))
        .routes(routes!(account::me, account::update_me, account::erase_me))
        .routes(routes!(account::sessions))
        .routes(routes!(account::revoke_session))
        .routes(routes!(account::audit))
        .routes(routes!(account::export))
}

/// The description of the API, as a document of OpenAPI 3.1.
pub fn description() -> serde_json::Value {
    let (_, description) = all().split_for_parts();
    openapi::finish(&description)
}

/// The routes. `style` is the path of the style sheet.
pub fn routes(state: &AppState, style: &str) -> Result<Router, String> {
    let (routes, description) = all().split_for_parts();
    let document = openapi::finish(&description).to_string();
    let page = docs::page(&document, style).map_err(|error| format!("The API can't be shown: {error}"))?;
    let policy = headers::content_security_policy(None, None);
    let routes = routes
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .fallback(|| async { Problem::NotFound })
        .layer(from_fn_with_state(Gate::new(state.clone()), pass))
        .with_state(state.clone());
    let document = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], document) });
    let page = get(move || async move { ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)) });
    let described = Router::new()
        .route("/api/openapi.json", document)
        .route("/api/docs", page)
        .layer(headers::default(header::CACHE_CONTROL, headers::REVALIDATE));
    Ok(Router::new().nest(ROOT, routes).merge(described))
}
