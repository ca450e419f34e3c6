//! What a node reads to find what was committed without its hearing of it.

use crate::ids::{ConversationId, Seq};

/// A conversation in which events have arrived since some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grown {
    /// Which.
    pub conversation: ConversationId,
    /// The first of them that is still there.
    pub first: Seq,
    /// The last of them.
    pub last: Seq,
}
