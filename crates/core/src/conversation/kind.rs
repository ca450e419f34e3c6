//! Kinds of conversation: what a door tells the core about each of its own.

use std::collections::HashMap;

use jiff::Timestamp;

use super::draft::{Draft, RawDraft};
use crate::body::Stored;

/// A kind of conversation. A door implements this once for each of its own and registers it.
pub trait Kind: Send + Sync + Sized + 'static {
    /// Its name in the store: `door.kind`. Never changed once released.
    const NAME: &'static str;

    /// Whether its events wait for their receivers (store and forward). Its members are then at most
    /// [`super::MAX_WAITING_MEMBERS`], and rows that everybody has received are trimmed after a day.
    const FORWARDS: bool = false;

    /// What is, and is no event: small and bounded, for it is written whole.
    type State: Stored + Clone;

    /// What happens.
    type Event: Stored;

    /// What passes.
    type Signal: Stored;

    /// What to do when a timer of such a conversation is due. `draft.now()` is the time of firing, `due` the time
    /// it was set for; when the server was down in between they differ.
    fn on_timer(draft: &mut Draft<'_, '_, Self>, key: &str, due: Timestamp) {
        let _ = (draft, key, due);
    }
}

/// A kind's timer rule with its type erased; `false` when the conversation can't be read here, and nothing was done.
pub(crate) type TimerRule = fn(&mut RawDraft<'_>, &str, Timestamp) -> bool;

#[derive(Clone, Copy)]
struct Registered {
    name: &'static str,
    forwards: bool,
    timer: TimerRule,
}

/// The kinds that this server knows.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: HashMap<&'static str, Registered>,
}

impl Registry {
    /// Adds a kind.
    #[must_use]
    pub fn with<K: Kind>(mut self) -> Self {
        self.kinds
            .insert(K::NAME, Registered { name: K::NAME, forwards: K::FORWARDS, timer: run_timer::<K> });
        self
    }

    /// The registered name equal to a stored one; `None` for a kind that only a newer node knows.
    pub fn name(&self, stored: &str) -> Option<&'static str> {
        self.kinds.get(stored).map(|kind| kind.name)
    }

    /// The kinds that store and forward, and so may be trimmed.
    pub fn forwarding(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.kinds.values().filter(|kind| kind.forwards).map(|kind| kind.name)
    }

    pub(crate) fn timer(&self, kind: &str) -> Option<TimerRule> {
        self.kinds.get(kind).map(|kind| kind.timer)
    }
}

fn run_timer<K: Kind>(raw: &mut RawDraft<'_>, key: &str, due: Timestamp) -> bool {
    let Some(mut draft) = Draft::<K>::over(raw) else { return false };
    K::on_timer(&mut draft, key, due);
    draft.finish();
    true
}
