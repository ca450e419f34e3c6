//! The next timers due, in memory, so that one fires within milliseconds of its time without asking the store.
//!
//! When the store may hold more than what is here, only those up to the last one here are known, and a later one
//! that is set meanwhile is left to the store: kept here, it would hide those between.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::conversation::TimerChange;
use crate::ids::ConversationId;
use crate::store::DueTimer;

/// How many timers are kept in memory; later ones wait in the store.
pub(crate) const CAPACITY: usize = 10_000;

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
    by_name: HashMap<Name, Timestamp>,
    /// Those that were tried and are not to be tried just now, with their times; the store still has them.
    resting: HashMap<Name, Timestamp>,
    /// Whether the store may hold more than what is here.
    more: bool,
    /// Whether one was left to the store since it was last asked.
    left: bool,
}

impl Timetable {
    /// Knows nothing yet: the store has to be read first.
    pub(crate) fn new() -> Self {
        let (by_time, by_name, resting) = (BTreeSet::new(), HashMap::new(), HashMap::new());
        let inner = Inner { by_time, by_name, resting, more: true, left: false };
        Self { inner: Mutex::new(inner), changed: Notify::new() }
    }

    /// Takes note of what a commit has changed.
    pub(crate) fn note(&self, changes: &[(ConversationId, TimerChange)]) {
        if changes.is_empty() {
            return;
        }
        let mut inner = self.inner.lock();
        let mut stirred = false;
        for (conversation, change) in changes {
            stirred |= match change {
                TimerChange::SetOnce { key, due } => inner.insert_once(*conversation, key, *due),
                TimerChange::Set { key, due } => {
                    inner.remove(*conversation, key);
                    let timer = DueTimer { due: *due, conversation: *conversation, key: key.clone() };
                    inner.insert(timer);
                    true
                }
                TimerChange::Cancel { key } => {
                    inner.remove(*conversation, key);
                    true
                }
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
        inner.more && inner.by_time.len() < CAPACITY / 10
    }

    /// To be called before the store is read for `fill`: what is left to it from now on may not be in its answer.
    pub(crate) fn begin_fill(&self) {
        self.inner.lock().left = false;
    }

    /// Takes in what the store has, earliest first; `more` says whether it may have further ones. `false` when the
    /// store has to be read again, because something has been left to it meanwhile.
    #[must_use]
    pub(crate) fn fill(&self, timers: Vec<DueTimer>, more: bool) -> bool {
        let mut inner = self.inner.lock();
        let complete = !inner.left;
        inner.more = more || inner.left;
        for timer in timers {
            let name = (timer.conversation, timer.key.clone());
            if !inner.by_name.contains_key(&name) && !inner.resting.contains_key(&name) {
                inner.keep(timer);
            }
        }
        complete
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
            inner.by_name.remove(&(timer.conversation, timer.key.clone()));
            due.push(timer);
        }
        due
    }
}

impl Inner {
    /// Keeps a timer, or leaves it to the store.
    fn insert(&mut self, timer: DueTimer) {
        if self.more && self.by_time.last().is_none_or(|last| timer > *last) {
            self.left = true;
        } else {
            self.keep(timer);
        }
    }

    /// Keeps one that is to be set only if it is not; says whether it was not known. Where the store has it after all
    /// (it lies beyond what is here, or is just firing), this one is found not to be set when it is due.
    fn insert_once(&mut self, conversation: ConversationId, key: &str, due: Timestamp) -> bool {
        let name = (conversation, key.to_owned());
        let known = self.by_name.contains_key(&name) || self.resting.contains_key(&name);
        if !known {
            self.insert(DueTimer { due, conversation, key: name.1 });
        }
        !known
    }

    fn keep(&mut self, timer: DueTimer) {
        self.by_name.insert((timer.conversation, timer.key.clone()), timer.due);
        self.by_time.insert(timer);
        while self.by_time.len() > CAPACITY {
            let Some(last) = self.by_time.pop_last() else { break };
            self.by_name.remove(&(last.conversation, last.key));
            (self.more, self.left) = (true, true);
        }
    }

    fn remove(&mut self, conversation: ConversationId, key: &str) {
        let name = (conversation, key.to_owned());
        self.resting.remove(&name);
        if let Some(due) = self.by_name.remove(&name) {
            self.by_time.remove(&DueTimer { due, conversation, key: name.1 });
        }
    }
}

#[cfg(test)]
mod tests;
