//! Signing in by a code in a text message.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use hearken_core::account::Phone;
use hearken_transport::rest::described::{Anybody, SignedIn as NeedsToken, WithBody};
use hearken_transport::rest::{Failure, Sent, Success};
use http::StatusCode;

use super::signed::signed_in;
use super::wire::{AskCode, CodeAsked, LINE, ShowCode, SignedIn, TOKEN};
use super::{SIGN_IN, network, not_sent, not_signed_in};
use crate::People;

const WRONG: &str = "This code is wrong, or not good any more.";

/// Ask for a code by text message
///
/// Goes to the number if there is an account with it and with this last name; the answer is the same if not. One a
/// minute and three an hour for a number, thirty an hour from one place.
#[utoipa::path(
    post, path = "/auth/otp/request", tag = SIGN_IN, request_body = AskCode,
    responses((status = 200, description = "Asked for", body = Success<CodeAsked>), Anybody, WithBody),
)]
pub(super) async fn request(
    State(people): State<Arc<People>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Sent(mut fields): Sent,
) -> Result<Success<CodeAsked>, Failure> {
    let phone = fields.read::<Phone>("phone", 0..=LINE);
    let last_name = fields.text_of("last_name", 0..=LINE);
    let Some(phone) = phone else { return Err(fields.refusal().into()) };
    fields.check()?;
    let asked = people.core.request_code(network(peer.as_ref()), &phone, &last_name, people.codes).await;
    let asked = asked.map_err(not_sent)?;
    let data = CodeAsked { challenge: asked.challenge, resend_after_s: asked.resend_after.as_secs() };
    Ok(Success::ok(data, "If we know this number and name, a code is on its way."))
}

/// Sign in by a code
///
/// A code is good for ten minutes and once; five wrong tries end it.
#[utoipa::path(
    post, path = "/auth/otp/verify", tag = SIGN_IN, request_body = ShowCode,
    responses((status = 200, description = "Signed in", body = Success<SignedIn>), NeedsToken, WithBody),
)]
pub(super) async fn verify(
    State(people): State<Arc<People>>,
    Sent(mut fields): Sent,
) -> Result<Response, Failure> {
    let challenge = fields.text_of("challenge", 0..=TOKEN);
    let code = fields.text_of("code", 0..=LINE);
    fields.check()?;
    let signed = people.core.sign_in_by_code(&challenge, code.trim()).await;
    let tokens = signed.map_err(|error| not_signed_in(error, Failure::NotBelieved(WRONG)))?;
    Ok(signed_in(&people.credentials, tokens, StatusCode::OK, "You are signed in."))
}
