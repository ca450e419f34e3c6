//! Who calls the REST API: asked once for every request under it, before any handler, and bounded in how often.
//!
//! Whoever shows a good token is counted by his account, wherever he is; whoever does not by his address. The second
//! figure is far higher: behind one address there may be a whole clinic that signs in at nine. Guesses of passwords and
//! codes have limits of their own, by whom they are at: they are counted apart and at a higher figure yet, so that one
//! who guesses takes nothing from others behind his address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hearken_core::Core;
use hearken_core::access::person;
use hearken_core::account::Account;
use hearken_core::actor::{Actor, Person};
use hearken_core::ids::AccountId;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::Failure;
use super::repeat::UnderWay;
use crate::credentials::{Credentials, Unshown};
use crate::rate::{Allowance, Rate, Rates};
use hearken_core::network::Network;

/// Requests a second of one account; bursts of twice as many.
const PER_ACCOUNT: u32 = 200;
/// Requests a second that show no good token, from one address; bursts of twice as many.
const PER_ADDRESS: u32 = 500;
/// Passwords and codes a second from one address; bursts of twice as many. It bounds what answering costs, no more.
const GUESSES_PER_ADDRESS: u32 = 5000;
/// The paths that take passwords and codes.
const GUESSED_AT: [&str; 2] = ["/auth/login", "/auth/otp/verify"];
const DAY: Duration = Duration::from_hours(24);
/// How many answers one account may have kept for its repeats (see `repeat`): so many at once, and as many a day.
const KEPT_ANSWERS: u32 = 1000;
/// How many accounts, and how many addresses, are remembered: some 6 MiB of each.
const REMEMBERED: usize = 1 << 16;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// What every request under the API passes. Clones share the counts.
#[derive(Clone)]
pub struct Admission(Arc<Desk>);

struct Desk {
    core: Core,
    credentials: Credentials,
    accounts: Rates<AccountId>,
    addresses: Rates<Network>,
    guesses: Rates<Network>,
    kept: Rates<AccountId>,
    under_way: Arc<UnderWay>,
}

impl Admission {
    /// Tokens are asked of `core`, and found by `credentials`.
    pub fn new(core: Core, credentials: Credentials) -> Self {
        Self(Arc::new(Desk {
            core,
            credentials,
            accounts: Rates::new(PER_ACCOUNT, REMEMBERED),
            addresses: Rates::new(PER_ADDRESS, REMEMBERED),
            guesses: Rates::new(GUESSES_PER_ADDRESS, REMEMBERED),
            kept: Rates::of(Rate::of(KEPT_ANSWERS, DAY / KEPT_ANSWERS), REMEMBERED),
            under_way: Arc::default(),
        }))
    }

    pub(super) fn core(&self) -> &Core {
        &self.0.core
    }

    pub(super) fn under_way(&self) -> &Arc<UnderWay> {
        &self.0.under_way
    }

    /// Counts one more answer that is kept for an account; how long it has to wait if that is one too many.
    pub(super) fn keeps_one_more(&self, account: AccountId) -> Option<Duration> {
        self.0.kept.take(account, self.0.core.elapsed()).wait
    }

    /// Counts a request beside the API, of somebody who has shown a good token or of anybody at an address; how long it
    /// has to wait if that is one too many.
    pub fn counts(&self, account: Option<AccountId>, peer: IpAddr) -> Option<Duration> {
        let now = self.0.core.elapsed();
        let allowance = match account {
            Some(account) => self.0.accounts.take(account, now),
            None => self.0.addresses.take(peer.into(), now),
        };
        allowance.wait
    }

    async fn identify(&self, parts: &Parts) -> Known {
        let token = self.0.credentials.of_request(parts).map_err(|unshown| match unshown {
            Unshown::Nothing => NotKnown::Nobody,
            Unshown::ForeignOrigin => NotKnown::Refused(unshown.into()),
        })?;
        let actor =
            self.0.core.authenticate(&token).await.map_err(|error| NotKnown::Refused(error.into()))?;
        let person = person(&actor).map_err(|refused| NotKnown::Refused(refused.into()))?.clone();
        Ok(Caller { actor, person })
    }

    fn count(&self, known: &Known, path: &str, peer: IpAddr) -> Allowance {
        let now = self.0.core.elapsed();
        match known {
            Ok(caller) => self.0.accounts.take(caller.person.account.id, now),
            Err(_) if GUESSED_AT.contains(&path) => self.0.guesses.take(peer.into(), now),
            Err(_) => self.0.addresses.take(peer.into(), now),
        }
    }
}

/// The person who calls: an extractor for handlers that need one. As `Option` it is for those that take anybody, and
/// is there for whoever shows a good token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// For calls into the core.
    pub actor: Actor,
    /// The same person.
    pub person: Person,
}

impl Caller {
    /// His account as it was when the token was checked.
    pub fn account(&self) -> &Account {
        &self.person.account
    }
}

/// Who was found to call, kept among a request's extensions.
type Known = Result<Caller, NotKnown>;

#[derive(Clone, Debug)]
enum NotKnown {
    /// Nothing was shown.
    Nobody,
    /// Something was, and it is not taken.
    Refused(Failure),
}

/// The caller of a request that has been admitted, if he shows a good token.
pub(super) fn caller_of(extensions: &http::Extensions) -> Option<&Caller> {
    extensions.get::<Known>().and_then(|known| known.as_ref().ok())
}

/// Finds out who calls and lets him through, unless he calls too often.
pub(super) async fn admit(State(admission): State<Admission>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let known = admission.identify(&parts).await;
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    // Without a listener, as in a test of a router, nobody has an address.
    let allowance = admission.count(&known, parts.uri.path(), peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
    let mut response = if let Some(wait) = allowance.wait {
        Failure::TooMany(wait).into_response()
    } else {
        parts.extensions.insert(known);
        let response = next.run(Request::from_parts(parts, body)).await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            // Refused by a limit of another kind, of which this count knows nothing: `Retry-After` stands alone.
            return response;
        }
        response
    };
    tell(response.headers_mut(), allowance);
    response
}

/// Says how much is left.
fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    let whole_seconds = allowance.reset.as_secs() + u64::from(allowance.reset.subsec_nanos() > 0);
    headers.insert(LIMIT, HeaderValue::from(allowance.limit));
    headers.insert(REMAINING, HeaderValue::from(allowance.remaining));
    headers.insert(RESET, HeaderValue::from(whole_seconds));
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match parts.extensions.get::<Known>() {
            Some(Ok(caller)) => Ok(caller.clone()),
            Some(Err(NotKnown::Refused(failure))) => Err(failure.clone()),
            Some(Err(NotKnown::Nobody)) | None => Err(Failure::SignIn),
        }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Failure> {
        Ok(parts.extensions.get::<Known>().and_then(|known| known.as_ref().ok().cloned()))
    }
}
