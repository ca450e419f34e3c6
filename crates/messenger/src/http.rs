//! The messenger's HTTP side (contract, "HTTP"): a JSON object in, checked against the token, handed to one act, and
//! a JSON object out. POST makes, PUT changes, PATCH and GET look, DELETE deletes.

mod caller;
mod described;
mod dialogue;
mod group;
mod group_info;
mod presence;
mod room;
mod snapshot;
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
    let api = both(api, routes!(group::create, group::change, group::leave));
    let api = both(api, routes!(room::open, room::part, room::end));
    let api = both(api, routes!(room::info, room::info_by_query));
    let api = both(api, routes!(dialogue::open, dialogue::delete));
    let api = both(api, routes!(dialogue::info, dialogue::info_by_query));
    let api = both(api, routes!(snapshot::load));
    let api = both(api, routes!(snapshot::load_special));
    let api = both(api, routes!(presence::look, presence::look_by_query, presence::say));
    let api = both(api, routes!(presence::look_active, presence::look_active_by_query, presence::say_active));
    both(api, routes!(group_info::info, group_info::info_by_query, group_info::describe))
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
