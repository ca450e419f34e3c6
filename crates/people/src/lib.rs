//! Signing in and keeping accounts over HTTP (common.md, "Signing in" and "HTTP conventions under /api/v1"): what every
//! door's people do before and beside what they came for.
//!
//! What is right and wrong about it is decided in the core (`hearken_core::sign_in`, `Core::update_account`); here are
//! the paths, the shapes of bodies and answers, the cookie of the web app, and who may keep accounts: admins, inside
//! their own organisation.

mod http;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hearken_core::Core;
use hearken_core::network::Network;
use hearken_core::sign_in::CodeRules;
use hearken_transport::credentials::Credentials;
use hearken_transport::rate::{Rate, Rates};
use utoipa::openapi::OpenApi;

/// What these paths are served from.
#[derive(Clone)]
pub struct People {
    /// Who is who.
    pub core: Core,
    /// How tokens are taken and given.
    pub credentials: Credentials,
    /// How one-time codes are given out.
    pub codes: CodeRules,
    /// How many walk in as guests, by where they come from.
    pub visitors: Visitors,
}

/// How many guests' accounts one place may have made: each stays in the store, and asks for nothing. A waiting room or
/// an office behind one address is far below it.
#[derive(Clone, Debug)]
pub struct Visitors(Arc<Rates<Network>>);

/// So many at once, and then one each [`VISITOR_EACH`].
const VISITORS_AT_ONCE: u32 = 300;
const VISITOR_EACH: Duration = Duration::from_secs(6);
/// How many places are remembered.
const PLACES: usize = 1 << 16;

impl Default for Visitors {
    fn default() -> Self {
        Self(Arc::new(Rates::of(Rate::of(VISITORS_AT_ONCE, VISITOR_EACH), PLACES)))
    }
}

impl Visitors {
    /// Counts one from `network`; how long he has to wait if he is one too many. `now` is monotonic.
    fn count(&self, network: Network, now: Duration) -> Option<Duration> {
        self.0.take(network, now).wait
    }
}

/// The paths, as they begin behind `/api/v1`.
pub fn api(people: People) -> Router {
    http::router(people)
}

/// The same paths, whole, as the API reference describes them.
pub fn openapi() -> OpenApi {
    http::openapi()
}
