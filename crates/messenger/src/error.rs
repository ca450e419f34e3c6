//! One match from each kind of failure to what this dialect says: an `error` frame's text on a socket, a status and
//! `{"detail": …}` over HTTP.

use axum::Json;
use axum::response::{IntoResponse, Response};
use hearken_core::access::Refused;
use hearken_core::store::StoreError;
use hearken_core::token::TokenError;
use hearken_core::{ReadError, UpdateError};
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;

use crate::rules::Refusal;

/// The text of an `error` frame for an update that did not happen.
pub fn told(error: &UpdateError<Refusal>) -> String {
    match error {
        UpdateError::Refused(refusal) => refusal.to_string(),
        // A personal chat is opened when it is missing, so what is missing is a group.
        UpdateError::NotFound => "there is no such group".into(),
        UpdateError::Busy => "the server is busy; send this again".into(),
        UpdateError::Unavailable => "the server can't save this just now; send this again".into(),
    }
}

/// A request that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// No token, or one that is not believed.
    SignIn,
    /// Somebody else's.
    Forbidden(&'static str),
    /// Not there.
    NotFound,
    /// More sockets from this address than are allowed.
    TooMany,
    /// The store can't be read.
    Unavailable,
}

impl From<Refused> for HttpError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::SignIn => Self::SignIn,
            Refused::NotYours => Self::Forbidden("This number is not yours."),
            Refused::NotFound => Self::NotFound,
        }
    }
}

impl From<TokenError> for HttpError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Forged | TokenError::Expired | TokenError::Account => Self::SignIn,
            TokenError::Unavailable => Self::Unavailable,
        }
    }
}

impl From<ReadError> for HttpError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => Self::NotFound,
            ReadError::Store(_) => Self::Unavailable,
        }
    }
}

impl From<StoreError> for HttpError {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::SignIn => (StatusCode::UNAUTHORIZED, "Sign in first."),
            Self::Forbidden(why) => (StatusCode::FORBIDDEN, why),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found."),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "Too many open connections."),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Try again in a moment."),
        };
        let mut response = (status, Json(json!({ "detail": detail }))).into_response();
        match status {
            StatusCode::UNAUTHORIZED => {
                response.headers_mut().insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(http::header::RETRY_AFTER, http::HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}
