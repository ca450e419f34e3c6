//! The answer to whoever has signed in: tokens in the body, and in the cookie that the web app goes by.

use axum::response::{IntoResponse, Response};
use hearken_core::sign_in::Tokens;
use hearken_transport::credentials::Credentials;
use hearken_transport::rest::Success;
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderValue, StatusCode};

use super::wire::SignedIn;

/// Tokens on their way out.
pub(super) fn signed_in(
    credentials: &Credentials,
    tokens: Tokens,
    status: StatusCode,
    message: &'static str,
) -> Response {
    let cookie = credentials.cookie(&tokens.access, tokens.expires_in);
    let body = SignedIn::from(tokens);
    let mut response = match status {
        StatusCode::CREATED => Success::created(body, message).into_response(),
        _ => Success::ok(body, message).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}
