//! Signing in by password or as a guest, prolonging that, and leaving.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse as _, Response};
use hearken_core::NewAccount;
use hearken_core::account::is_email;
use hearken_core::ids::OrganisationId;
use hearken_transport::rest::described::{Anybody, Contended, SignedIn as NeedsToken, WithBody};
use hearken_transport::rest::{Caller, Failure, Sent, Success};
use http::StatusCode;
use http::header::SET_COOKIE;

use super::signed::signed_in;
use super::wire::{Guest, LINE, Leave, Login, PASSWORD, Refresh, SignedIn, TOKEN};
use super::{SIGN_IN, network, not_kept, not_signed_in};
use crate::People;

const WRONG: &str = "This e-mail address and this password don't go together.";
const SPENT: &str = "This refresh token is not good any more; sign in again.";

/// Sign in by e-mail address and password
///
/// The answer is the same, and takes as long, for an address that nobody has. After ten wrong tries in a row for one
/// address from one place, one more is taken every half minute.
#[utoipa::path(
    post, path = "/auth/login", tag = SIGN_IN, request_body = Login,
    responses((status = 200, description = "Signed in", body = Success<SignedIn>), NeedsToken, WithBody),
)]
pub(super) async fn login(
    State(people): State<Arc<People>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Sent(mut fields): Sent,
) -> Result<Response, Failure> {
    let email = fields.text_of("email", 0..=LINE);
    let password = fields.text_of("password", 0..=PASSWORD);
    fields.check()?;
    let signed = people.core.sign_in_by_password(network(peer.as_ref()), &email, &password).await;
    let tokens = signed.map_err(|error| not_signed_in(error, Failure::NotBelieved(WRONG)))?;
    Ok(signed_in(&people.credentials, tokens, StatusCode::OK, "You are signed in."))
}

/// Walk in as a guest
///
/// Makes an anonymous visitor's account and signs it in. One place may make 300 at once, and then one each six
/// seconds.
#[utoipa::path(
    post, path = "/auth/visitor", tag = SIGN_IN, request_body = Option<Guest>,
    responses((status = 201, description = "The visitor is signed in", body = Success<SignedIn>), Anybody, WithBody, Contended),
)]
pub(super) async fn visitor(
    State(people): State<Arc<People>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    sent: Option<Sent>,
) -> Result<Response, Failure> {
    let mut fields = sent.map(|Sent(fields)| fields).unwrap_or_default();
    // What a form has left empty is not there.
    let named = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let (name, email) =
        (named(fields.optional_text_up_to("name", LINE)), named(fields.optional_text_up_to("email", LINE)));
    if name.as_ref().is_some_and(|name| name.contains(char::is_control)) {
        fields.fault("name", "must have no control characters");
    }
    if email.as_ref().is_some_and(|email| !is_email(email)) {
        fields.fault("email", "must be an e-mail address");
    }
    let organisation = fields.optional_text("organisation").map(|id| id.parse::<OrganisationId>());
    if organisation.as_ref().is_some_and(Result::is_err) {
        fields.fault("organisation", "must be the id of an organisation");
    }
    fields.check()?;
    if let Some(wait) = people.visitors.count(network(peer.as_ref()), people.core.elapsed()) {
        return Err(Failure::TooMany(wait));
    }
    let guest =
        NewAccount { name, email, organisation: organisation.and_then(Result::ok), ..NewAccount::default() };
    let tokens = people.core.sign_in_as_guest(guest).await.map_err(|error| match error {
        hearken_core::PeopleError::NoOrganisation => {
            Failure::field("organisation", "there is no such organisation")
        }
        other => not_kept(other),
    })?;
    Ok(signed_in(&people.credentials, tokens, StatusCode::CREATED, "Welcome."))
}

/// Exchange a refresh token
///
/// Gives new tokens and prolongs the sign-in. A refresh token is good once: shown again, it ends the sign-in.
#[utoipa::path(
    post, path = "/auth/refresh", tag = SIGN_IN, request_body = Refresh,
    responses((status = 200, description = "New tokens", body = Success<SignedIn>), NeedsToken, WithBody),
)]
pub(super) async fn refresh(
    State(people): State<Arc<People>>,
    Sent(mut fields): Sent,
) -> Result<Response, Failure> {
    let token = fields.text_of("refresh_token", 0..=TOKEN);
    fields.check()?;
    let refreshed = people.core.refresh(&token).await;
    let tokens = refreshed.map_err(|error| not_signed_in(error, Failure::NotBelieved(SPENT)))?;
    Ok(signed_in(&people.credentials, tokens, StatusCode::OK, "You stay signed in."))
}

/// Sign out
///
/// Ends the sign-in of the token that is shown, or of the refresh token in the body: its tokens are refused from now
/// on, and its open sockets are closed.
#[utoipa::path(
    post, path = "/auth/logout", tag = SIGN_IN, security(("token" = []), ("cookie" = []), ()), request_body = Option<Leave>,
    responses((status = 200, description = "Signed out", body = Success<Option<String>>), NeedsToken, WithBody),
)]
pub(super) async fn logout(
    State(people): State<Arc<People>>,
    caller: Result<Caller, Failure>,
    sent: Option<Sent>,
) -> Result<Response, Failure> {
    let mut fields = sent.map(|Sent(fields)| fields).unwrap_or_default();
    let token = fields.optional_text("refresh_token");
    fields.check()?;
    let held = match token {
        Some(token) => people.core.holder_of_refresh(&token).await?,
        None => None,
    };
    if let Some((account, sign_in)) = held {
        people.core.end_sign_in(account, sign_in).await?;
    } else if let Err(failure) = caller {
        // With nothing to show, or with a cookie that another's page has sent along.
        return Err(failure);
    }
    if let Ok(caller) = caller {
        people.core.sign_out(&caller.person).await?;
    }
    let mut response = Success::ok(None::<String>, "You are signed out.").into_response();
    response.headers_mut().insert(SET_COOKIE, people.credentials.no_cookie());
    Ok(response)
}
