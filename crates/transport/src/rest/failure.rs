//! The envelope of what fails: `{"success":false,"message":"…","statusCode":N}`, and `errors` where single fields are
//! to blame. The statuses are those of common.md and no others: what can't be processed is 400, never 422.

use std::borrow::Cow;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use hearken_core::access::Refused;
use hearken_core::store::StoreError;
use hearken_core::token::TokenError;
use hearken_core::{ReadError, UpdateError};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{BodyFault, FieldFault, Invalid};
use crate::credentials::Unshown;
use crate::sockets::NotAdmitted;

/// When to come back, where nothing better is known.
const SOON: Duration = Duration::from_secs(5);

/// A request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 400: malformed, or against a rule.
    Refused(Cow<'static, str>),
    /// 400: fields that are not as they must be.
    Invalid(Invalid),
    /// The same, where a contract has words of its own for it.
    Worded(&'static str, Invalid),
    /// 400, 408, 413 or 415: a body that can't be read.
    Body(BodyFault),
    /// 401: no token, or one that is not believed.
    SignIn,
    /// 401: something else that was shown and is not believed, such as a password.
    NotBelieved(&'static str),
    /// 403: not the caller's.
    Forbidden(&'static str),
    /// 404: not there, or in another organisation.
    NotFound,
    /// 405: not a method of this path.
    Method,
    /// 409: lost a race.
    Conflict(&'static str),
    /// 409: fields whose values are taken.
    Taken(Invalid),
    /// 429: too many; come back after this long.
    TooMany(Duration),
    /// 503: the store can't be read or written, or too much waits for it.
    Unavailable,
}

/// The body of a failure.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct FailureBody<'a> {
    /// Always false.
    #[schema(example = false)]
    success: bool,
    /// For people.
    message: &'a str,
    /// The status of the answer.
    #[serde(rename = "statusCode")]
    #[schema(minimum = 400, maximum = 599)]
    status_code: u16,
    /// What is wrong with single fields of the request.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldFault],
}

impl Failure {
    /// 400 for one field.
    pub fn field(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(Invalid::one(field, message))
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused(_) | Self::Invalid(_) | Self::Worded(..) => StatusCode::BAD_REQUEST,
            Self::Body(fault) => fault.status(),
            Self::SignIn | Self::NotBelieved(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) | Self::Taken(_) => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What is said of it, for people.
    pub fn message(&self) -> &str {
        match self {
            Self::Refused(why) => why,
            Self::Invalid(_) => "Some fields are not as they must be.",
            Self::Body(fault) => fault.message(),
            Self::SignIn => "Sign in first.",
            Self::NotBelieved(why) | Self::Forbidden(why) | Self::Conflict(why) | Self::Worded(why, _) => why,
            Self::NotFound => "Not found.",
            Self::Method => "This path has no such method.",
            Self::Taken(_) => "Somebody else has this already.",
            Self::TooMany(_) => "Too many requests.",
            Self::Unavailable => "Try again in a moment.",
        }
    }

    fn errors(&self) -> &[FieldFault] {
        match self {
            Self::Invalid(Invalid(faults))
            | Self::Worded(_, Invalid(faults))
            | Self::Taken(Invalid(faults)) => faults,
            _ => &[],
        }
    }

    /// The header that goes with the status, if any.
    fn header(&self) -> Option<(http::HeaderName, HeaderValue)> {
        match self {
            Self::SignIn | Self::NotBelieved(_) => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::TooMany(wait) => Some((RETRY_AFTER, seconds(*wait))),
            Self::Unavailable => Some((RETRY_AFTER, seconds(SOON))),
            _ => None,
        }
    }
}

/// A wait in whole seconds, rounded up, as `Retry-After` writes it.
fn seconds(wait: Duration) -> HeaderValue {
    let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    HeaderValue::from(whole.max(1))
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = FailureBody {
            success: false,
            message: self.message(),
            status_code: status.as_u16(),
            errors: self.errors(),
        };
        let mut response = (status, Json(body)).into_response();
        response.headers_mut().extend(self.header());
        response
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<BodyFault> for Failure {
    fn from(fault: BodyFault) -> Self {
        Self::Body(fault)
    }
}

impl From<Unshown> for Failure {
    fn from(unshown: Unshown) -> Self {
        match unshown {
            Unshown::Nothing => Self::SignIn,
            Unshown::ForeignOrigin => Self::Forbidden(unshown.message()),
        }
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Forged | TokenError::Expired | TokenError::Account => Self::SignIn,
            TokenError::Unavailable => Self::Unavailable,
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::SignIn => Self::SignIn,
            Refused::NotYours => Self::Forbidden("This is not yours."),
            Refused::NotFound => Self::NotFound,
        }
    }
}

impl From<NotAdmitted> for Failure {
    fn from(refused: NotAdmitted) -> Self {
        match refused {
            NotAdmitted::TooMany => Self::TooMany(SOON),
            NotAdmitted::Stopping => Self::Unavailable,
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => Self::NotFound,
            ReadError::Store(_) => Self::Unavailable,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

impl<R: Into<Failure>> From<UpdateError<R>> for Failure {
    fn from(error: UpdateError<R>) -> Self {
        match error {
            UpdateError::Refused(refusal) => refusal.into(),
            UpdateError::NotFound => Self::NotFound,
            UpdateError::Busy | UpdateError::Collided(_) | UpdateError::Unavailable => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests;
