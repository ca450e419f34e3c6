//! What the desk keeps in the core: its two kinds of conversation, their state, events and signals, each with its
//! version. The golden samples in `stored/tests.rs` hold every stored form ever released; they must read for ever.
//!
//! Of the staff an event names nobody but its author, who is no part of it, and those in its audience: so whoever is
//! erased is in no chat that goes on. Who serves a chat is read from there ([`staff_in`]).

mod chat;
mod happening;
mod listed;
mod seat;
#[cfg(test)]
mod tests;

use hearken_core::Stored;
use hearken_core::account::Role;
use serde::{Deserialize, Serialize};

pub use self::chat::{Away, Chat, ChatState, Stage, WhoClosed};
pub use self::happening::{Happening, Passing, RoomThen, RowType, What, staff_in};
pub use self::listed::Listed;
pub use self::seat::{Coming, NoSignal, Seat, SeatState};

/// Everything that a socket follows as its person's own.
pub const EVERYTHING: &[&str] = &["desk.chat", "desk.seat"];

/// On which side of the desk somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// He has walked in.
    Visitor,
    /// He serves.
    Staff,
}

impl Side {
    /// Where somebody with these roles is; who holds roles of both serves.
    pub fn of(roles: &[Role]) -> Option<Self> {
        match Rank::of(roles) {
            Some(_) => Some(Self::Staff),
            None => roles.contains(&Role::Visitor).then_some(Self::Visitor),
        }
    }

    /// As it is kept, and as the role of a chat's member.
    pub fn word(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Staff => "staff",
        }
    }
}

/// What one of the staff is, highest first. Its number is the seed's `role_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Role 1.
    Admin,
    /// Role 2.
    Supervisor,
    /// Role 3.
    Agent,
}

impl Rank {
    /// The highest rank among these roles (contract, "Settled details").
    pub fn of(roles: &[Role]) -> Option<Self> {
        [Self::Admin, Self::Supervisor, Self::Agent].into_iter().find(|rank| roles.contains(&rank.role()))
    }

    /// The seed's number for it.
    pub fn id(self) -> u8 {
        match self {
            Self::Admin => 1,
            Self::Supervisor => 2,
            Self::Agent => 3,
        }
    }

    /// The role that gives it.
    pub fn role(self) -> Role {
        match self {
            Self::Admin => Role::Admin,
            Self::Supervisor => Role::Supervisor,
            Self::Agent => Role::Agent,
        }
    }

    /// Whether this is strictly higher.
    pub fn is_above(self, other: Self) -> bool {
        self.id() < other.id()
    }
}

/// What says nothing is not written.
fn is_unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Stored for ChatState {
    const VERSION: u16 = 1;
}

impl Stored for Happening {
    const VERSION: u16 = 1;
}

impl Stored for Passing {
    const VERSION: u16 = 1;
}

impl Stored for SeatState {
    const VERSION: u16 = 1;
}

impl Stored for Coming {
    const VERSION: u16 = 1;
}

impl Stored for NoSignal {
    const VERSION: u16 = 1;
}
