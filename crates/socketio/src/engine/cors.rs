//! Which pages of other sites may call from a browser (the Fetch standard, "CORS protocol").

use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::channel::Service;

/// How long a browser need not ask again: two hours, the most that any of them takes.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// The origin that may read the answer: the one named, if it is one and allowed.
pub(crate) fn allowed(service: &impl Service, request: &HeaderMap) -> Option<HeaderValue> {
    let mut named = request.get_all(ORIGIN).iter();
    match (named.next(), named.next()) {
        (Some(origin), None) => service.allows_origin(origin).then(|| origin.clone()),
        _ => None,
    }
}

/// The answer to a preflight. Any header may be sent: what they may hold is for the application to say.
pub(crate) fn preflight(allowed: bool, request: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if allowed {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        if let Some(asked) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
    }
    response
}

/// Says on an answer who may read it.
pub(crate) fn say(headers: &mut HeaderMap, allowed: Option<HeaderValue>) {
    if let Some(origin) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
