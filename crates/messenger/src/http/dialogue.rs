//! Personal chats over HTTP: made by asking, looked at, deleted (contract, `/chat/special/personal` and
//! `/chat/info/personal`). Each has two dialogues: in one the one is the sender, in the other the other.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hearken_core::ids::AccountId;
use hearken_transport::rest::{Fields, Invalid};
use http::StatusCode;
use serde::Serialize;

use super::caller::{Caller, admit, other};
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
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct DialogueShown {
    pub(super) sender: String,
    pub(super) receiver: String,
    pub(super) last_received_receiver: Option<String>,
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
#[derive(Serialize)]
pub(super) struct DialoguesAnswer {
    personal: [DialogueShown; 2],
    info: &'static str,
}

/// One dialogue.
#[derive(Serialize)]
pub(super) struct DialogueAnswer {
    #[serde(flatten)]
    dialogue: DialogueShown,
    info: &'static str,
}

/// `POST`: makes the two dialogues, or returns them.
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

/// `DELETE`: deletes them with their messages, for both.
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

/// `PATCH` and `GET` of the dialogue of this sender and receiver, for one of them.
pub(super) async fn info(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<DialogueAnswer>, HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let Named { msg_from, msg_to } = Named::read(fields)?;
    let sends = caller.must_be(&msg_from).is_ok();
    if !sends {
        caller.must_be(&msg_to)?;
    }
    let (ends, number) = ends(&door, &caller, if sends { &msg_to } else { &msg_from }).await?;
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
