//! A conversation at hand in the committer: committed, at a known version, with the events it saw last.

use std::collections::VecDeque;

use crate::conversation::{Conversation, SlotSet};
use crate::event::{EventRef, Logged};
use crate::ids::Seq;

/// How many events are remembered beyond the batch they came with. Receipts follow their message closely, so a
/// few spare most look-ups.
const REMEMBERED: usize = 32;

/// A cached conversation.
pub(crate) struct Entry {
    pub(crate) conversation: Conversation,
    pub(crate) recent: Recent,
    /// What a shared store has stamped it with; 0 before it was written, and for a store that nobody else writes to.
    pub(crate) stamp: u64,
    /// Roughly how many bytes it took when it was last settled.
    pub(crate) weight: usize,
}

impl Entry {
    pub(crate) fn new(conversation: Conversation, stamp: u64) -> Self {
        let mut entry = Self { conversation, recent: Recent::default(), stamp, weight: 0 };
        entry.weight = entry.weigh();
        entry
    }

    /// To be called between batches: forgets of the log what need not be remembered, and weighs the rest.
    pub(crate) fn settle(&mut self) {
        self.recent.shorten();
        self.weight = self.weigh();
    }

    /// State is counted as its JSON.
    fn weigh(&self) -> usize {
        512 + self.conversation.members.len() * 112 + self.conversation.state.json().len() + REMEMBERED * 128
    }
}

/// The last events of a conversation, without their bodies.
#[derive(Default)]
pub(crate) struct Recent {
    events: VecDeque<Logged>,
}

impl Recent {
    /// In no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Logged> {
        self.events.iter()
    }

    /// Whether what is remembered settles the question, so that the store need not be asked. Only a single event
    /// can be settled so; of those named by anyone there may be more.
    pub(crate) fn settles(&self, which: &EventRef) -> bool {
        !matches!(which, EventRef::NamedByAnyone(_) | EventRef::Waiting(_))
            && self.events.iter().rev().any(|event| which.matches(event))
    }

    /// Remembers an event, or what became of it. What is known already from a rule is newer than what was loaded.
    pub(crate) fn note(&mut self, logged: Logged) {
        if let Some(known) = self.find(logged.seq) {
            *known = logged;
            return;
        }
        if self.events.is_empty() {
            // Most conversations at hand have seen one event, and a queue begins with room for four.
            self.events.reserve_exact(1);
        }
        self.events.push_back(logged);
    }

    /// Remembers what the store has, unless it is known already.
    pub(crate) fn note_loaded(&mut self, logged: Logged) {
        if self.find(logged.seq).is_none() {
            self.events.push_front(logged);
        }
    }

    /// Takes a slot out of every pending set up to a place.
    pub(crate) fn clear_slot(&mut self, slot: u8, upto: Seq) {
        for event in self.events.iter_mut().filter(|event| event.seq <= upto) {
            if let Some(pending) = event.pending.as_mut()
                && pending.remove(slot)
            {
                event.kept &= !pending.is_empty();
            }
        }
    }

    /// Frees every body up to a place; nothing waits there any more.
    pub(crate) fn empty(&mut self, upto: Seq) {
        for event in self.events.iter_mut().filter(|event| event.seq <= upto) {
            event.pending = event.pending.map(|_| SlotSet::EMPTY);
            event.kept = false;
        }
    }

    /// Forgets all but the last few; only between batches, when the store has everything.
    fn shorten(&mut self) {
        while self.events.len() > REMEMBERED {
            self.events.pop_front();
        }
    }

    fn find(&mut self, seq: Seq) -> Option<&mut Logged> {
        self.events.iter_mut().rev().find(|event| event.seq == seq)
    }
}
