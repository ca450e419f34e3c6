//! `Idempotency-Key` (common.md, "HTTP conventions"): a repeat of a POST by the same caller, on the same path and under
//! the same key, is given the first answer for a day, and nothing is done again.
//!
//! The answer is a record. A handler that makes something writes it in the same commit ([`Repeat::kept`]), so that not
//! even a crash lets a thing be made twice; for the others it is written after them. Signing in is left out: its answers
//! are secrets, which nobody may keep.

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
use hearken_core::store::{Changes, Record, RecordChange, RecordName, StoreError, Was};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::body::take;
use super::caller::{Admission, Caller, caller_of};
use super::{Failure, Success};

const SPACE: &str = "idempotency";
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The most bytes of an answer.
const LARGEST_ANSWER: usize = 1 << 20;
/// The longest key.
const LONGEST: usize = 255;
/// How long an answer is kept, by the machine's own date.
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
        RecordChange::Put(record, Was::Anything)
    }
}

/// Those under way, so that a repeat which comes before the first answer waits for it.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<HashMap<RecordName, Arc<tokio::sync::Mutex<()>>>>);

impl UnderWay {
    fn turn(&self, name: &RecordName) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock();
        Arc::clone(all.entry(name.clone()).or_default())
    }

    fn done(&self, name: &RecordName, turn: Arc<tokio::sync::Mutex<()>>) {
        let mut all = self.0.lock();
        drop(turn);
        if all.get(name).is_some_and(|left| Arc::strong_count(left) == 1) {
            all.remove(name);
        }
    }
}

/// Answers a repeat, or lets the request through and keeps its answer.
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
    let name = RecordName::new(SPACE, format!("{account} {path} {key}"));
    let turn = admission.under_way().turn(&name);
    let answer = {
        let _turn = turn.lock().await;
        first_or_again(admission.core(), &caller, name.clone(), request, next).await
    };
    admission.under_way().done(&name, turn);
    answer.unwrap_or_else(IntoResponse::into_response)
}

async fn first_or_again(
    core: &Core,
    caller: &Caller,
    name: RecordName,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    let bytes = take(body).await?;
    let digest = digest(&bytes);
    let now = core.wall();
    if let Some(kept) = core.record(&name).await?
        && kept.record.expires.is_some_and(|expires| expires > now)
        && let Ok(answer) = serde_json::from_slice::<Answer>(&kept.record.value)
    {
        return again(answer, &digest);
    }
    let expires = now.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
    let repeat = Repeat { name, account: caller.account().id, digest, expires };
    parts.extensions.insert(repeat.clone());
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    if response.extensions().get::<IsKept>().is_some() || !is_final(response.status()) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    // An answer to a POST is small; one that is not is nothing that could be kept.
    let bytes = to_bytes(body, LARGEST_ANSWER).await.map_err(|_| Failure::Unavailable)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let changes = Changes { records: vec![repeat.record(parts.status, text)], ..Changes::default() };
    if let Err(error) = core.commit(changes).await {
        // What was done stays done, and its caller hears so; a repeat might do it again.
        tracing::warn!(%error, "an answer could not be kept for a repeat");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// Whether an answer would be the same another time: not where it told to come back, or who may call.
fn is_final(status: StatusCode) -> bool {
    let come_back = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
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

fn digest(bytes: &[u8]) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    format!("{:032x}", hasher.finish128().as_u128())
}

impl<S: Sync> axum::extract::OptionalFromRequestParts<S> for Repeat {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
