//! The next timers due, in memory, so that one fires within milliseconds of its time without asking the store.
//!
//! When the store may hold more than what is here, only those up to the last one here are known, and a later one
//! that is set meanwhile is left to the store: kept here, it would hide those between.
//!
//! A node among others has those of its own slices here, and for a while those that it has set itself: until their own
//! node has read of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::conversation::TimerChange;
use crate::ids::ConversationId;
use crate::node::Slices;
use crate::store::DueTimer;

/// How many timers are kept in memory; later ones wait in the store.
pub(crate) const CAPACITY: usize = 10_000;
/// The same of a node among others, which reads them again and again.
const CAPACITY_SHARED: usize = 2_000;
/// At how many readings of the store a timer of another node's, set here, is still kept: by then its node has read of it.
const READINGS_KEPT: u32 = 2;

/// A timer's name: its conversation, and what it is called there.
type Name = (ConversationId, String);

/// The earliest timers.
pub(crate) struct Timetable {
    inner: Mutex<Inner>,
    /// Told when an earlier timer may have come, or when memory has run low.
    pub(crate) changed: Notify,
}

struct Inner {
    by_time: BTreeSet<DueTimer>,
    by_name: HashMap<Name, (Timestamp, &'static str)>,
    /// Those that were tried and are not to be tried just now, with their times; the store still has them.
    resting: HashMap<Name, Timestamp>,
    /// Whether the store may hold more than what is here.
    more: bool,
    /// Whether one was left to the store since it was last asked.
    left: bool,
    /// Whose conversations' timers are this node's.
    slices: Slices,
    /// Whether there may be other nodes.
    shared: bool,
    /// Timers of others that were set here, and at how many readings they have been.
    foreign: HashMap<Name, u32>,
    /// Those set here since the store was last asked.
    noted: HashSet<Name>,
}

impl Timetable {
    /// Knows nothing yet: the store has to be read first.
    pub(crate) fn new() -> Self {
        let (by_time, by_name, resting) = (BTreeSet::new(), HashMap::new(), HashMap::new());
        let (slices, shared, more, left) = (Slices::ALL, false, true, false);
        let (foreign, noted) = (HashMap::new(), HashSet::new());
        let inner = Inner { by_time, by_name, resting, more, left, slices, shared, foreign, noted };
        Self { inner: Mutex::new(inner), changed: Notify::new() }
    }

    /// How many timers are kept at most.
    pub(crate) fn capacity(&self) -> usize {
        self.inner.lock().capacity()
    }

    /// From now on the timers of these slices are this node's. What is here is forgotten when that is a change: the store
    /// has it all.
    pub(crate) fn share_out(&self, slices: Slices, shared: bool) {
        let mut inner = self.inner.lock();
        if (inner.slices, inner.shared) == (slices, shared) {
            return;
        }
        let resting = std::mem::take(&mut inner.resting);
        *inner = Inner { resting, slices, shared, ..Self::new().inner.into_inner() };
        drop(inner);
        self.changed.notify_one();
    }

    /// Takes note of what a commit has changed in conversations of these kinds.
    pub(crate) fn note(
        &self,
        changes: &[(ConversationId, TimerChange)],
        kind_of: impl Fn(ConversationId) -> Option<&'static str>,
    ) {
        if changes.is_empty() {
            return;
        }
        let mut inner = self.inner.lock();
        let mut stirred = false;
        for (conversation, change) in changes {
            if let TimerChange::Cancel { key } = change {
                inner.remove(*conversation, key);
                stirred = true;
                continue;
            }
            let Some(kind) = kind_of(*conversation) else {
                // It is in the store.
                (inner.more, inner.left) = (true, true);
                continue;
            };
            stirred |= match change {
                TimerChange::SetOnce { key, due } => inner.insert_once(*conversation, key, *due, kind),
                TimerChange::Set { key, due } => {
                    inner.remove(*conversation, key);
                    inner.insert(DueTimer { due: *due, conversation: *conversation, key: key.clone(), kind });
                    true
                }
                TimerChange::Cancel { .. } => false,
            };
        }
        drop(inner);
        if stirred {
            self.changed.notify_one();
        }
    }

    /// Forgets every timer of a conversation that is gone.
    pub(crate) fn forget(&self, conversation: ConversationId) {
        let mut inner = self.inner.lock();
        inner.by_time.retain(|timer| timer.conversation != conversation);
        inner.by_name.retain(|(other, _), _| *other != conversation);
        inner.resting.retain(|(other, _), _| *other != conversation);
    }

    /// Whether the store has to be read before the earliest timer is known.
    pub(crate) fn is_low(&self) -> bool {
        let inner = self.inner.lock();
        inner.more && inner.by_time.len() < inner.capacity() / 10
    }

    /// To be called before the store is read for `fill` or `refresh`: what is left to it from now on may not be in its
    /// answer. Says of which slices it is to be read.
    pub(crate) fn begin_fill(&self) -> Slices {
        let mut inner = self.inner.lock();
        inner.left = false;
        inner.noted.clear();
        inner.slices
    }

    /// Takes in what the store has of these slices, earliest first; `more` says whether it may have further ones. `false`
    /// when the store has to be read again, because something has been left to it meanwhile, or other slices are wanted.
    #[must_use]
    pub(crate) fn fill(&self, slices: &Slices, timers: Vec<DueTimer>, more: bool) -> bool {
        let mut inner = self.inner.lock();
        if inner.slices != *slices {
            return false;
        }
        let complete = !inner.left;
        inner.more = more || inner.left;
        for timer in timers {
            inner.take_in(timer);
        }
        complete
    }

