//! What operators and their machines ask a running server (common.md, "Operations").

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hearken_core::Core;
use hearken_transport::sockets::Sockets;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use crate::telemetry::metrics::{self, Metrics, Reading, Value};

/// What scrapers that know nothing newer are told the page is; it reads as that too.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn router(core: Core, sockets: Sockets) -> Router {
    let mut metrics = Metrics::new();
    let counted = core.clone();
    metrics.read_from(move || readings(&counted, &sockets));
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(core)
        .merge(Router::new().route("/metrics", get(render)).with_state(Arc::new(metrics)))
}

async fn ready(State(core): State<Core>) -> Response {
    match core.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

async fn render(State(metrics): State<Arc<Metrics>>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = if accept.contains("openmetrics") { metrics::CONTENT_TYPE } else { PLAIN };
    ([(CONTENT_TYPE, form)], metrics.render()).into_response()
}

fn readings(core: &Core, sockets: &Sockets) -> Vec<Reading> {
    let stats = core.commit_stats();
    let count = |name, help, counter: &AtomicU64| Reading {
        name,
        help,
        value: Value::Count(counter.load(Ordering::Relaxed)),
    };
    let level = |name, help, value: usize| Reading { name, help, value: Value::Level(value as u64) };
    vec![
        count("hearken_commits", "Transactions committed", &stats.commits),
        count("hearken_commit_failures", "Transactions that failed", &stats.failures),
        count("hearken_rules", "Rules run", &stats.rules),
        count("hearken_events", "Events written to the log", &stats.events),
        count("hearken_busy_refusals", "Rules turned away because too many waited", &stats.refused_busy),
        level("hearken_queued_rules", "Rules waiting for the committer", core.queue_depth()),
        level("hearken_open_sockets", "WebSockets open", sockets.open()),
        level("hearken_subscriptions", "Subscriptions open", core.followers()),
    ]
}
