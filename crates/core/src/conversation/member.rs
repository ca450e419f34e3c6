//! Members of a conversation.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Seq};

/// How many members an event can wait for: the messenger's cap on a group (messenger.md, `PUT
/// /chat/special/group`), and one bit each in a [`super::SlotSet`].
pub const MAX_WAITING_MEMBERS: usize = super::SlotSet::CAPACITY;

/// The door's word for what a member is in this conversation: `admin`, `visitor`, `therapist` …
pub type MemberRole = String;

/// Somebody who is, or was, in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub account: AccountId,
    /// The place in pending sets; only those who are in have one that counts.
    pub slot: u8,
    /// As what.
    pub role: MemberRole,
    /// When he came in, for whoever must know the longest-standing.
    pub since: Timestamp,
    /// Events after this place are his to see.
    pub joined: Seq,
    /// Events after this place are not; `None` while he is in.
    pub left: Option<Seq>,
    /// How far he has read.
    pub read: Seq,
}

impl Member {
    /// Whether he is in.
    pub fn is_in(&self) -> bool {
        self.left.is_none()
    }

    /// Whether he was in when the event at `seq` was committed.
    pub fn was_in_at(&self, seq: Seq) -> bool {
        seq > self.joined && self.left.is_none_or(|left| seq <= left)
    }
}
