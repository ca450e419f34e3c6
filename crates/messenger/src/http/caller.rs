//! Who calls: the holder of the token, under the number that he says is his; and what he asks for.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Query, Request};
use hearken_core::access::{acquaintance, person};
use hearken_core::account::{Account, Phone};
use hearken_core::actor::Actor;
use hearken_core::ids::AccountId;
use hearken_core::store::AccountRef;
use hearken_transport::rest::{self, BodyFault, Fields};
use http::Method;
use http::request::Parts;
use serde_json::{Map, Value};

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

/// Who calls, and what he has sent: in the body, or with `GET` in the query. Without a token nothing of the body is kept.
/// He is counted with his calls under `/api/v1`: by his account, or without a good token by his address.
pub(super) async fn admit(door: &Messenger, request: Request) -> Result<(Caller, Fields), HttpError> {
    let (parts, body) = request.into_parts();
    let caller = identify(door, &parts).await;
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    // Without a listener, as in a test of a router, nobody has an address.
    let peer = peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    let account = caller.as_ref().ok().map(|caller| caller.account);
    if let Some(wait) = door.admission.counts(account, peer) {
        return Err(HttpError::TooOften(wait));
    }
    let caller = caller?;
    let fields = if parts.method == Method::GET {
        in_query(&parts)?
    } else {
        rest::read(&parts.headers, body).await?
    };
    Ok((caller, fields))
}

/// The fields of a query. One that is named several times is a list.
fn in_query(parts: &Parts) -> Result<Fields, HttpError> {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let Query(pairs) = pairs.map_err(|_| BodyFault::Malformed("The query can't be read."))?;
    let mut values = Map::new();
    for (name, value) in pairs {
        match values.get_mut(&name) {
            None => drop(values.insert(name, Value::String(value))),
            Some(Value::Array(several)) => several.push(Value::String(value)),
            Some(one) => *one = Value::Array(vec![one.take(), Value::String(value)]),
        }
    }
    Ok(Fields::new(values))
}

/// Somebody whom the caller names by his number.
pub(super) async fn other(
    door: &Messenger,
    caller: &Caller,
    number: &str,
) -> Result<Arc<Account>, HttpError> {
    let phone = number.parse().map_err(|_| HttpError::NotFound)?;
    let found = door.core.account(&AccountRef::Phone(phone)).await?;
    Ok(acquaintance(&caller.actor, found)?)
}

async fn identify(door: &Messenger, parts: &Parts) -> Result<Caller, HttpError> {
    let actor = door.core.authenticate(&door.credentials.of_request(parts)?).await?;
    let account = &person(&actor)?.account;
    let phone = account.phone.clone().ok_or(HttpError::Forbidden("Your account has no number."))?;
    Ok(Caller { account: account.id, phone, actor })
}
