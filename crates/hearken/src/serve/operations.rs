//! What operators and their machines ask a running server (common.md, "Operations").

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hearken_core::Core;
use hearken_transport::sockets::Sockets;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::telemetry::metrics::{self, Metrics, Reading, Value};

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// What scrapers that know nothing newer are told the page is; it reads as that too.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn router(core: Core, sockets: Sockets) -> Router {
    let mut metrics = Metrics::new();
    let counted = core.clone();
    metrics.read_from(move || readings(&counted, &sockets));
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/.well-known/jwks.json", get(keys))
        .with_state(core)
        .merge(Router::new().route("/metrics", get(render)).with_state(Arc::new(metrics)))
}

/// Ready is who can read the store and whose committer gets to what is queued.
async fn ready(State(core): State<Core>) -> Response {
    let answers = async { core.ping().await.is_ok() && core.settle().await };
    if matches!(tokio::time::timeout(PATIENCE, answers).await, Ok(true)) {
        "ready\n".into_response()
    } else {
        tracing::warn!("not ready: the store does not answer");
        (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
    }
}

/// The public keys of access tokens (RFC 7517, RFC 8037).
async fn keys(State(core): State<Core>) -> Json<serde_json::Value> {
    let key = |(id, raw): (String, Vec<u8>)| {
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": id,
                "x": URL_SAFE_NO_PAD.encode(raw) })
    };
    Json(json!({ "keys": core.public_keys().into_iter().map(key).collect::<Vec<_>>() }))
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
