//! Kinds of conversation: what a door tells the core about each of its own.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::draft::{Draft, RawDraft};
use super::erasure::{self, Held, RawHeld, Remains};
use crate::body::Stored;
use crate::event::EventRef;
use crate::ids::AccountId;

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

    /// The events that the rule of this timer looks at.
    fn timer_reads(key: &str) -> Vec<EventRef> {
        let _ = key;
        Vec::new()
    }

    /// What this conversation is without a person who is erased. The rule runs as the server's own act, in every
    /// conversation that he is or was in, has recorded something in, or is named by the audience of something in; he
    /// need not be a member of it. It may run several times before its effects are taken.
    ///
    /// Besides what the rule does, the core takes away everything that he has recorded, his membership, notices that
    /// name him; or everything, where nothing remains.
    fn erase(draft: &mut Draft<'_, '_, Self>, account: AccountId) -> Remains {
        draft.leave(account);
        Remains::Others
    }

    /// What is held about a person in this conversation, in this door's own words, for himself.
    fn export(held: &Held<'_, Self>) -> serde_json::Value {
        erasure::export_plainly(held)
    }
}

/// A kind's timer rule with its type erased; `false` when the conversation can't be read here, and nothing was done.
pub(crate) type TimerRule = Arc<dyn Fn(&mut RawDraft<'_>, &str, Timestamp) -> bool + Send + Sync>;

/// What happens when a timer of a kind is due.
#[derive(Clone)]
pub(crate) struct Timing {
    pub(crate) rule: TimerRule,
    pub(crate) reads: fn(&str) -> Vec<EventRef>,
}

/// A kind's rule of erasing a person with its type erased; `None` when the conversation can't be read here.
pub(crate) type EraseRule = fn(&mut RawDraft<'_>, AccountId) -> Option<Remains>;

/// What a kind says of a person, with its type erased; `None` when the conversation can't be read here.
pub(crate) type ExportRule = fn(&RawHeld<'_>) -> Option<serde_json::Value>;

#[derive(Clone)]
struct Registered {
    name: &'static str,
    forwards: bool,
    timing: Timing,
    erase: EraseRule,
    export: ExportRule,
}

/// The kinds that this server knows.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: HashMap<&'static str, Registered>,
    /// Spaces of records whose values a person is told in an export.
    told: Vec<&'static str>,
}

impl Registry {
    /// Adds a kind.
    #[must_use]
    pub fn with<K: Kind>(self) -> Self {
        self.with_timers::<K>(K::on_timer)
    }

    /// Says that records in this space hold no secret: a person is told what his own say ([`crate::Core::export`]).
    #[must_use]
    pub fn telling(mut self, space: &'static str) -> Self {
        self.told.push(space);
        self
    }

    /// Whether it was said of this space.
    pub(crate) fn tells(&self, space: &str) -> bool {
        self.told.contains(&space)
    }

    /// Adds a kind whose timers go by this rule instead of [`Kind::on_timer`]: one that knows settings.
    #[must_use]
    pub fn with_timers<K: Kind>(
        mut self,
        rule: impl Fn(&mut Draft<'_, '_, K>, &str, Timestamp) + Send + Sync + 'static,
    ) -> Self {
        let rule = move |raw: &mut RawDraft<'_>, key: &str, due| {
            let Some(mut draft) = Draft::<K>::over(raw) else { return false };
            rule(&mut draft, key, due);
            draft.finish();
            true
        };
        let timing = Timing { rule: Arc::new(rule), reads: K::timer_reads };
        let kind = Registered {
            name: K::NAME,
            forwards: K::FORWARDS,
            timing,
            erase: run_erase::<K>,
            export: run_export::<K>,
        };
        self.kinds.insert(K::NAME, kind);
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

    /// Whether conversations of this kind store and forward; `None` for a kind that is not known here.
    pub fn forwards(&self, kind: &str) -> Option<bool> {
        self.kinds.get(kind).map(|kind| kind.forwards)
    }

    /// Every kind.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.kinds.values().map(|kind| kind.name)
    }

    pub(crate) fn timing(&self, kind: &str) -> Option<Timing> {
        self.kinds.get(kind).map(|kind| kind.timing.clone())
    }

    pub(crate) fn erase(&self, kind: &str) -> Option<EraseRule> {
        self.kinds.get(kind).map(|kind| kind.erase)
    }

    pub(crate) fn export(&self, kind: &str) -> Option<ExportRule> {
        self.kinds.get(kind).map(|kind| kind.export)
    }
}

fn run_erase<K: Kind>(raw: &mut RawDraft<'_>, account: AccountId) -> Option<Remains> {
    let mut draft = Draft::<K>::over(raw)?;
    let remains = K::erase(&mut draft, account);
    draft.finish();
    Some(remains)
}

fn run_export<K: Kind>(held: &RawHeld<'_>) -> Option<serde_json::Value> {
    held.of_kind::<K>().map(|held| K::export(&held))
}
