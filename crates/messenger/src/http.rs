//! The messenger's HTTP side (contract, "HTTP"): a JSON object in, checked against the token, handed to one act, and
//! a JSON object out. What is built is making, changing and leaving groups.

mod caller;
mod group;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, post};
use http::Method;

use crate::error::HttpError;
use crate::routes::Messenger;

/// The paths. A trailing slash is optional here too.
pub(crate) fn router() -> Router<Arc<Messenger>> {
    let group = post(group::create).put(group::change).delete(group::leave).fallback(other_method);
    both("/chat/special/group", "/chat/special/group/", &group)
}

fn both(path: &str, with_slash: &str, methods: &MethodRouter<Arc<Messenger>>) -> Router<Arc<Messenger>> {
    Router::new().route(path, methods.clone()).route(with_slash, methods.clone())
}

/// The answer to a method that the path does not have.
async fn other_method(method: Method) -> HttpError {
    tracing::debug!(%method, "not a method of this path");
    HttpError::Method
}
