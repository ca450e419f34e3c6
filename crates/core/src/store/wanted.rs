//! What the committer asks of a ledger before rules run, and what it is told.

use std::sync::Arc;

use jiff::Timestamp;

use super::Batch;
use crate::body::Body;
use crate::conversation::{Conversation, Member, Target};
use crate::event::{EventRef, Logged};
use crate::ids::{ConversationId, Seq};

/// What a rule wants to look at.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Of which conversation.
    pub target: Target,
    /// Whether the conversation itself is wanted, or only its events and timers.
    pub conversation: bool,
    /// Which events. Of a conversation that is held, those that are missing.
    pub events: Vec<EventRef>,
    /// A timer, to see that it is still set.
    pub timer: Option<String>,
    /// What is at hand of it already; only for a shared ledger, which says whether it still holds.
    pub held: Option<Held>,
}

/// A conversation at hand.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its stamp then.
    pub stamp: u64,
    /// Its members then: they need not be read again where others have changed only the rest.
    pub members: Arc<[Member]>,
    /// All events that the rule wants: those to bring if it is stale.
    pub events: Vec<EventRef>,
}

/// What was there.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The conversation, when it was wanted, or held and stale, and exists.
    pub conversation: Option<Conversation>,
    /// Its stamp: every commit that touches it raises it. Only from a shared ledger.
    pub stamp: u64,
    /// What is held of it does not hold any more. Then `conversation` is what is now, or none if it is gone, and all events
    /// are here that the rule wants.
    pub stale: bool,
    /// The events that were there, in log order.
    pub events: Vec<Logged>,
    /// When the wanted timer is due, if it is set.
    pub timer: Option<Timestamp>,
    /// The bodies of the events that were wanted because they wait.
    pub bodies: Vec<(Seq, Body)>,
}

impl Batch {
    /// The conversations of which somebody may have something at hand that this batch changes, each once, in order of
    /// their identifiers. A timer or an index row is at nobody's hand.
    pub fn touched(&self) -> Vec<ConversationId> {
        let mut touched: Vec<ConversationId> = (self.conversations.iter())
            .map(|row| row.conversation.identity.id)
            .chain(self.events.iter().map(|row| row.event.conversation.id))
            .chain(self.waiting.iter().map(|change| change.conversation))
            .chain(self.cleared.iter().map(|cleared| cleared.conversation))
            .chain(self.emptied.iter().map(|(id, _)| *id))
            .chain(self.forgotten.iter().map(|forget| forget.conversation))
            .collect();
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.directory.is_empty()
            && self.records.is_empty()
            && self.conversations.is_empty()
            && self.events.is_empty()
            && self.waiting.is_empty()
            && self.cleared.is_empty()
            && self.emptied.is_empty()
            && self.index.is_empty()
            && self.timers.is_empty()
            && self.notices.is_empty()
            && self.passed.is_empty()
            && self.forgotten.is_empty()
    }
}
