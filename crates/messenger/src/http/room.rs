//! Rooms over HTTP: opened, asked for, voted on and ended (contract, "Rooms"). No answer says who the other is.

mod described;
mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use hearken_core::UpdateError;
use hearken_transport::rest::Invalid;
use http::StatusCode;

pub(super) use self::described::NotOpened;
use self::described::{EndRoomBody, Opening, OwnNumber};
pub(super) use self::wire::RoomShown;
use self::wire::{EndRoom, OpenRoom, PartRoom, RoomAnswer, Wish};
use super::caller::{Caller, admit, other};
use super::described::{OneThing, Signed, TAG, WithBody, WithQuery};
use super::wire::Info;
use crate::error::HttpError;
use crate::rooms::{self, Met};
use crate::routes::Messenger;
use crate::rules::Refusal;
use crate::stored::RoomChange;

/// Open a room
///
/// With somebody who is named; or, when nobody is, with somebody who waits. Where nobody does, the caller waits, and is told
/// by an `update` when somebody has come. No answer says who the other is.
#[utoipa::path(
    post,
    path = "/chat/special/room",
    tag = TAG,
    security(("token" = []), ("cookie" = [])),
    request_body = OpenRoom,
    responses(Signed, OneThing, Opening),
)]
pub(super) async fn open(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Response, HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let OpenRoom { msg_from, msg_to } = OpenRoom::read(fields)?;
    caller.must_be(&msg_from)?;
    let ttl = door.settings.room_ttl;
    let met = match msg_to {
        None => rooms::meet(&door.core, &caller.actor, ttl).await?,
        Some(number) => {
            let other = other(&door, &caller, &number).await?;
            if other.id == caller.account {
                return Err(HttpError::Refused(Refusal::Alone));
            }
            rooms::open(&door.core, &caller.actor, other.id, ttl).await?;
            Met::Somebody
        }
    };
    if met == Met::Nobody {
        return Ok((StatusCode::ACCEPTED, Json(Info { info: "waiting" })).into_response());
    }
    // It may be over already: what was opened is answered all the same.
    let room = shown(&door, &caller).await?;
    Ok((StatusCode::CREATED, Json(RoomAnswer { room, info: "created" })).into_response())
}

/// End a room for good
///
/// At once; these two do not meet in a room again, named or matched.
#[utoipa::path(
    put,
    path = "/chat/special/room",
    tag = TAG,
    security(("token" = []), ("cookie" = [])),
    request_body = PartRoom,
    responses((status = 200, description = "It is done", body = RoomAnswer), Signed, WithBody, OneThing),
)]
pub(super) async fn part(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<RoomAnswer>, HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let PartRoom { msg_from } = PartRoom::read(fields)?;
    caller.must_be(&msg_from)?;
    rooms::part(&door.core, &caller.actor).await?;
    Ok(Json(RoomAnswer { room: None, info: "deactivated" }))
}

/// Say whether one would know the other, or stop waiting
///
/// When both would, the room becomes a personal chat; one `0` ends it at once. Without a response the caller waits for nobody
/// any more.
#[utoipa::path(
    delete,
    path = "/chat/special/room",
    tag = TAG,
    security(("token" = []), ("cookie" = [])),
    request_body = EndRoomBody,
    responses(
        (status = 200, description = "The room, unless there is none any more", body = RoomAnswer),
        Signed, WithBody, OneThing
    ),
)]
pub(super) async fn end(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<RoomAnswer>, HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let EndRoom { msg_from, wish } = EndRoom::read(fields)?;
    caller.must_be(&msg_from)?;
    let info = match wish {
        Wish::StopWaiting => {
            rooms::stop_waiting(&door.core, &caller.actor).await.map_err(must_vote)?;
            "stopped"
        }
        Wish::Vote(yes) => match rooms::vote(&door.core, &caller.actor, yes).await? {
            RoomChange::Replace => "replaced",
            RoomChange::Grade => "graded",
            RoomChange::Create | RoomChange::Delete | RoomChange::Deactivate => "deleted",
        },
    };
    Ok(Json(RoomAnswer { room: shown(&door, &caller).await?, info }))
}

/// Show the room that the caller is in
#[utoipa::path(
    patch,
    path = "/chat/info/room",
    tag = TAG,
    security(("token" = []), ("cookie" = [])),
    request_body = OwnNumber,
    responses((status = 200, description = "The room", body = RoomAnswer), Signed, WithBody, OneThing),
)]
pub(super) async fn info(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<RoomAnswer>, HttpError> {
    own_room(&door, request).await
}

/// Show the room that the caller is in
#[utoipa::path(
    get,
    path = "/chat/info/room",
    tag = TAG,
    security(("token" = []), ("cookie" = [])),
    params(("msg_from" = Option<String>, Query, description = "The caller's own number")),
    responses((status = 200, description = "The room", body = RoomAnswer), Signed, WithQuery, OneThing),
)]
pub(super) async fn info_by_query(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<RoomAnswer>, HttpError> {
    own_room(&door, request).await
}

/// Who is in a room waits for nobody: he has left out what he means to say.
fn must_vote(error: UpdateError<Refusal>) -> HttpError {
    match error {
        UpdateError::Refused(Refusal::InRoom) => {
            let mend =
                "is missing: you are in a room; send \"1\" if you would know the other, or \"0\" to end it";
            Invalid::one("response", mend).into()
        }
        other => other.into(),
    }
}

async fn own_room(door: &Messenger, request: Request) -> Result<Json<RoomAnswer>, HttpError> {
    let (caller, mut fields) = admit(door, request).await?;
    let msg_from = fields.optional_text("msg_from");
    fields.check()?;
    // It is his own whether he says so or not.
    msg_from.map_or(Ok(()), |msg_from| caller.must_be(&msg_from))?;
    let room = shown(door, &caller).await?.ok_or(HttpError::Refused(Refusal::NoRoom))?;
    Ok(Json(RoomAnswer { room: Some(room), info: "success" }))
}

/// The caller's room as he sees it, for every answer that shows one; nothing when he is in none.
pub(super) async fn shown(door: &Messenger, caller: &Caller) -> Result<Option<RoomShown>, HttpError> {
    let room = rooms::room_of(&door.core, &caller.actor).await?;
    Ok(room.map(|room| RoomShown::of(&caller.phone, &room)))
}
