//! One match from each kind of failure to what this dialect says: an `error` frame's text on a socket, a status and
//! `{"detail": …}` over HTTP.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use hearken_core::access::Refused;
use hearken_core::store::StoreError;
use hearken_core::token::TokenError;
use hearken_core::{ReadError, UpdateError};
use hearken_transport::credentials::Unshown;
use hearken_transport::rest::{BodyFault, Invalid};
use hearken_transport::sockets::NotAdmitted;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::groups::NotMade;
use crate::rules::Refusal;

/// The text of an `error` frame for an update that did not happen. `missing`: what it is when the chat is not there.
pub fn told(error: &UpdateError<Refusal>, missing: Refusal) -> String {
    match error {
        UpdateError::Refused(refusal) => refusal.to_string(),
        UpdateError::NotFound => missing.to_string(),
        UpdateError::Busy | UpdateError::Collided(_) => "the server is busy; send this again".into(),
        UpdateError::Unavailable => "the server can't save this just now; send this again".into(),
    }
}

/// A request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// No token, or one that is not believed.
    SignIn,
    /// Somebody else's.
    Forbidden(&'static str),
    /// Not there.
    NotFound,
    /// Not a method of this path.
    Method,
    /// The body can't be read.
    Body(BodyFault),
    /// Fields of the body are not as they must be.
    Invalid(Invalid),
    /// Numbers that are nobody's, each with its field.
    UnknownNumbers(Vec<(&'static str, String)>),
    /// Against a rule.
    Refused(Refusal),
    /// More sockets from this address than are allowed.
    TooMany,
    /// More requests than are allowed; come back after this long.
    TooOften(Duration),
    /// The store can't be read or written, too much waits for it, or the server is stopping.
    Unavailable,
}

impl From<Unshown> for HttpError {
    fn from(unshown: Unshown) -> Self {
        match unshown {
            Unshown::Nothing => Self::SignIn,
            Unshown::ForeignOrigin => Self::Forbidden(unshown.message()),
        }
    }
}

impl From<BodyFault> for HttpError {
    fn from(fault: BodyFault) -> Self {
        Self::Body(fault)
    }
}

impl From<Invalid> for HttpError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<NotAdmitted> for HttpError {
    fn from(refused: NotAdmitted) -> Self {
        match refused {
            NotAdmitted::TooMany => Self::TooMany,
            NotAdmitted::Stopping => Self::Unavailable,
        }
    }
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

impl From<UpdateError<Refusal>> for HttpError {
    fn from(error: UpdateError<Refusal>) -> Self {
        match error {
            UpdateError::Refused(refusal) => Self::Refused(refusal),
            UpdateError::NotFound => Self::NotFound,
            UpdateError::Busy | UpdateError::Collided(_) | UpdateError::Unavailable => Self::Unavailable,
        }
    }
}

impl From<NotMade> for HttpError {
    fn from(error: NotMade) -> Self {
        match error {
            NotMade::Update(error) => error.into(),
            // Only asked of a key from elsewhere, which no request brings.
            NotMade::KeyTaken => Self::Unavailable,
        }
    }
}

impl HttpError {
    fn status(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Refused(Refusal::NotMember | Refusal::NotAdmin) => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound | Self::Refused(Refusal::Ended | Refusal::Stranger | Refusal::NoRoom) => {
                StatusCode::NOT_FOUND
            }
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Body(fault) => fault.status(),
            Self::Unavailable | Self::Refused(Refusal::Unreadable) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Invalid(_) | Self::UnknownNumbers(_) | Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::TooMany | Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// The answer's body: `detail` for people, and `errors` where single fields are to blame.
    fn body(&self) -> Value {
        let detail = match self {
            Self::SignIn => "Sign in first.",
            Self::Forbidden(why) => why,
            Self::Body(fault) => fault.message(),
            Self::NotFound | Self::Refused(Refusal::Ended | Refusal::Stranger | Refusal::NoRoom) => {
                "Not found."
            }
            Self::Method => "This path has no such method.",
            // In these words, and no others (contract, "Settled details").
            Self::Refused(Refusal::Parted) => return json!({ "info": "error" }),
            Self::Refused(refusal) => return json!({ "detail": format!("Refused: {refusal}.") }),
            Self::TooMany => "Too many open connections.",
            Self::TooOften(_) => "Too many requests.",
            Self::Unavailable => "Try again in a moment.",
            Self::Invalid(Invalid(faults)) => {
                return json!({ "detail": "Some fields are not as they must be.", "errors": faults });
            }
            Self::UnknownNumbers(unknown) => {
                let numbers: Vec<_> = unknown.iter().map(|(_, number)| number.as_str()).collect();
                let detail = format!("Unknown numbers: {}.", numbers.join(", "));
                let error = |(field, number): &(_, _)| json!({ "field": field, "message": format!("{number} is unknown") });
                return json!({ "detail": detail, "errors": unknown.iter().map(error).collect::<Vec<_>>() });
            }
        };
        json!({ "detail": detail })
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let status = self.status();
        let wait = match &self {
            Self::TooOften(wait) => HeaderValue::from(wait.as_millis().div_ceil(1000).max(1) as u64),
            _ => HeaderValue::from_static("5"),
        };
        let mut response = (status, Json(self.body())).into_response();
        match status {
            StatusCode::UNAUTHORIZED => {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(RETRY_AFTER, wait);
            }
            _ => {}
        }
        response
    }
}