    /// Takes in what the store has now, in place of what was here: what others have set is new, and what they have fired
    /// or cancelled is gone.
    pub(crate) fn refresh(&self, slices: &Slices, timers: Vec<DueTimer>, more: bool) {
        let mut inner = self.inner.lock();
        if inner.slices != *slices {
            return;
        }
        let found: HashSet<Name> =
            timers.iter().map(|timer| (timer.conversation, timer.key.clone())).collect();
        let last = timers.last().filter(|_| more).cloned();
        let mut foreign = std::mem::take(&mut inner.foreign);
        foreign.retain(|_, readings| {
            *readings += 1;
            *readings <= READINGS_KEPT
        });
        let earlier = std::mem::take(&mut inner.by_time);
        for timer in earlier {
            let name = (timer.conversation, timer.key.clone());
            let is_known =
                found.contains(&name) || inner.noted.contains(&name) || foreign.contains_key(&name);
            if is_known && last.as_ref().is_none_or(|last| timer <= *last) {
                inner.by_time.insert(timer);
            } else {
                inner.by_name.remove(&name);
                foreign.remove(&name);
            }
        }
        inner.foreign = foreign;
        inner.more = more || inner.left;
        for timer in timers {
            inner.take_in(timer);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Whether a timer is here, or rests.
    pub(crate) fn knows(&self, timer: &DueTimer) -> bool {
        let name = (timer.conversation, timer.key.clone());
        let inner = self.inner.lock();
        inner.by_name.contains_key(&name) || inner.resting.contains_key(&name)
    }

    /// Lays one aside that has been taken out and is not to be tried just now.
    pub(crate) fn rest(&self, timer: &DueTimer) {
        let name = (timer.conversation, timer.key.clone());
        let mut inner = self.inner.lock();
        // Set anew meanwhile, it is another timer.
        if !inner.by_name.contains_key(&name) {
            inner.resting.insert(name, timer.due);
        }
    }

    /// Puts back one that has rested, unless it was set anew or cancelled meanwhile.
    pub(crate) fn wake(&self, timer: DueTimer) {
        let name = (timer.conversation, timer.key.clone());
        let mut inner = self.inner.lock();
        if inner.resting.get(&name) == Some(&timer.due) {
            inner.resting.remove(&name);
            inner.insert(timer);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Puts back one that was taken out and not tried, unless it was set anew meanwhile.
    pub(crate) fn put_back(&self, timer: DueTimer) {
        let mut inner = self.inner.lock();
        if !inner.by_name.contains_key(&(timer.conversation, timer.key.clone())) {
            inner.insert(timer);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// When the earliest is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.inner.lock().by_time.first().map(|timer| timer.due)
    }

    /// Takes out the earliest ones that are due by `now`, at most `limit`.
    pub(crate) fn take_due(&self, now: Timestamp, limit: usize) -> Vec<DueTimer> {
        let mut inner = self.inner.lock();
        let mut due = Vec::new();
        while due.len() < limit && inner.by_time.first().is_some_and(|timer| timer.due <= now) {
            let Some(timer) = inner.by_time.pop_first() else { break };
            let name = (timer.conversation, timer.key.clone());
            inner.by_name.remove(&name);
            inner.foreign.remove(&name);
            due.push(timer);
        }
        due
    }
}

impl Inner {
    fn capacity(&self) -> usize {
        if self.shared { CAPACITY_SHARED } else { CAPACITY }
    }

    /// Keeps what the store has, unless it is known, or rests.
    fn take_in(&mut self, timer: DueTimer) {
        let name = (timer.conversation, timer.key.clone());
        if !self.by_name.contains_key(&name) && !self.resting.contains_key(&name) {
            self.keep(timer);
        }
    }

    /// Keeps a timer, or leaves it to the store.
    fn insert(&mut self, timer: DueTimer) {
        if self.more && self.by_time.last().is_none_or(|last| timer > *last) {
            self.left = true;
            return;
        }
        if self.shared {
            let name = (timer.conversation, timer.key.clone());
            if !self.slices.contains(timer.conversation) {
                self.foreign.entry(name.clone()).or_default();
            }
            self.noted.insert(name);
        }
        self.keep(timer);
    }

    /// Keeps one that is to be set only if it is not; says whether it was not known. Where the store has it after all
    /// (it lies beyond what is here, or is just firing), this one is found not to be set when it is due.
    fn insert_once(
        &mut self,
        conversation: ConversationId,
        key: &str,
        due: Timestamp,
        kind: &'static str,
    ) -> bool {
        let name = (conversation, key.to_owned());
        let known = self.by_name.contains_key(&name) || self.resting.contains_key(&name);
        if !known {
            self.insert(DueTimer { due, conversation, key: name.1, kind });
        }
        !known
    }

    fn keep(&mut self, timer: DueTimer) {
        let name = (timer.conversation, timer.key.clone());
        self.by_name.insert(name, (timer.due, timer.kind));
        self.by_time.insert(timer);
        while self.by_time.len() > self.capacity() {
            let Some(last) = self.by_time.pop_last() else { break };
            let name = (last.conversation, last.key);
            self.by_name.remove(&name);
            self.foreign.remove(&name);
            (self.more, self.left) = (true, true);
        }
    }

    fn remove(&mut self, conversation: ConversationId, key: &str) {
        let name = (conversation, key.to_owned());
        self.resting.remove(&name);
        self.foreign.remove(&name);
        if let Some((due, kind)) = self.by_name.remove(&name) {
            self.by_time.remove(&DueTimer { due, conversation, key: name.1, kind });
        }
    }
}

#[cfg(test)]
mod tests;
