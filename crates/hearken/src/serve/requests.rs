//! A name for each request, in its log lines and its answer, so that what a client reports can be found.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use tracing::Instrument as _;

static LAST: AtomicU64 = AtomicU64::new(0);

/// Runs the request in a span with its name, and puts the name on the answer as `X-Request-Id`.
pub(super) async fn name(request: Request, next: Next) -> Response {
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let name = format!("{:x}-{number:x}", std::process::id());
    // The path alone: a query may hold a token. Made at error level, so that no filter takes it from a warning.
    let span = tracing::error_span!("request", request_id = name, method = %request.method(), path = request.uri().path());
    let mut response = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await;
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert("x-request-id", name);
    }
    response
}
