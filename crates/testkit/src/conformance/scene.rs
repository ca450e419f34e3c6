//! Short words for what cases write and expect to read.

use std::borrow::Cow;
use std::sync::Arc;

use hearken_core::clock::from_millis;
use hearken_core::event::{Audience, Event};
use hearken_core::ids::{AccountId, ConversationId, OrganisationId, Seq};
use hearken_core::store::{Batch, ConversationRow, EventRow};
use hearken_core::{Body, Conversation, Header, Identity, Kind, Member, SlotSet, Stored, TimerChange};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the kinds here store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Text(pub(super) String);

impl Stored for Text {
    const VERSION: u16 = 1;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, forwards $forwards:literal;)+) => {$(
        $(#[$doc])*
        pub(super) struct $kind;

        impl Kind for $kind {
            const NAME: &'static str = $name;
            const FORWARDS: bool = $forwards;
            type State = Text;
            type Event = Text;
            type Signal = Text;
        }
    )+};
}

kinds! {
    /// Its events wait for their receivers.
    Post = "test.post", forwards true;
    /// Its events are there for good.
    Board = "test.board", forwards false;
}

/// A kind that nobody registers.
pub(super) const UNKNOWN: &str = "test.unknown";

pub(super) const HOME: OrganisationId = OrganisationId(Uuid::from_u128(0xA));
pub(super) const AWAY: OrganisationId = OrganisationId(Uuid::from_u128(0xB));

pub(super) fn person(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(0xC0_0000 + n))
}

pub(super) fn id(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(0xD0_0000 + n))
}

/// `millis` after some fixed moment.
pub(super) fn at(millis: i64) -> Timestamp {
    from_millis(1_700_000_000_000 + millis)
}

pub(super) fn text(body: &str) -> Body {
    Body::of(Text(body.to_owned()))
}

pub(super) fn words(body: Option<&Body>) -> Option<&str> {
    body.and_then(Body::get::<Text>).map(|text| text.0.as_str())
}

pub(super) fn slots(slots: &[u8]) -> SlotSet {
    slots.iter().copied().collect()
}

/// A member who is in from the start.
pub(super) fn member(n: u128, slot: u8) -> Member {
    Member {
        account: person(n),
        slot,
        role: "participant".into(),
        since: at(0),
        joined: 0,
        left: None,
        read: 0,
    }
}

/// A conversation of kind `Post` at home, without a key, with the first `members` people in slots from 0.
pub(super) fn talk(n: u128, members: u8) -> Conversation {
    let identity = Identity { id: id(n), kind: Post::NAME, organisation: HOME, key: None };
    let header = Header {
        status: Cow::Borrowed("open"),
        priority: 0,
        starts: None,
        ends: None,
        last_seq: 0,
        version: 0,
    };
    let members = (0..members).map(|slot| member(u128::from(slot), slot)).collect();
    Conversation { identity: Arc::new(identity), header, members, state: text("new") }
}

/// The same with another identity.
pub(super) fn known_as(talk: Conversation, change: impl FnOnce(&mut Identity)) -> Conversation {
    let mut identity = (*talk.identity).clone();
    change(&mut identity);
    Conversation { identity: Arc::new(identity), ..talk }
}

/// An event of person 0 that waits for nobody, its place as its words.
pub(super) fn event(talk: &Conversation, seq: Seq) -> EventRow {
    event_with(talk, seq, |_| {})
}

pub(super) fn event_with(talk: &Conversation, seq: Seq, change: impl FnOnce(&mut Event)) -> EventRow {
    let mut event = Event {
        conversation: Arc::clone(&talk.identity),
        seq,
        at: at(seq as i64),
        author: Some(person(0)),
        origin: None,
        audience: Audience::members(),
        body: Some(text(&seq.to_string())),
        memo: hearken_core::event::Memo::default(),
    };
    change(&mut event);
    EventRow { event: Arc::new(event), key: None, digest: None, pending: None, kept: true }
}

/// An event that waits for these slots.
pub(super) fn waiting(talk: &Conversation, seq: Seq, pending: &[u8]) -> EventRow {
    EventRow { pending: Some(slots(pending)), kept: !pending.is_empty(), ..event(talk, seq) }
}

/// An event of a person under a name of his.
pub(super) fn named(talk: &Conversation, seq: Seq, author: u128, key: &str) -> EventRow {
    let row = event_with(talk, seq, |event| event.author = Some(person(author)));
    EventRow { key: Some(key.into()), digest: Some(-7), ..row }
}

/// What makes these conversations, with these events.
pub(super) fn opening(talks: &[&Conversation], events: Vec<EventRow>) -> Batch {
    let row = |talk: &&Conversation| ConversationRow {
        conversation: (*talk).clone(),
        is_new: true,
        members_changed: true,
    };
    Batch { conversations: talks.iter().map(row).collect(), events, ..Batch::default() }
}

/// What writes a conversation that exists.
pub(super) fn rewriting(talk: &Conversation, members_changed: bool) -> Batch {
    let row = ConversationRow { conversation: talk.clone(), is_new: false, members_changed };
    Batch { conversations: vec![row], ..Batch::default() }
}

pub(super) fn recording(events: Vec<EventRow>) -> Batch {
    Batch { events, ..Batch::default() }
}

pub(super) fn set(key: &str, due: i64) -> TimerChange {
    TimerChange::Set { key: key.into(), due: at(due) }
}

/// An event read back: its place, the slots it waits for, its words.
pub(super) type LogLine = (Seq, Option<Vec<u8>>, Option<String>);

/// One that waits for nobody and never did.
pub(super) fn plain(seq: Seq) -> LogLine {
    (seq, None, Some(seq.to_string()))
}

/// One that waits for these slots; without any, its body is gone.
pub(super) fn line(seq: Seq, pending: &[u8]) -> LogLine {
    (seq, Some(pending.to_vec()), (!pending.is_empty()).then(|| seq.to_string()))
}
