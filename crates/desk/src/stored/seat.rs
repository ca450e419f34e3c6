//! A seat: one person's place at the desk, whichever side he is on.

use hearken_core::ids::{AccountId, ConversationId};
use hearken_core::{Draft, Held, Kind, Remains};
use serde::{Deserialize, Serialize};

use super::{Side, is_unset};
use crate::erasure;

/// One person's place at the desk: whether he is online, and what must hold over all his chats. Its natural key is his
/// account.
pub struct Seat;

impl Kind for Seat {
    const NAME: &'static str = "desk.seat";
    type State = SeatState;
    type Event = Coming;
    type Signal = NoSignal;

    /// A seat is its person's own.
    fn erase(_: &mut Draft<'_, '_, Self>, _: AccountId) -> Remains {
        Remains::Nothing
    }

    fn export(held: &Held<'_, Self>) -> serde_json::Value {
        erasure::export_seat(held)
    }
}

/// What is true of somebody at the desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatState {
    /// On which side he is online, if he is: from his first socket until his last is gone, with its grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<Side>,
    /// Since when his last line seems to be lost, in milliseconds since the epoch; he is still online. What he asked for
    /// before that, and happens only now, knows by it that nobody is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<i64>,
    /// The chat that he has opened last: nobody has two open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_chat: Option<ConversationId>,
    /// Raised with each chat that he claims, where there is a limit: of two claims that count at the same time one has to
    /// count again.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub claims: u64,
}

impl SeatState {
    /// Whether he is online, and has a line as far as is known.
    pub fn is_there(&self) -> bool {
        self.online.is_some() && self.lost.is_none()
    }
}

/// What happens in a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coming {
    /// He is online: for all staff but himself.
    Online(Side),
    /// He is not any more: for the same.
    Offline(Side),
    /// His last line seems to be lost: for himself alone. A socket of his that hears it knows better.
    LineLost,
}

/// Nothing passes in a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoSignal {}
