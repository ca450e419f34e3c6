//! The one place under which all REST paths are, and what is said there to those that are none.

use std::str::FromStr;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Request};
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use http::request::Parts;

use super::body::read_if_any;
use super::caller::{Admission, admit};
use super::repeat::once;
use super::{Failure, Fields, read};

/// Where it is.
pub const PREFIX: &str = "/api/v1";

/// Serves the doors' REST paths, whose own begin behind [`PREFIX`]. Every request passes `admission`; unknown paths and
/// wrong methods are answered in the envelope.
pub fn mount(api: Router, admission: Admission) -> Router {
    let api = api.fallback(async || Failure::NotFound).method_not_allowed_fallback(async || Failure::Method);
    Router::new()
        .nest(
            PREFIX,
            // Answers are kept of paths that there are, and of no others.
            api.route_layer(from_fn_with_state(admission.clone(), once))
                .layer(from_fn_with_state(admission, admit)),
        )
        // The one path under it that nesting leaves out.
        .route(&format!("{PREFIX}/"), any(async || Failure::NotFound))
}

/// The body of a request, as an extractor: a JSON object, in fields (see [`read`]). It comes last, so that nothing is
/// read of whoever may not call.
pub struct Sent(pub Fields);

impl<S: Sync> FromRequest<S> for Sent {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body): (Parts, Body) = request.into_parts();
        Ok(Self(read(&parts.headers, body).await?))
    }
}

/// The same where a body may be left out.
impl<S: Sync> OptionalFromRequest<S> for Sent {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, Failure> {
        let (parts, body): (Parts, Body) = request.into_parts();
        Ok(read_if_any(&parts.headers, body).await?.map(Self))
    }
}

/// The one variable part of a path, such as an id. What can't be one names nothing: 404.
pub struct At<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let found = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = found.map_err(|_| Failure::NotFound)?;
        text.parse().map(Self).map_err(|_| Failure::NotFound)
    }
}
