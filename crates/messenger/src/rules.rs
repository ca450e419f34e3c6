//! What may be done in a chat, and what it does: pure functions over a draft, typed in and typed out. No wire types
//! here, and no clock but the draft's.

pub mod dialogue;
pub mod expiry;
pub mod group;
pub mod meeting;
pub mod membership;
mod message;
pub mod room;
pub mod seat;

use hearken_core::event::{ClientKey, EventRef};
use hearken_core::ids::AccountId;
use jiff::Timestamp;

use crate::timestamp::Sent;

/// What a rule has done, for whoever answers its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The message is kept (or was, when this is a repeat) since then.
    Kept(Timestamp),
    /// It is done, and its caller hears nothing of it.
    Quiet,
    /// The message is taken back.
    Deleted,
    /// As [`Self::Quiet`], in a personal chat that was a room before: a message of this name that waits there is meant
    /// too.
    QuietHere {
        /// Whether the other has been told.
        told: bool,
    },
    /// As [`Self::Deleted`], in such a chat.
    DeletedHere,
}

/// Why something is not done. The display is for people (contract "Errors").
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another message of the same sender has this timestamp.
    #[error("another message with this timestamp was sent before")]
    NameTaken,
    /// Not one's own, received by everybody already, or never there (the seed's words).
    #[error("couldn't find a message to delete")]
    NothingToDelete,
    /// A receipt for a message that never was there for this person.
    #[error("couldn't find the message that this receipt is for")]
    NothingToReceive,
    /// The caller is not in the group, or not any more.
    #[error("you are not in this group")]
    NotMember,
    /// The number in `msg_to` is of nobody in the group.
    #[error("nobody with this number is in the group")]
    UnknownNumber,
    /// There is no place in the group for one more.
    #[error("the group is full")]
    GroupFull,
    /// Its last member has left it.
    #[error("there is no such group")]
    Ended,
    /// The number is nobody's.
    #[error("nobody has this number")]
    Stranger,
    /// Only an admin may.
    #[error("only an admin of the group may do this")]
    NotAdmin,
    /// An admin can only leave by himself.
    #[error("an admin can't be removed")]
    AdminStays,
    /// The caller is in a room, and can be in one at a time.
    #[error("you are in a room already")]
    InRoom,
    /// Whom the caller would meet is in one.
    #[error("the other is in a room already")]
    PeerInRoom,
    /// A room takes two.
    #[error("a room with oneself is no room")]
    Alone,
    /// One of the two has ended a room of theirs for good.
    #[error("these two do not meet again")]
    Parted,
    /// The caller is in no room.
    #[error("you are in no room")]
    NoRoom,
    /// It has ended.
    #[error("this room is over")]
    RoomOver,
    /// Both have agreed to know each other.
    #[error("this room has become a personal chat")]
    RoomReplaced,
    /// A newer version of the server has written it.
    #[error("this can't be read by this version of the server")]
    Unreadable,
}

/// A moment as its sender wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub at: Sent,
    /// As written.
    pub text: String,
}

/// The name of a message in the log: its sender's timestamp (contract: identity is from, to, `sent_timestamp`; from
/// is the author, and to the conversation).
pub fn name_of(sent: Sent) -> ClientKey {
    sent.micros().to_string().into()
}

/// The message that `author` sent at that moment.
pub fn message_of(author: AccountId, sent: Sent) -> EventRef {
    EventRef::Named(author, name_of(sent))
}
