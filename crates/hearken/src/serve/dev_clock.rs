//! The development clock (common.md): with `HEARKEN_DEV_CLOCK=1`, product time can be moved by HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use hearken_core::Core;
use hearken_core::clock::{Clock as _, RunningClock};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::settings::kinds::duration;

/// The environment variable that turns it on.
const VARIABLE: &str = "HEARKEN_DEV_CLOCK";

/// Where to move it.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Move {
    /// Forward by this much.
    Advance(String),
    /// To this time; back too, but what has fired has fired.
    Set(Timestamp),
}

type Clocked = Arc<(Core, Arc<RunningClock>)>;

/// The path, or nothing, so that without the variable it is a plain 404.
pub(super) fn router(core: Core, clock: Arc<RunningClock>) -> Router {
    if std::env::var(VARIABLE).as_deref() != Ok("1") {
        return Router::new();
    }
    tracing::warn!("{VARIABLE} is set: anybody who reaches this server can move its clock");
    Router::new().route("/dev/clock", post(go)).with_state(Arc::new((core, clock)))
}

/// Answers once every timer due by then has fired.
async fn go(State(clocked): State<Clocked>, body: axum::body::Bytes) -> Response {
    let (core, clock) = &*clocked;
    let to = match target(&body, clock.now()) {
        Ok(to) => to,
        Err(why) => return (StatusCode::BAD_REQUEST, Json(json!({ "message": why }))).into_response(),
    };
    match core.move_clock(clock, to).await {
        Ok(()) => Json(json!({ "now": format!("{:.3}", clock.now()) })).into_response(),
        Err(error) => {
            tracing::error!(%error, "the clock could not be moved");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn target(body: &[u8], now: Timestamp) -> Result<Timestamp, String> {
    let form = r#"send {"advance": "10m"} or {"set": "2026-01-05T09:00:00Z"}"#;
    match serde_json::from_slice(body).map_err(|_| form)? {
        Move::Set(at) => Ok(at),
        Move::Advance(by) => {
            let by = duration::parse(&by).and_then(|by| SignedDuration::try_from(by).ok());
            by.and_then(|by| now.checked_add(by).ok()).ok_or_else(|| form.into())
        }
    }
}
