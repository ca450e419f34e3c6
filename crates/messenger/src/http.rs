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
use axum::routing::{MethodRouter, patch, post};
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
    Router::from(described()).merge(not_yet_described())
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
    both(api, routes!(room::info, room::info_by_query))
}

/// Paths that the reference leaves out for now.
fn not_yet_described() -> Router<Arc<Messenger>> {
    let dialogue = post(dialogue::open).delete(dialogue::delete).fallback(other_method);
    let snapshot = post(snapshot::load).fallback(other_method);
    let presence = patch(presence::look).get(presence::look).put(presence::say).fallback(other_method);
    let dialogue_info = patch(dialogue::info).get(dialogue::info).fallback(other_method);
    let group_info =
        patch(group_info::info).get(group_info::info).put(group_info::describe).fallback(other_method);
    let paths = [
        ("/chat/special/personal", dialogue),
        ("/chat/special", snapshot.clone()),
        ("/chat/special/special", snapshot),
        ("/chat/info", presence.clone()),
        ("/chat/info/active", presence),
        ("/chat/info/personal", dialogue_info),
        ("/chat/info/group", group_info),
    ];
    let both = |api: Router<Arc<Messenger>>, (path, methods): (&str, MethodRouter<Arc<Messenger>>)| {
        api.route(path, methods.clone()).route(&format!("{path}/"), methods)
    };
    paths.into_iter().fold(Router::new(), both)
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
