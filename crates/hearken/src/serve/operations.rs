//! What operators and their machines ask a running server (common.md, "Operations").

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hearken_core::Core;
use hearken_transport::sockets::Sockets;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::openapi::OpenApi;
use utoipa::{OpenApi as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::telemetry::metrics::{self, Metrics, Reading, Value};

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// What scrapers that know nothing newer are told the page is; it reads as that too.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn router(core: Core, sockets: Sockets) -> Router {
    let mut metrics = Metrics::new();
    let counted = core.clone();
    metrics.read_from(move || readings(&counted, &sockets));
    Router::from(of_core()).with_state(core).merge(Router::from(of_metrics()).with_state(Arc::new(metrics)))
}

/// The same paths, as the API reference describes them.
pub(crate) fn openapi() -> OpenApi {
    let mut document = Operations::openapi();
    document.merge(of_core().into_openapi());
    document.merge(of_metrics().into_openapi());
    document
}

#[derive(utoipa::OpenApi)]
#[openapi(tags((name = "operations", description = "What operators and their machines ask a running server.")))]
struct Operations;

fn of_core() -> OpenApiRouter<Core> {
    OpenApiRouter::default().routes(routes!(health)).routes(routes!(ready)).routes(routes!(keys))
}

fn of_metrics() -> OpenApiRouter<Arc<Metrics>> {
    OpenApiRouter::default().routes(routes!(render))
}

/// Whether the process is up
#[utoipa::path(
    get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "It is", content_type = "text/plain", body = String)),
)]
async fn health() -> &'static str {
    "ok\n"
}

/// Whether the store can be read and written, and the bus reached
///
/// Ready is who can read the store, whose committer gets to what is queued, and who hears other nodes, where there are
/// any. A node without its bus serves on all the same, and reads from the store what it does not hear.
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
    responses(
        (status = 200, description = "It can", content_type = "text/plain", body = String),
        (status = 503, description = "One of them does not answer", content_type = "text/plain", body = String),
    ),
)]
async fn ready(State(core): State<Core>) -> Response {
    let answers = async { core.ping().await.is_ok() && core.settle().await };
    let missing = if !matches!(tokio::time::timeout(PATIENCE, answers).await, Ok(true)) {
        "the store does not answer\n"
    } else if core.bus_state().is_some_and(|bus| bus.configured && !bus.connected) {
        "the bus can't be reached\n"
    } else {
        return "ready\n".into_response();
    };
    tracing::warn!("not ready: {}", missing.trim_end());
    (StatusCode::SERVICE_UNAVAILABLE, missing).into_response()
}

/// The public keys of access tokens
///
/// As RFC 7517 and RFC 8037 write them.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "operations",
    responses((status = 200, description = "The keys", body = KeySet)),
)]
async fn keys(State(core): State<Core>) -> Json<KeySet> {
    let key = |(kid, raw): (String, Vec<u8>)| PublicKey {
        kty: "OKP",
        crv: "Ed25519",
        purpose: "sig",
        alg: "EdDSA",
        kid,
        x: URL_SAFE_NO_PAD.encode(raw),
    };
    Json(KeySet { keys: core.public_keys().into_iter().map(key).collect() })
}

/// Public keys (RFC 7517).
#[derive(Serialize, ToSchema)]
struct KeySet {
    /// Each may have signed a token; its `kid` is in the token's header.
    keys: Vec<PublicKey>,
}

/// An Ed25519 key (RFC 8037).
#[derive(Serialize, ToSchema)]
struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    alg: &'static str,
    kid: String,
    /// The key itself, base64url.
    x: String,
}

/// Metrics for Prometheus
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "Its text form, or OpenMetrics for who asks for it", content(
        (String = "text/plain"), (String = "application/openmetrics-text"),
    ))),
)]
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
    let mut readings = vec![
        count("hearken_commits", "Transactions committed", &stats.commits),
        count("hearken_commit_failures", "Transactions that failed", &stats.failures),
        count("hearken_rules", "Rules run", &stats.rules),
        count("hearken_events", "Events written to the log", &stats.events),
        count("hearken_busy_refusals", "Rules turned away because too many waited", &stats.refused_busy),
        level("hearken_queued_rules", "Rules waiting for the committer", core.queue_depth()),
        level("hearken_open_sockets", "WebSockets open", sockets.open()),
        level("hearken_subscriptions", "Subscriptions open", core.followers()),
    ];
    if let (Some(bus), Some(stats)) = (core.bus_state(), core.bus_stats()) {
        readings.extend([
            level("hearken_bus_connected", "Whether the bus is connected", usize::from(bus.connected)),
            level("hearken_bus_peers", "Other nodes heard of late", bus.peers),
            count("hearken_bus_said", "Messages said on the bus", &stats.said),
            count("hearken_bus_heard", "Messages heard from other nodes", &stats.heard),
            count(
                "hearken_bus_doubts",
                "Times at which something was found not to have been heard",
                &stats.doubts,
            ),
            count(
                "hearken_bus_healings",
                "Times at which the store was read for what was not heard",
                &stats.healed,
            ),
        ]);
    }
    readings
}
