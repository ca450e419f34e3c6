//! Conversations: people, their places, and the small state that a door keeps about them.

mod draft;
mod erasure;
mod kind;
mod member;
mod slots;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

pub use self::draft::{Draft, NewEvent, Receipt, TimerChange};
pub(crate) use self::draft::{Effects, NewNotice, RawDraft};
pub use self::erasure::{Held, Remains};
pub(crate) use self::erasure::{RawHeld, plain};
pub use self::kind::{Kind, Registry};
pub(crate) use self::kind::{TimerRule, Timing};
pub use self::member::{MAX_WAITING_MEMBERS, Member, MemberRole};
pub use self::slots::SlotSet;
use crate::body::Body;
use crate::ids::{ConversationId, OrganisationId, Seq};

/// What never changes about a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its identifier.
    pub id: ConversationId,
    /// The kind of conversation, as its door registered it.
    pub kind: &'static str,
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// Its natural key: unique within organisation and kind, where it has one.
    pub key: Option<Arc<str>>,
}

/// What is true of a conversation now, whatever its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The door's word for where it stands: `open`, `unclaimed`, `active` …
    pub status: Cow<'static, str>,
    /// Its rank in a queue; 0 is ordinary.
    pub priority: i64,
    /// When it begins, where that is agreed.
    pub starts: Option<Timestamp>,
    /// When it ends, where that is agreed.
    pub ends: Option<Timestamp>,
    /// The highest place used in its log.
    pub last_seq: Seq,
    /// Raised by every change that the store keeps in the conversation's own row.
    pub version: u64,
}

impl Header {
    /// A conversation just opened.
    pub(crate) fn new() -> Self {
        Self { status: Cow::Borrowed("open"), priority: 0, starts: None, ends: None, last_seq: 0, version: 0 }
    }
}

/// A conversation as it stands, read outside of any rule.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// What never changes.
    pub identity: Arc<Identity>,
    /// What is true now.
    pub header: Header,
    /// Everybody who is or was in it.
    pub members: Arc<[Member]>,
    /// The door's own state.
    pub state: Body,
}

/// Which conversation is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// By its identifier.
    Id(ConversationId),
    /// By its natural key.
    Key {
        /// The kind.
        kind: &'static str,
        /// The organisation.
        organisation: OrganisationId,
        /// The key.
        key: Arc<str>,
    },
}
