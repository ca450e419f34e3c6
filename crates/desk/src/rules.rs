//! What may be done at the desk, and what it does: pure functions over drafts, typed in and typed out. No wire types here,
//! and no clock but the draft's.
//!
//! Each looks first whether the room is there and open, then at who asks for what, and last at limits: so somebody who is
//! told that he does not serve a chat knows that there is one.

pub mod ending;
pub mod grace;
pub mod listing;
pub mod marking;
pub mod opening;
pub mod room;
pub mod seat;
pub mod serving;
pub mod talk;

use hearken_core::ids::AccountId;

use crate::stored::Rank;

/// Who acts, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub me: AccountId,
    /// The socket, so that it hears no echo; none over HTTP.
    pub via: Option<u64>,
}

/// Why something is not done. What is said of it, `error` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is for staff.
    StaffOnly,
    /// It is for visitors.
    VisitorsOnly,
    /// The room is not there, or closed.
    NoRoom,
    /// Somebody else was quicker to claim it; or this person himself.
    AlreadyClaimed,
    /// Nobody serves it.
    NothingToTakeOver,
    /// Whoever serves it is of the same rank, or above.
    TooLow {
        /// What the actor is.
        mine: Rank,
        /// What the other is.
        theirs: Rank,
    },
    /// Somebody else serves it, or nobody.
    NotServing,
    /// A visitor has one chat at a time.
    HasChat,
    /// The visitor has none.
    NoChat,
    /// A visitor speaks as if somebody served his chat.
    NotYetClaimed,
    /// A visitor speaks as if nobody did.
    ClaimedMeanwhile,
    /// He serves as many as he may.
    TooMany,
    /// A newer version of the server has written it.
    Unreadable,
}
