//! A seat: one person's place at the desk, whichever side he is on.

use hearken_core::Kind;
use hearken_core::ids::ConversationId;
use serde::{Deserialize, Serialize};

use super::Side;

/// One person's place at the desk: whether he is online, and what must hold over all his chats. Its natural key is his
/// account.
pub struct Seat;

impl Kind for Seat {
    const NAME: &'static str = "desk.seat";
    type State = SeatState;
    type Event = Coming;
    type Signal = NoSignal;
}

/// What is true of somebody at the desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatState {
    /// On which side he is online, if he is: from his first socket until his last is gone, with its grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<Side>,
    /// The chat that he has opened last: nobody has two open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_chat: Option<ConversationId>,
    /// Raised with each chat that he claims, where there is a limit: of two claims that count at the same time one has to
    /// count again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub claims: u64,
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

fn is_zero(number: &u64) -> bool {
    *number == 0
}
