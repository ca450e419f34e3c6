//! The next timers due, in memory, so that one fires within milliseconds of its time without asking the store.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::conversation::TimerChange;
use crate::ids::ConversationId;
use crate::store::DueTimer;

/// How many timers are kept in memory; later ones wait in the store.
pub(crate) const CAPACITY: usize = 10_000;

/// The earliest timers.
pub(crate) struct Timetable {
    inner: Mutex<Inner>,
    /// Told when an earlier timer may have come, or when memory has run low.
    pub(crate) changed: Notify,
}

struct Inner {
    by_time: BTreeSet<DueTimer>,
    by_name: HashMap<(ConversationId, String), Timestamp>,
    /// Whether the store may hold more than what is here; then only those before the last here are known.
    more: bool,
}

impl Timetable {
    /// Knows nothing yet: the store has to be read first.
    pub(crate) fn new() -> Self {
        let inner = Inner { by_time: BTreeSet::new(), by_name: HashMap::new(), more: true };
        Self { inner: Mutex::new(inner), changed: Notify::new() }
    }

    /// Takes note of what a commit has changed.
    pub(crate) fn note(&self, changes: &[(ConversationId, TimerChange)]) {
        if changes.is_empty() {
            return;
        }
        let mut inner = self.inner.lock();
        for (conversation, change) in changes {
            match change {
                TimerChange::Set { key, due } => {
                    inner.remove(*conversation, key);
                    let timer = DueTimer { due: *due, conversation: *conversation, key: key.clone() };
                    inner.insert(timer);
                }
                TimerChange::Cancel { key } => inner.remove(*conversation, key),
            }
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Takes in what the store has, earliest first; `more` says whether it may have further ones.
    pub(crate) fn fill(&self, timers: Vec<DueTimer>, more: bool) {
        let mut inner = self.inner.lock();
        inner.more = more;
        for timer in timers {
            if !inner.by_name.contains_key(&(timer.conversation, timer.key.clone())) {
                inner.insert(timer);
            }
        }
    }

    /// Puts back one that is to be tried again, unless it was set anew meanwhile.
    pub(crate) fn fill_one(&self, timer: DueTimer) {
        let mut inner = self.inner.lock();
        if !inner.by_name.contains_key(&(timer.conversation, timer.key.clone())) {
            inner.insert(timer);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Whether the store has to be read before the earliest timer is known.
    pub(crate) fn is_low(&self) -> bool {
        let inner = self.inner.lock();
        inner.more && inner.by_time.len() < CAPACITY / 10
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
    fn insert(&mut self, timer: DueTimer) {
        let beyond = self.more && self.by_time.last().is_none_or(|last| timer > *last);
        if beyond && self.by_time.len() >= CAPACITY {
            return;
        }
        self.by_name.insert((timer.conversation, timer.key.clone()), timer.due);
        self.by_time.insert(timer);
        while self.by_time.len() > CAPACITY {
            let Some(last) = self.by_time.pop_last() else { break };
            self.by_name.remove(&(last.conversation, last.key));
            self.more = true;
        }
    }

    fn remove(&mut self, conversation: ConversationId, key: &str) {
        let name = (conversation, key.to_owned());
        if let Some(due) = self.by_name.remove(&name) {
            self.by_time.remove(&DueTimer { due, conversation, key: name.1 });
        }
    }
}
