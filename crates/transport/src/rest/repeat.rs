//! `Idempotency-Key` (common.md, "HTTP conventions"): a repeat of a POST by the same caller, on the same path and under
//! the same key, is given the first answer for a day, and nothing is done again.
//!
//! The answer is a record. A handler that makes something writes it in the same commit ([`Repeat::kept`]), so that not
//! even a crash lets a thing be made twice; for the others it is written after them. Signing in is left out: its answers
//! are secrets, which nobody may keep. So are paths that are none: what is kept is bounded, by how many answers an
//! account may have kept, and by their length.

use std::collections::HashMap;
use std::hash::Hasher as _;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hearken_core::Core;
use hearken_core::ids::AccountId;
use hearken_core::store::{Changes, KeptRecord, Record, RecordChange, RecordName, StoreError, Was};
use hearken_core::to_its_end;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use tokio::sync::OwnedMutexGuard;

use super::body::take;
use super::caller::{Admission, caller_of};
use super::{Failure, Success};

const SPACE: &str = "idempotency";
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The most bytes of an answer.
const LARGEST_ANSWER: usize = 256 << 10;
/// The longest key.
const LONGEST: usize = 255;
/// How long an answer is kept, by product time (common.md, "Development clock").
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// The paths whose answers are not kept.
const SECRET: &str = "/auth/";

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Answer {
    /// A digest of what was asked.
    digest: String,
    status: u16,
    body: String,
}

/// A POST under a key: an extractor, as `Option`, for a handler that makes something.
#[derive(Clone)]
pub struct Repeat {
    name: RecordName,
    account: AccountId,
    digest: String,
    expires: Timestamp,
    /// What was there when the request came: whoever keeps an answer meanwhile was first.
    was: Was,
}

/// Marks an answer that its handler has kept itself.
#[derive(Clone)]
struct IsKept;

impl Repeat {
    /// The change that keeps `answer`, to be committed with what it tells of; 201.
    pub fn kept<T: Serialize>(&self, answer: &Success<T>) -> RecordChange {
        // Plain data always encodes.
        self.record(StatusCode::CREATED, serde_json::to_string(answer).unwrap_or_default())
    }

    /// The answer whose keeping was committed with what it tells of.
    pub fn answered<T: Serialize>(answer: Success<T>) -> Response {
        (Extension(IsKept), answer).into_response()
    }

    fn record(&self, status: StatusCode, body: String) -> RecordChange {
        let answer = Answer { digest: self.digest.clone(), status: status.as_u16(), body };
        let record = Record {
            name: self.name.clone(),
            account: Some(self.account),
            expires: Some(self.expires),
            value: serde_json::to_vec(&answer).unwrap_or_default(),
        };
        RecordChange::Put(record, self.was)
    }
}

/// Those under way, so that a repeat which comes before the first answer waits for it.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<HashMap<RecordName, Arc<tokio::sync::Mutex<()>>>>);

/// A place among those under way. It is left when dropped, however the wait ends.
struct Place {
    under_way: Arc<UnderWay>,
    name: RecordName,
    turn: Option<Arc<tokio::sync::Mutex<()>>>,
}

/// The one of a name whose turn it is. The fields go in this order: the turn first, then the place.
struct Turn {
    _turn: OwnedMutexGuard<()>,
    _place: Place,
}

impl UnderWay {
    fn place(self: &Arc<Self>, name: &RecordName) -> Place {
        let turn = Arc::clone(self.0.lock().entry(name.clone()).or_default());
        Place { under_way: Arc::clone(self), name: name.clone(), turn: Some(turn) }
    }

    async fn turn(self: &Arc<Self>, name: &RecordName) -> Turn {
        let place = self.place(name);
        let turn = place.turn.clone().unwrap_or_default();
        Turn { _turn: turn.lock_owned().await, _place: place }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.under_way.0.lock();
        drop(self.turn.take());
        if all.get(&self.name).is_some_and(|left| Arc::strong_count(left) == 1) {
            all.remove(&self.name);
        }
    }
}

