//! Two kinds of conversation to try the core with, and short words for what they do and show.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::event::{Event, EventRef};
use hearken_core::ids::{AccountId, Seq};
use hearken_core::{Delivery, Draft, Kind, NewEvent, Stored, Subscription, UpdateError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a conversation here remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memo {
    pub(crate) topic: String,
    pub(crate) count: u64,
}

/// What happens here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Note {
    Said(String),
    /// A timer has fired: its name, the time it was set for, and the time of firing.
    Rang(String, Timestamp, Timestamp),
}

/// What passes here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Hint {
    Typing(u64),
    Echo(u64),
}

macro_rules! stored {
    ($($name:ident),+) => {$(
        impl Stored for $name {
            const VERSION: u16 = 1;
        }
    )+};
}

stored!(Memo, Note, Hint);

/// Why a rule here refuses.
pub(crate) type No = &'static str;

/// Messages that wait for their receivers.
pub(crate) struct Talk;

/// A log that is there for good.
pub(crate) struct Board;

macro_rules! kinds {
    ($($kind:ident = $name:literal, forwards $forwards:literal;)+) => {$(
        impl Kind for $kind {
            const NAME: &'static str = $name;
            const FORWARDS: bool = $forwards;
            type State = Memo;
            type Event = Note;
            type Signal = Hint;

            fn on_timer(draft: &mut Draft<'_, '_, Self>, key: &str, due: Timestamp) {
                ring(draft, key, due);
            }

            fn timer_reads(key: &str) -> Vec<EventRef> {
                if key == "expires" { vec![EventRef::Waiting(AT_ONCE)] } else { Vec::new() }
            }
        }
    )+};
}

kinds! {
    Talk = "test.talk", forwards true;
    Board = "test.board", forwards false;
}

/// A kind that only a newer node knows: it is registered nowhere.
pub(crate) struct Newer;

kinds! {
    Newer = "test.newer", forwards false;
}

pub(crate) const KINDS: &[&str] = &[Talk::NAME, Board::NAME];

/// What a timer does goes by its name.
fn ring<K: Kind<State = Memo, Event = Note>>(draft: &mut Draft<'_, '_, K>, key: &str, due: Timestamp) {
    match key {
        "broken" if draft.state().count == 0 => {
            panic!("this timer fails until the count is more than nothing")
        }
        "again" if draft.state().count > 0 => {
            draft.state_mut().count -= 1;
            draft.set_timer("again", due + Duration::from_mins(1));
        }
        "cancels" => draft.cancel_timer("victim"),
        "moves" => draft.set_timer("victim", due + Duration::from_hours(1)),
        "expires" => return expire(draft),
        "tells" => tell(draft, "told by a timer"),
        _ => {}
    }
    draft.record(NewEvent::new(Note::Rang(key.to_owned(), due, draft.now())));
}

/// How many that wait a firing looks at.
pub(crate) const AT_ONCE: usize = 3;

/// Takes back what waits, the oldest first, and says what it was; as long as there may be more, it comes again.
fn expire<K: Kind<State = Memo, Event = Note>>(draft: &mut Draft<'_, '_, K>) {
    let waiting: Vec<_> = draft.logged(&EventRef::Waiting(AT_ONCE)).collect();
    let words =
        waiting.iter().map(|logged| match draft.body_of(logged).and_then(|body| body.get::<Note>()) {
            Some(Note::Said(words)) => words.clone(),
            other => format!("{other:?}"),
        });
    let words = words.collect::<Vec<_>>().join("+");
    for logged in &waiting {
        draft.withdraw(logged);
    }
    draft.record(NewEvent::new(Note::Said(format!("expired: {words}"))));
    if waiting.len() >= AT_ONCE {
        draft.set_timer("expires", draft.now());
    }
}

/// Tells every member, whoever is or was in, by a notice.
pub(crate) fn tell<K: Kind>(draft: &mut Draft<'_, '_, K>, words: &str) {
    let everybody: Vec<_> = draft.members().iter().map(|member| member.account).collect();
    for account in everybody {
        draft.notify(account, Note::Said(words.to_owned()));
    }
}

/// A message of the rule's actor, waiting for all others who are in.
pub(crate) fn said(draft: &Draft<'_, '_, Talk>, words: &str) -> NewEvent<Note> {
    let me = draft.actor().account();
    let others = draft.present_members().map(|member| member.account).filter(|account| Some(*account) != me);
    NewEvent::new(Note::Said(words.to_owned())).waiting_for(others)
}

pub(crate) fn id_of(actor: &Actor) -> AccountId {
    actor.account().expect("a person")
}

pub(crate) fn words(event: &Event) -> Option<String> {
    match event.body.as_ref()?.get::<Note>()? {
        Note::Said(words) => Some(words.clone()),
        Note::Rang(key, ..) => Some(format!("{key} rang")),
    }
}

/// Waits, but not for ever: what does not come at all is a failure, not a test that hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future).await.expect("it comes at all")
}

/// The next event that a follower is shown.
pub(crate) async fn next_event(follower: &mut Subscription) -> Arc<Event> {
    match within(follower.next()).await {
        Delivery::Event(event) => event,
        other => panic!("an event should come, not {other:?}"),
    }
}

/// The next `count` events that a follower is shown: place and words.
pub(crate) async fn next_events(follower: &mut Subscription, count: usize) -> Vec<(Seq, Option<String>)> {
    let mut events = Vec::with_capacity(count);
    for _ in 0..count {
        let event = next_event(follower).await;
        events.push((event.seq, words(&event)));
    }
    events
}

/// Whether a follower has nothing at hand. Followers are told before whoever caused it is answered, so once a reply
/// has come this is the whole truth.
pub(crate) fn is_idle(follower: &mut Subscription) -> bool {
    follower.try_next().is_none()
}

/// What a rule's caller is told when it is refused.
pub(crate) fn refused<T>(no: No) -> Result<T, UpdateError<No>> {
    Err(UpdateError::Refused(no))
}

/// Place and words, as `log` and `next_events` show them.
pub(crate) fn line(seq: Seq, words: &str) -> (Seq, Option<String>) {
    (seq, Some(words.to_owned()))
}
