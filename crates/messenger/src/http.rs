//! The messenger's HTTP side (contract, "HTTP"): a JSON object in, checked against the token, handed to one act, and
//! a JSON object out. POST makes, PUT changes, PATCH and GET look, DELETE deletes.

mod caller;
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

use crate::error::HttpError;
use crate::routes::Messenger;

/// The paths. A trailing slash is optional here too.
pub(crate) fn router() -> Router<Arc<Messenger>> {
    let group = post(group::create).put(group::change).delete(group::leave).fallback(other_method);
    let dialogue = post(dialogue::open).delete(dialogue::delete).fallback(other_method);
    let snapshot = post(snapshot::load).fallback(other_method);
    let presence = patch(presence::look).get(presence::look).put(presence::say).fallback(other_method);
    let dialogue_info = patch(dialogue::info).get(dialogue::info).fallback(other_method);
    let group_info =
        patch(group_info::info).get(group_info::info).put(group_info::describe).fallback(other_method);
    let room = post(room::open).put(room::part).delete(room::end).fallback(other_method);
    let room_info = patch(room::info).get(room::info).fallback(other_method);
    both("/chat/special/group", "/chat/special/group/", &group)
        .merge(both("/chat/special/personal", "/chat/special/personal/", &dialogue))
        .merge(both("/chat/special", "/chat/special/", &snapshot))
        .merge(both("/chat/special/special", "/chat/special/special/", &snapshot))
        .merge(both("/chat/info", "/chat/info/", &presence))
        .merge(both("/chat/info/active", "/chat/info/active/", &presence))
        .merge(both("/chat/info/personal", "/chat/info/personal/", &dialogue_info))
        .merge(both("/chat/info/group", "/chat/info/group/", &group_info))
        .merge(both("/chat/special/room", "/chat/special/room/", &room))
        .merge(both("/chat/info/room", "/chat/info/room/", &room_info))
}

fn both(path: &str, with_slash: &str, methods: &MethodRouter<Arc<Messenger>>) -> Router<Arc<Messenger>> {
    Router::new().route(path, methods.clone()).route(with_slash, methods.clone())
}

/// The answer to a method that the path does not have.
async fn other_method(method: Method) -> HttpError {
    tracing::debug!(%method, "not a method of this path");
    HttpError::Method
}
