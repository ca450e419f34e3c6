//! The messenger's HTTP side (contract, "HTTP"): a JSON object in, checked against the token, handed to one act, and
//! a JSON object out. What is built is making, changing and leaving groups.

mod caller;
mod described;
mod group;
mod wire;

use std::sync::Arc;

use axum::Router;
use http::Method;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use self::described::Base;
use crate::error::HttpError;
use crate::routes::Messenger;

/// The paths. A trailing slash is optional here too.
pub(crate) fn router() -> Router<Arc<Messenger>> {
    described().into()
}

/// The same paths, as the API reference describes them.
pub(crate) fn openapi() -> OpenApi {
    described().into_openapi()
}

/// A path is served and described by the same line, so that none is served undescribed.
fn described() -> OpenApiRouter<Arc<Messenger>> {
    let api = OpenApiRouter::with_openapi(Base::openapi());
    both(api, routes!(group::create, group::change, group::leave))
}

fn both(
    api: OpenApiRouter<Arc<Messenger>>,
    (schemas, paths, methods): UtoipaMethodRouter<Arc<Messenger>>,
) -> OpenApiRouter<Arc<Messenger>> {
    let methods = methods.fallback(other_method);
    let with_slash = paths.paths.keys().map(|path| format!("{path}/"));
    let api = with_slash.fold(api, |api, path| api.route(&path, methods.clone()));
    api.routes((schemas, paths, methods))
}

/// The answer to a method that the path does not have.
async fn other_method(method: Method) -> HttpError {
    tracing::debug!(%method, "not a method of this path");
    HttpError::Method
}
