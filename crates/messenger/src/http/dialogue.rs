//! Personal chats over HTTP: made by asking, looked at, deleted (contract, `/chat/special/personal` and
//! `/chat/info/personal`). Each has two dialogues: in one the one is the sender, in the other the other.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hearken_core::ids::AccountId;
use hearken_transport::rest::{Fields, Invalid};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, admit, other};
use super::described::{OneThing, Signed, TAG, TwoNumbers, WithBody, WithQuery};
use super::wire::Info;
use crate::dialogues::{self, Ends};
use crate::error::HttpError;
use crate::routes::Messenger;
use crate::stored::DialogueState;
use crate::timestamp::Sent;

/// The two whom a request names.
struct Named {
    msg_from: String,
    msg_to: String,
}

impl Named {
    fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let named = Self { msg_from: fields.text("msg_from"), msg_to: fields.text("msg_to") };
        fields.check().map(|()| named)
    }
}

/// One of the two dialogues of a chat.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Dialogue)]
pub(super) struct DialogueShown {
    /// His number.
    pub(super) sender: String,
    /// The other's.
    pub(super) receiver: String,
    /// When the sender last said that he had received something, by his own clock.
    #[schema(required = true, format = "date-time")]
    pub(super) last_received_receiver: Option<String>,
    /// When he last said that he had seen something.
    #[schema(required = true, format = "date-time")]
    pub(super) last_seen_receiver: Option<String>,
}

impl DialogueShown {
    /// The dialogue whose sender is `sender`: his receipts and reading move its marks.
    pub(super) fn of(state: &DialogueState, sender: (AccountId, &str), receiver: &str) -> Self {
        let marks = state.marks.iter().find(|marks| marks.account == sender.0);
        let shown =
            |mark: Option<i64>| mark.and_then(Sent::from_micros).map(|mark| mark.fetched().to_string());
        Self {
            sender: sender.1.to_owned(),
            receiver: receiver.to_owned(),
            last_received_receiver: shown(marks.and_then(|marks| marks.received)),
            last_seen_receiver: shown(marks.and_then(|marks| marks.seen)),
        }
    }

    /// Both, one's own first.
    pub(super) fn both(state: &DialogueState, me: (AccountId, &str), peer: (AccountId, &str)) -> [Self; 2] {
        [Self::of(state, me, peer.1), Self::of(state, peer, me.1)]
    }
}

/// Both dialogues with what was done to them.
#[derive(Serialize, ToSchema)]
pub(super) struct DialoguesAnswer {
    /// One's own, and the other's.
    #[schema(value_type = Vec<DialogueShown>, min_items = 2, max_items = 2)]
    personal: [DialogueShown; 2],
    /// What was done: `created` or `returned`.
    info: &'static str,
}

/// One dialogue.
#[derive(Serialize, ToSchema)]
pub(super) struct DialogueAnswer {
    #[serde(flatten)]
    dialogue: DialogueShown,
    /// `success`.
    info: &'static str,
}

/// Make a personal chat
///
/// Makes the two dialogues, or returns them.
#[utoipa::path(
    post, path = "/chat/special/personal", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = TwoNumbers,
    responses(
        (status = 201, description = "Made: one's own dialogue, and the other's", body = DialoguesAnswer),
        (status = 200, description = "They were there", body = DialoguesAnswer), Signed, WithBody, OneThing,
    ),
)]
pub(super) async fn open(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<(StatusCode, Json<DialoguesAnswer>), HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let named = Named::read(fields)?;
    caller.must_be(&named.msg_from)?;
    let (ends, number) = ends(&door, &caller, &named.msg_to).await?;
    let opened = dialogues::open(&door.core, &caller.actor, ends).await?;
    let (me, peer) = ((ends.pair.me, caller.phone.as_str()), (ends.pair.peer, number.as_str()));
    let personal = DialogueShown::both(&opened.state, me, peer);
    let (status, info) =
        if opened.created { (StatusCode::CREATED, "created") } else { (StatusCode::OK, "returned") };
    Ok((status, Json(DialoguesAnswer { personal, info })))
}

/// Delete a personal chat
///
/// The two dialogues go with their messages, for both.
#[utoipa::path(
    delete, path = "/chat/special/personal", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = TwoNumbers,
    responses((status = 200, description = "It is done", body = Info), Signed, WithBody, OneThing),
)]
pub(super) async fn delete(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<Info>, HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let named = Named::read(fields)?;
    caller.must_be(&named.msg_from)?;
    let (ends, _) = ends(&door, &caller, &named.msg_to).await?;
    dialogues::delete(&door.core, &caller.actor, ends).await?;
    Ok(Json(Info { info: "deleted" }))
}

/// Show a dialogue
///
/// That of this sender and receiver, for one of them: how far the sender has received and seen.
#[utoipa::path(
    patch, path = "/chat/info/personal", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = TwoNumbers,
    responses((status = 200, description = "The dialogue", body = DialogueAnswer), Signed, WithBody, OneThing),
)]
pub(super) async fn info(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<DialogueAnswer>, HttpError> {
    look(&door, request).await
}

/// Show a dialogue
#[utoipa::path(
    get, path = "/chat/info/personal", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(
        ("msg_from" = String, Query, description = "The sender's number"),
        ("msg_to" = String, Query, description = "The receiver's number"),
    ),
    responses((status = 200, description = "The dialogue", body = DialogueAnswer), Signed, WithQuery, OneThing),
)]
pub(super) async fn info_by_query(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<DialogueAnswer>, HttpError> {
    look(&door, request).await
}

async fn look(door: &Messenger, request: Request) -> Result<Json<DialogueAnswer>, HttpError> {
    let (caller, fields) = admit(door, request).await?;
    let Named { msg_from, msg_to } = Named::read(fields)?;
    let sends = caller.must_be(&msg_from).is_ok();
    if !sends {
        caller.must_be(&msg_to)?;
    }
    let (ends, number) = ends(door, &caller, if sends { &msg_to } else { &msg_from }).await?;
    let state = dialogues::look(&door.core, &caller.actor, ends).await?;
    let (me, peer) = ((ends.pair.me, caller.phone.as_str()), (ends.pair.peer, number.as_str()));
    let [own, peers] = DialogueShown::both(&state, me, peer);
    Ok(Json(DialogueAnswer { dialogue: if sends { own } else { peers }, info: "success" }))
}

/// The caller and whom he names, with that one's number.
async fn ends(door: &Messenger, caller: &Caller, number: &str) -> Result<(Ends, String), HttpError> {
    let peer = other(door, caller, number).await?;
    if peer.id == caller.account {
        return Err(Invalid::one("msg_to", "a chat with oneself is no chat").into());
    }
    let ends = Ends::of(&caller.actor, peer.id).ok_or(HttpError::SignIn)?;
    Ok((ends, peer.phone.as_ref().map(ToString::to_string).unwrap_or_default()))
}
