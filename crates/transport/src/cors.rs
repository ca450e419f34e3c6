//! Which pages of other sites may call from a browser (`cors_origins`; the Fetch standard, "CORS protocol").
//!
//! Ours and not tower-http's, whose layer takes every OPTIONS for a preflight: here one is what names the method it
//! is for, and everything else gets the path's own answer.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::credentials::Credentials;
use crate::origin::Origin;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset",
);
/// How long a browser need not ask again: two hours, the most that any of them takes.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Answers preflights of origins that may call, and says on every other answer who may read it. To an origin that is not
/// listed nothing is said, and its browser keeps the answer from it.
pub async fn cors(State(credentials): State<Credentials>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // Echoed as it was sent, which is what the browser compares.
    let sent = parts.headers.get(ORIGIN).cloned();
    let listed = Origin::of(&parts).is_ok_and(|origin| credentials.is_allowed(&origin));
    let allowed = sent.filter(|_| listed);
    let preflight =
        parts.method == Method::OPTIONS && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &allowed {
        Some(_) if preflight => agree(),
        _ => next.run(Request::from_parts(parts, body)).await,
    };
    if let Some(origin) = allowed {
        say(response.headers_mut(), origin, preflight);
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    response
}

fn agree() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn say(headers: &mut HeaderMap, origin: HeaderValue, preflight: bool) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    if !preflight {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    const LISTED: &str = "https://app.example";

    /// The status, and what is said about CORS.
    async fn ask(method: &str, headers: &[(&str, &str)]) -> (u16, BTreeMap<String, String>) {
        let allowed = vec![LISTED.parse().expect("an origin")];
        let credentials = Credentials::new(None, allowed, false);
        let router =
            Router::new().route("/thing", post(async || "done")).layer(from_fn_with_state(credentials, cors));
        let mut request = Request::builder().method(method).uri("/thing").header("host", "own.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        let text = |value: &HeaderValue| value.to_str().expect("text").to_owned();
        assert_eq!(response.headers().get(VARY).map(text).as_deref(), Some("Origin"));
        let told = response.headers().iter().filter(|(name, _)| name.as_str().starts_with("access-control-"));
        let told =
            told.map(|(name, value)| (name.as_str()["access-control-".len()..].to_owned(), text(value)));
        (response.status().as_u16(), told.collect())
    }

    #[tokio::test]
    async fn listed_origins_may_call_and_others_are_told_nothing() {
        let check = async |method: &str, headers: &[(&str, &str)], status: u16, told: &[(&str, &str)]| {
            let told = told.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(ask(method, headers).await, (status, told), "{method} {headers:?}");
        };
        let exposed = "X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset";
        let who = [("allow-credentials", "true"), ("allow-origin", LISTED)];
        let read = [&who[..], &[("expose-headers", exposed)]].concat();
        check("POST", &[], 200, &[]).await;
        check("POST", &[("origin", LISTED)], 200, &read).await;
        check("GET", &[("origin", LISTED)], 405, &read).await;
        // Without naming a method it is an ordinary OPTIONS.
        check("OPTIONS", &[("origin", LISTED)], 405, &read).await;
        let agreed = [
            &who[..],
            &[
                ("allow-headers", "Authorization, Content-Type, Idempotency-Key"),
                ("allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
                ("max-age", "7200"),
            ],
        ]
        .concat();
        let asks = ("access-control-request-method", "POST");
        check("OPTIONS", &[("origin", LISTED), asks], 204, &agreed).await;
        check("OPTIONS", &[asks], 405, &[]).await;
        for other in [
            "https://app.example.evil.example",
            "http://app.example",
            "https://app.example:8443",
            "https://own.example",
            "null",
            "*",
        ] {
            check("POST", &[("origin", other)], 200, &[]).await;
            check("OPTIONS", &[("origin", other), asks], 405, &[]).await;
        }
        check("POST", &[("origin", LISTED), ("origin", LISTED)], 200, &[]).await;
    }
}
