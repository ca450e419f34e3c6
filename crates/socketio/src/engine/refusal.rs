//! Requests that are answered with an error, in the words of the protocol's own server.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownTransport,
    UnknownId,
    BadMethod,
    BadRequest,
    BadVersion,
    TooLarge,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::UnknownTransport => {
                (StatusCode::BAD_REQUEST, r#"{"code":0,"message":"Transport unknown"}"#)
            }
            Self::UnknownId => (StatusCode::BAD_REQUEST, r#"{"code":1,"message":"Session ID unknown"}"#),
            Self::BadMethod => (StatusCode::BAD_REQUEST, r#"{"code":2,"message":"Bad handshake method"}"#),
            Self::BadRequest => (StatusCode::BAD_REQUEST, r#"{"code":3,"message":"Bad request"}"#),
            Self::BadVersion => {
                (StatusCode::BAD_REQUEST, r#"{"code":5,"message":"Unsupported protocol version"}"#)
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"code":3,"message":"Bad request"}"#),
        };
        (status, [(CONTENT_TYPE, "application/json")], body).into_response()
    }
}
