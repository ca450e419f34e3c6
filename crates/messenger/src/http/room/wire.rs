//! The bodies of requests about rooms, and of their answers.

use hearken_core::account::Phone;
use hearken_transport::rest::{Fields, Invalid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rooms::OwnView;
use crate::timestamp::Sent;
use crate::wire::ROOM;

/// `POST /chat/special/room`.
#[derive(Debug, PartialEq, Eq, ToSchema)]
pub(super) struct OpenRoom {
    /// The caller's own number.
    pub(super) msg_from: String,
    /// The other's; nobody in particular, when it is missing.
    #[schema(required = false)]
    pub(super) msg_to: Option<String>,
}

impl OpenRoom {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let asked = Self { msg_from: fields.text("msg_from"), msg_to: fields.optional_text("msg_to") };
        fields.check().map(|()| asked)
    }
}

/// `PUT /chat/special/room`.
#[derive(Debug, PartialEq, Eq, ToSchema)]
pub(super) struct PartRoom {
    /// The caller's own number.
    pub(super) msg_from: String,
}

impl PartRoom {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let asked = Self { msg_from: fields.text("msg_from") };
        fields.check().map(|()| asked)
    }
}

/// `DELETE /chat/special/room`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EndRoom {
    pub(super) msg_from: String,
    pub(super) wish: Wish,
}

/// What whoever sends it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To know the other, or not.
    Vote(bool),
    /// To wait no more.
    StopWaiting,
}

impl EndRoom {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let msg_from = fields.text("msg_from");
        let response = match fields.change_of_text("response") {
            None => Some(Wish::StopWaiting),
            Some(Some(response)) if response == "1" => Some(Wish::Vote(true)),
            Some(Some(response)) if response == "0" => Some(Wish::Vote(false)),
            Some(_) => None,
        };
        // A vote that can't be read is no wish to stop waiting.
        if response.is_none() {
            fields.fault("response", "must be one of 1, 0");
        }
        fields.check().map(|()| Self { msg_from, wish: response.unwrap_or(Wish::StopWaiting) })
    }
}

/// A room with what was done.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct RoomAnswer {
    /// Null when there is none, or none any more.
    #[schema(required)]
    pub(super) room: Option<RoomShown>,
    /// `created`, `graded`, `replaced`, `deleted`, `deactivated`, `stopped`, or `success` where it was only looked at.
    pub(super) info: &'static str,
}

/// A room as one of the two sees it: like the dialogue whose sender he is, with nobody's number but his own.
#[derive(Serialize, ToSchema)]
#[schema(as = Room)]
pub(in crate::http) struct RoomShown {
    /// The caller's own number.
    #[schema(value_type = String)]
    sender: Phone,
    /// `room`: who the other is is not said.
    receiver: &'static str,
    #[schema(required)]
    last_received_receiver: Option<String>,
    #[schema(required)]
    last_seen_receiver: Option<String>,
    /// When it was opened, RFC 3339.
    created_at: String,
    /// When it ends by itself, RFC 3339.
    expires_at: String,
    /// One's own vote: `1`, or null.
    #[schema(required)]
    response: Option<&'static str>,
}

impl RoomShown {
    /// As the holder of this number sees it.
    pub(super) fn of(viewer: &Phone, room: &OwnView) -> Self {
        let mark = |at: Option<i64>| at.and_then(Sent::from_micros).map(|at| at.fetched().to_string());
        Self {
            sender: viewer.clone(),
            receiver: ROOM,
            last_received_receiver: mark(room.received),
            last_seen_receiver: mark(room.seen),
            created_at: format!("{:.6}", room.opened),
            expires_at: format!("{:.6}", room.until),
            response: room.said_yes.then_some("1"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn fields(body: &Value) -> Fields {
        let Value::Object(values) = body.clone() else { panic!("an object") };
        Fields::new(values)
    }

    /// What a `DELETE` with this body wishes; or which fields are to blame.
    #[track_caller]
    fn check(body: &Value, expect: Result<Wish, &[&str]>) {
        let found = EndRoom::read(fields(body)).map(|asked| asked.wish);
        let found = found.map_err(|faults| faults.0.into_iter().map(|fault| fault.field).collect::<Vec<_>>());
        assert_eq!(
            found,
            expect.map_err(|fields| fields.iter().map(|field| (*field).into()).collect()),
            "{body}"
        );
    }

    #[test]
    fn a_vote_is_1_or_0_and_nothing_else_stops_waiting_but_none() {
        check(&json!({"msg_from": "1", "response": "1"}), Ok(Wish::Vote(true)));
        check(&json!({"msg_from": "1", "response": "0"}), Ok(Wish::Vote(false)));
        check(&json!({"msg_from": "1"}), Ok(Wish::StopWaiting));
        for wrong in [json!("2"), json!(""), json!("01"), json!(null)] {
            check(&json!({"msg_from": "1", "response": wrong}), Err(&["response"]));
        }
        check(&json!({"response": "1"}), Err(&["msg_from"]));
        check(&json!({"msg_from": 1, "response": "x"}), Err(&["msg_from", "response"]));
    }
}
