//! Who calls: the holder of the token, under the number that he says is his.

use axum::extract::Request;
use hearken_core::access::person;
use hearken_core::account::Phone;
use hearken_core::actor::Actor;
use hearken_core::ids::AccountId;
use hearken_transport::rest::{self, Fields};
use http::request::Parts;

use crate::error::HttpError;
use crate::routes::Messenger;

/// Somebody with a token and a number.
pub(super) struct Caller {
    pub(super) actor: Actor,
    pub(super) account: AccountId,
    pub(super) phone: Phone,
}

impl Caller {
    /// Refuses to act as somebody else.
    pub(super) fn must_be(&self, msg_from: &str) -> Result<(), HttpError> {
        let own = msg_from.parse::<Phone>().is_ok_and(|phone| phone == self.phone);
        if own { Ok(()) } else { Err(HttpError::Forbidden("This number is not yours.")) }
    }
}

/// Who calls, and what he has sent. Without a token nothing of the body is kept.
pub(super) async fn admit(door: &Messenger, request: Request) -> Result<(Caller, Fields), HttpError> {
    let (parts, body) = request.into_parts();
    let caller = identify(door, &parts).await?;
    Ok((caller, rest::read(&parts.headers, body).await?))
}

async fn identify(door: &Messenger, parts: &Parts) -> Result<Caller, HttpError> {
    let actor = door.core.authenticate(&door.credentials.of_request(parts)?).await?;
    let account = &person(&actor)?.account;
    let phone = account.phone.clone().ok_or(HttpError::Forbidden("Your account has no number."))?;
    Ok(Caller { account: account.id, phone, actor })
}
