//! Index rows: how they are written and found.

use std::borrow::Cow;

use crate::ids::ConversationId;

/// A change to an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexChange {
    /// Write a row, in place of the one with the same index, key and conversation.
    Put(IndexEntry),
    /// Take it out.
    Remove {
        /// The index.
        index: Cow<'static, str>,
        /// The key.
        key: String,
        /// The conversation.
        conversation: ConversationId,
    },
}

/// A row by which conversations are found, listed and counted. A door names its indexes; the store knows no door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// The index: `door.name`.
    pub index: Cow<'static, str>,
    /// What is looked up.
    pub key: String,
    /// The conversation it leads to.
    pub conversation: ConversationId,
    /// What rows of one key are ordered by.
    pub order: i64,
    /// Whatever the door wants to read without opening the conversation.
    pub value: String,
}

/// Which index rows to find: those of one key, with `from <= order <= to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// The index.
    pub index: Cow<'static, str>,
    /// The key.
    pub key: String,
    /// The lowest order.
    pub from: i64,
    /// The highest order.
    pub to: i64,
    /// Highest first.
    pub descending: bool,
    /// At most so many.
    pub limit: usize,
}
