//! The paths: each is served and described by the same line, so that none is served undescribed.

mod accounts;
mod auth;
mod code;
mod me;
mod signed;
mod wire;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hearken_core::PeopleError;
use hearken_core::network::Network;
use hearken_core::sign_in::{CodeError, SignInError};
use hearken_core::store::StoreError;
use hearken_transport::rest::{Failure, Invalid, PREFIX};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::People;

/// Under which heading signing in stands in the reference.
const SIGN_IN: &str = "signing in";
/// Under which heading accounts stand.
const ACCOUNTS: &str = "people";

#[derive(utoipa::OpenApi)]
#[openapi(tags(
    (name = SIGN_IN, description = "Proving who one is, and what is given for it."),
    (name = ACCOUNTS, description = "Accounts: one per person, across all doors, inside one organisation."),
))]
struct Base;

pub(super) fn router(people: People) -> Router {
    described().with_state(Arc::new(people)).into()
}

pub(super) fn openapi() -> OpenApi {
    OpenApi::default().nest(PREFIX, described().into_openapi())
}

fn described() -> OpenApiRouter<Arc<People>> {
    OpenApiRouter::with_openapi(Base::openapi())
        .routes(routes!(auth::login))
        .routes(routes!(auth::visitor))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(code::request))
        .routes(routes!(code::verify))
        .routes(routes!(me::show, me::change))
        .routes(routes!(me::password))
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(accounts::show, accounts::change))
}

/// Where a request comes from, as limits count it.
fn network(peer: Option<&Extension<ConnectInfo<SocketAddr>>>) -> Network {
    // Without a listener, as in a test of a router, nobody has an address.
    peer.map_or(IpAddr::from([0, 0, 0, 0]), |Extension(ConnectInfo(peer))| peer.ip()).into()
}

/// What is said to somebody who is not signed in. `wrong` is what he is told who proves nothing.
fn not_signed_in(error: SignInError, wrong: Failure) -> Failure {
    match error {
        SignInError::Wrong => wrong,
        SignInError::Slowed(wait) => Failure::TooMany(wait),
        SignInError::Busy => Failure::TooMany(Duration::from_secs(1)),
        SignInError::Store(error) => error.into(),
    }
}

fn not_sent(error: CodeError) -> Failure {
    match error {
        CodeError::Slowed(wait) => Failure::TooMany(wait),
        CodeError::Store(error) => error.into(),
    }
}

fn not_kept(error: PeopleError) -> Failure {
    match error {
        PeopleError::Taken("phone") => Failure::Taken(Invalid::one("phone", "is taken")),
        PeopleError::Taken("e-mail") => Failure::Taken(Invalid::one("email", "is taken")),
        PeopleError::Taken(_) | PeopleError::Store(StoreError::Conflict) => {
            Failure::Conflict("Somebody else was first.")
        }
        PeopleError::Invalid(why) => Failure::Refused(format!("Refused: {why}.").into()),
        PeopleError::NoAccount | PeopleError::NoOrganisation => Failure::NotFound,
        PeopleError::Busy => Failure::TooMany(Duration::from_secs(1)),
        PeopleError::Store(error) => error.into(),
    }
}
