//! The body of a request: one JSON object of at most 64 KiB, there within ten seconds (common.md, "Bad input").

use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::fields::Fields;

/// The most bytes of a body.
const LARGEST: usize = 64 << 10;
/// How much of what is too large or not wanted is read away, so that its sender gets to see the answer.
const READ_AWAY: usize = 4 << 20;
/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body that is none, or not one that can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It is not said to be JSON: 415.
    NotJson,
    /// It is not what it is said to be, for this reason: 400.
    Malformed(&'static str),
    /// It is larger than 64 KiB: 413.
    TooLarge,
    /// It did not come in time: 408.
    TooSlow,
}

impl BodyFault {
    /// The status it is answered with.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// What is said about it, for people.
    pub fn message(self) -> &'static str {
        match self {
            Self::NotJson => "Send JSON, and say so in Content-Type.",
            Self::Malformed(why) => why,
            Self::TooLarge => "The body is larger than 64 KiB.",
            Self::TooSlow => "The body did not come in time.",
        }
    }
}

/// Reads the object, and waits ten seconds for it at most.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Fields, BodyFault> {
    understood(headers, &take(body).await?)
}

/// The same where a body may be left out. `None` where it is.
pub(super) async fn read_if_any(headers: &HeaderMap, body: Body) -> Result<Option<Fields>, BodyFault> {
    let bytes = take(body).await?;
    if bytes.is_empty() { Ok(None) } else { understood(headers, &bytes).map(Some) }
}

fn understood(headers: &HeaderMap, bytes: &[u8]) -> Result<Fields, BodyFault> {
    if !is_json(headers) {
        return Err(BodyFault::NotJson);
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(values)) => Ok(Fields::new(values)),
        Ok(_) => Err(BodyFault::Malformed("The body is not a JSON object.")),
        Err(_) => Err(BodyFault::Malformed("The body is not JSON.")),
    }
}

/// Takes a body that is not wanted, up to a bound, and forgets it.
pub(crate) async fn read_away(body: Body) {
    let away = async {
        let (mut chunks, mut length) = (body.into_data_stream(), 0);
        while let Some(Ok(chunk)) = chunks.next().await
            && length < READ_AWAY
        {
            length += chunk.len();
        }
    };
    // Whoever sends on after that has had his answer.
    let _ = tokio::time::timeout(PATIENCE, away).await;
}

/// The bytes of a body of at most 64 KiB, waited for ten seconds at most.
pub(super) async fn take(body: Body) -> Result<Vec<u8>, BodyFault> {
    tokio::time::timeout(PATIENCE, collect(body)).await.map_err(|_| BodyFault::TooSlow)?
}

async fn collect(body: Body) -> Result<Vec<u8>, BodyFault> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyFault::Malformed("The body breaks off."))?;
        if bytes.len() + chunk.len() > LARGEST {
            return Err(BodyFault::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Whether the request says that it carries JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use futures_util::stream;

    use super::*;

    fn headers(media: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, media.parse().expect("a header"));
        headers
    }

    async fn check(media: &str, body: impl Into<Body>, expect: Option<BodyFault>) {
        let read = read(&headers(media), body.into()).await;
        assert_eq!(read.err(), expect, "{media:?}");
    }

    #[tokio::test]
    async fn a_body_is_one_json_object() {
        check("application/json", "{}", None).await;
        check("Application/JSON; charset=utf-8", " {\"a\": [1]} ", None).await;
        check("application/problem+json", "{}", None).await;
        for other in ["text/plain", "text/json", "application/x-www-form-urlencoded", "+json", ""] {
            check(other, "{}", Some(BodyFault::NotJson)).await;
        }
        let (no_json, no_object) = ("The body is not JSON.", "The body is not a JSON object.");
        for (other, why) in
            [("[]", no_object), ("7", no_object), ("null", no_object), ("{", no_json), ("", no_json)]
        {
            check("application/json", other, Some(BodyFault::Malformed(why))).await;
        }
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        check("application/json", deep, Some(BodyFault::Malformed("The body is not JSON."))).await;
        check(
            "application/json",
            vec![b'"', 0xff, b'"'],
            Some(BodyFault::Malformed("The body is not JSON.")),
        )
        .await;
    }

    #[tokio::test]
    async fn a_body_that_may_be_left_out_is_judged_where_it_is_not() {
        let read = async |media: &str, body: &'static str| {
            let read = read_if_any(&headers(media), body.into()).await;
            read.map(|fields| fields.is_some())
        };
        assert_eq!(read("application/json", "").await, Ok(false));
        assert_eq!(read("text/plain", "").await, Ok(false));
        assert_eq!(read("application/json", "{}").await, Ok(true));
        assert_eq!(read("text/plain", "{}").await, Err(BodyFault::NotJson));
        assert!(matches!(read("application/json", " ").await, Err(BodyFault::Malformed(_))));
    }

    #[tokio::test]
    async fn a_body_has_64_kib_at_most() {
        let sized = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size - 8));
        check("application/json", sized(LARGEST), None).await;
        check("application/json", sized(LARGEST + 1), Some(BodyFault::TooLarge)).await;
        check("application/json", sized(2 * READ_AWAY), Some(BodyFault::TooLarge)).await;
        // Without a length given beforehand it is the same, and one without an end is not read to its end.
        let endless =
            Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 4096]))));
        check("application/json", endless, Some(BodyFault::TooLarge)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let stuck = || Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let read = read(&headers("application/json"), stuck()).await;
        assert_eq!(read.err(), Some(BodyFault::TooSlow));
        read_away(stuck()).await;
    }
}
