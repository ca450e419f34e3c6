//! What a store is asked when a person is erased.

use crate::ids::{AccountId, ConversationId, Seq};

/// What is to go from a conversation, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forget {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose part goes: everything that he has recorded, his membership, what is kept for others in notices that name
    /// him, and his name in audiences. Without one, all of it goes: events, members, index rows, timers, notices and
    /// the conversation itself.
    pub account: Option<AccountId>,
    /// Whether the log may have gaps: then rows go, else they stay without anything in them.
    pub gaps: bool,
    /// What lies up to and with this place has been forgotten already.
    pub after: Seq,
}

/// Where a store's files may still hold what was removed from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Residue {
    /// Places, by the store's own count.
    pub places: Vec<u64>,
    /// From where to look on; none when everything has been looked at.
    pub next: Option<u64>,
}
