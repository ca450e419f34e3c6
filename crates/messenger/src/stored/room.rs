//! What is kept of rooms: the meeting of a pair, and each person's seat. Golden samples as in `stored`.

use hearken_core::event::EventRef;
use hearken_core::ids::AccountId;
use hearken_core::{Draft, Held, Kind, Remains, Stored};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Echo, Marks, Message};
use crate::erasure;
use crate::rules::{expiry, meeting};

/// The meetings of two people who need not know each other (contract, "Rooms"). A pair has one such conversation,
/// under the same key as their personal chat; it is open, and closed again, each time they meet. So whether they may
/// meet again is known where they meet.
pub struct Room;

/// One person's place in rooms: the room that he is in, or that he waits for one. Whoever opens or ends a room changes
/// both seats with it, so nobody is ever in two.
pub struct Seat;

impl Kind for Room {
    const NAME: &'static str = "messenger.room";
    const FORWARDS: bool = true;
    type State = RoomState;
    type Event = Message;
    type Signal = Echo;

    fn on_timer(draft: &mut Draft<'_, '_, Self>, key: &str, _due: Timestamp) {
        meeting::on_timer(draft, key);
    }

    /// A meeting of two goes whole.
    fn erase(_: &mut Draft<'_, '_, Self>, _: AccountId) -> Remains {
        Remains::Nothing
    }

    fn export(held: &Held<'_, Self>) -> serde_json::Value {
        erasure::export_room(held)
    }

    fn timer_reads(key: &str) -> Vec<EventRef> {
        expiry::reads(key)
    }
}

impl Kind for Seat {
    const NAME: &'static str = "messenger.seat";
    type State = SeatState;
    type Event = Nothing;
    type Signal = Nothing;

    fn erase(_: &mut Draft<'_, '_, Self>, _: AccountId) -> Remains {
        Remains::Nothing
    }

    fn export(held: &Held<'_, Self>) -> serde_json::Value {
        erasure::export_seat(held)
    }
}

/// What a meeting has come to. Where it stands and when it ends its header says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomState {
    /// Who would know the other: at most two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub yes: Vec<AccountId>,
    /// At most two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Marks>,
}

/// Where a person is. Never both: whoever waits is in no room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatState {
    /// The room that he is in, until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<Meeting>,
    /// Since when he waits for one: his place in the order of those who do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<i64>,
}

/// A room as one of the two is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meeting {
    /// The other.
    pub peer: AccountId,
    /// When it ends by itself, in milliseconds since the epoch.
    pub until: i64,
}

/// Nothing ever happens in a seat: it only is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nothing {}

impl Stored for RoomState {
    const VERSION: u16 = 1;
}

impl Stored for SeatState {
    const VERSION: u16 = 1;
}

impl Stored for Nothing {
    const VERSION: u16 = 1;
}

#[cfg(test)]
mod tests {
    use super::super::tests::golden;
    use super::*;

    #[test]
    fn released_forms_of_rooms_read_for_ever() {
        let account: AccountId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        golden(1, "{}", &RoomState::default());
        golden(
            1,
            r#"{"yes":["01890a5d-ac96-774b-bcce-b302099a8057"],"marks":[{"account":"01890a5d-ac96-774b-bcce-b302099a8057","seen":5}]}"#,
            &RoomState { yes: vec![account], marks: vec![Marks { account, received: None, seen: Some(5) }] },
        );
        golden(1, "{}", &SeatState::default());
        golden(1, r#"{"waiting":7}"#, &SeatState { meeting: None, waiting: Some(7) });
        golden(
            1,
            r#"{"meeting":{"peer":"01890a5d-ac96-774b-bcce-b302099a8057","until":9}}"#,
            &SeatState { meeting: Some(Meeting { peer: account, until: 9 }), waiting: None },
        );
    }
}
