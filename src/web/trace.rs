//! A span and a line in the log for each request, under an id that the answer carries too.

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderName, Request, Response},
};
use tower_http::{
    classify::ServerErrorsFailureClass,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::TraceLayer,
};
use tracing::Span;
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Ids that sort by time.
#[derive(Clone)]
struct TimeOrdered;

impl MakeRequestId for TimeOrdered {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        Uuid::now_v7().to_string().parse().ok().map(RequestId::new)
    }
}

/// The id of a request.
pub fn request_id<B>(request: &Request<B>) -> String {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    id.unwrap_or_default().to_owned()
}

/// Wraps everything else. An id that the client sends is not taken: it would be text of somebody else's in the log.
pub fn layers(router: Router) -> Router {
    let span = |request: &Request<_>| {
        // Only the path: a query string may hold what isn't for the log.
        tracing::info_span!("request", id = request_id(request), method = %request.method(), path = request.uri().path())
    };
    let done = |response: &Response<_>, took: Duration, _: &Span| {
        tracing::info!(status = response.status().as_u16(), ms = took.as_millis(), "answered");
    };
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_request(())
        .on_response(done)
        .on_failure(|_: ServerErrorsFailureClass, _: Duration, _: &Span| {});
    router
        .layer(trace)
        .layer(PropagateRequestIdLayer::new(HEADER))
        .layer(SetRequestIdLayer::new(HEADER, TimeOrdered))
        .layer(axum::middleware::map_request(|mut request: axum::extract::Request| async {
            request.headers_mut().remove(HEADER);
            request
        }))
}