/// Answers a repeat, or lets the request through and keeps its answer. What was begun goes on when its caller hangs
/// up: he comes again, and his repeat waits for it.
pub(super) async fn once(State(admission): State<Admission>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(caller) = caller_of(request.extensions()).cloned() else { return next.run(request).await };
    if request.method() != Method::POST || path.starts_with(SECRET) {
        return next.run(request).await;
    }
    let key = match key_of(request.headers()) {
        Ok(Some(key)) => key.to_owned(),
        Ok(None) => return next.run(request).await,
        Err(failure) => return failure.into_response(),
    };
    let account = caller.account().id;
    // Of one length, whatever the path and the key are, and it tells nothing of them.
    let name = RecordName::new(SPACE, format!("{account} {}", digest(&[path.as_bytes(), key.as_bytes()])));
    let (parts, body) = request.into_parts();
    // Nobody waits for a body that takes its time.
    let body = match take(body).await {
        Ok(body) => body,
        Err(fault) => return Failure::from(fault).into_response(),
    };
    let turn = admission.under_way().turn(&name).await;
    let answer = to_its_end(async move {
        let _turn = turn;
        first_or_again(&admission, account, name, (parts, body), next).await
    });
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

async fn first_or_again(
    admission: &Admission,
    account: AccountId,
    name: RecordName,
    (mut parts, body): (Parts, Vec<u8>),
    next: Next,
) -> Result<Response, Failure> {
    let (core, digest) = (admission.core(), digest(&[&body]));
    let kept = core.record(&name).await?;
    if let Some(answer) = kept.as_ref().and_then(|kept| answer_in(kept, core.now())) {
        return again(answer, &digest);
    }
    if let Some(wait) = admission.keeps_one_more(account) {
        return Err(Failure::TooMany(wait));
    }
    let was = Was::seen(kept.as_ref());
    let expires = core.now().checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
    let repeat = Repeat { name, account, digest, expires, was };
    parts.extensions.insert(repeat.clone());
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if response.extensions().get::<IsKept>().is_some() {
        return Ok(response);
    }
    if !response.status().is_success()
        && let Some(answer) = kept_meanwhile(core, &repeat).await?
    {
        // The same was done elsewhere, and its answer kept in that commit, which made this one fail.
        return again(answer, &repeat.digest);
    }
    if is_final(response.status()) { keep(core, &repeat, response).await } else { Ok(response) }
}

/// Keeps an answer that was given, or gives the one that another node has kept meanwhile.
async fn keep(core: &Core, repeat: &Repeat, response: Response) -> Result<Response, Failure> {
    let (parts, body) = response.into_parts();
    // An answer to a POST is small; one that is not is nothing that could be kept.
    let bytes = to_bytes(body, LARGEST_ANSWER).await.map_err(|_| Failure::Unavailable)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let changes = Changes { records: vec![repeat.record(parts.status, text)], ..Changes::default() };
    match core.commit(changes).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => {
            if let Some(answer) = kept_meanwhile(core, repeat).await? {
                return again(answer, &repeat.digest);
            }
        }
        // What was done stays done, and its caller hears so; a repeat might do it again.
        Err(error) => tracing::warn!(%error, "an answer could not be kept for a repeat"),
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

async fn kept_meanwhile(core: &Core, repeat: &Repeat) -> Result<Option<Answer>, StoreError> {
    let kept = core.record(&repeat.name).await?;
    Ok(kept.and_then(|kept| answer_in(&kept, core.now())))
}

/// The answer in a record, while it counts.
fn answer_in(kept: &KeptRecord, now: Timestamp) -> Option<Answer> {
    let counts = kept.record.expires.is_some_and(|expires| expires > now);
    counts.then(|| serde_json::from_slice(&kept.record.value).ok()).flatten()
}

/// Whether an answer would be the same another time: not where it told to come back, or who may call.
fn is_final(status: StatusCode) -> bool {
    let come_back = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    !status.is_server_error() && !come_back.contains(&status)
}

fn again(answer: Answer, digest: &str) -> Result<Response, Failure> {
    if answer.digest != digest {
        return Err(Failure::Conflict("This Idempotency-Key was used with another body."));
    }
    let status = StatusCode::from_u16(answer.status).map_err(|_| StoreError::Conflict)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    Ok((status, headers, answer.body).into_response())
}

fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=LONGEST).contains(&key.len()));
    key.map(Some).ok_or(Failure::Refused("An Idempotency-Key has 1 to 255 plain characters.".into()))
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write_usize(part.len());
        hasher.write(part);
    }
    format!("{:032x}", hasher.finish128().as_u128())
}

impl<S: Sync> axum::extract::OptionalFromRequestParts<S> for Repeat {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_place_is_left_however_the_wait_ends() {
        let under_way = Arc::<UnderWay>::default();
        let name = RecordName::new(SPACE, "one");
        let first = under_way.turn(&name).await;
        let mut second = Box::pin(under_way.turn(&name));
        assert!((&mut second).now_or_never().is_none(), "it waits for the first");
        let mut third = Box::pin(under_way.turn(&name));
        assert!((&mut third).now_or_never().is_none());
        drop(second);
        drop(first);
        drop(third.await);
        assert!(under_way.0.lock().is_empty());
    }

    #[test]
    fn digests_tell_where_one_part_ends() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_eq!(digest(&[b"ab", b"c"]).len(), digest(&[&[0; 10_000], b""]).len());
    }
}
