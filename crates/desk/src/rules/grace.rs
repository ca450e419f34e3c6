//! Somebody loses his line and may come back: until when his chats wait for him, and what he has missed by then.
//!
//! The socket that is lost notes how far it had got ([`note`]); what is done about a lost line begins the grace ([`begin`]);
//! whoever is back ends it ([`come_back`]), else its timer does ([`on_timer`]). The first two come in any order.

use hearken_core::clock::from_millis;
use hearken_core::ids::{AccountId, Seq};
use hearken_core::node::Ready;
use jiff::{SignedDuration, Timestamp};

use super::ending;
use super::listing::AWAY;
use super::room::{Room, stage};
use crate::stored::{Away, Side, Stage};

/// The timer of a side's grace.
pub fn timer(side: Side) -> &'static str {
    match side {
        Side::Visitor => "grace:visitor",
        Side::Staff => "grace:staff",
    }
}

/// A socket of this person is lost; it had got everything up to this place. Of several the one that got farthest counts.
pub fn note(room: &mut Room<'_, '_>, person: AccountId, got: Seq) {
    let Some(side) = present(room, person) else { return };
    let known = room.state().away(side).and_then(|away| away.got);
    if known < Some(got) {
        room.state_mut().away_mut(side).get_or_insert_default().got = Some(got);
    }
}

/// This person has no line any more since then; until `due` his place is kept.
pub fn begin(room: &mut Room<'_, '_>, person: AccountId, since: Timestamp, due: Timestamp) {
    let Some(side) = present(room, person) else { return };
    room.state_mut().away_mut(side).get_or_insert_default().since = Some(since.as_millisecond());
    room.set_timer(timer(side), due);
    room.put_index(AWAY, &person.to_string(), since.as_millisecond(), "");
}

/// This person is back. Answers what was known of his being away, if he was.
pub fn come_back(room: &mut Room<'_, '_>, person: AccountId) -> Option<Away> {
    let side = room.state().side_of(person)?;
    let away = room.state().away(side)?;
    forget(room, side);
    Some(away)
}

/// The same where whoever comes into the chat is found to have gone meanwhile: what he has asked for happens too late.
/// How long the grace is the timer knows.
pub(super) fn begin_at_once(room: &mut Room<'_, '_>, person: AccountId) {
    let now = room.now();
    begin(room, person, now, now);
}

/// When a grace ends that began then: not before it had its whole length since some node was ready.
pub(super) fn grace_end(since: i64, ready: &Ready, grace: SignedDuration) -> Timestamp {
    let due = from_millis(since).checked_add(grace).unwrap_or(Timestamp::MAX);
    ready.grace_end(due, grace)
}

/// The grace of a side may be over.
pub fn on_timer(room: &mut Room<'_, '_>, key: &str, ready: &Ready, grace: SignedDuration) {
    let Some(side) = [Side::Visitor, Side::Staff].into_iter().find(|side| timer(*side) == key) else {
        return;
    };
    let Some(since) = room.state().away(side).and_then(|away| away.since) else { return };
    let end = grace_end(since, ready, grace);
    if end > room.now() {
        room.set_timer(key, end);
    } else if stage(room) == Stage::Closed {
        forget(room, side);
    } else if let Some(person) = room.state().person(side) {
        ending::end(room, person, true);
    }
}

/// Forgets that somebody is away.
pub(crate) fn forget(room: &mut Room<'_, '_>, side: Side) {
    let Some(away) = room.state().away(side) else { return };
    *room.state_mut().away_mut(side) = None;
    if let (Some(_), Some(person)) = (away.since, room.state().person(side)) {
        room.cancel_timer(timer(side));
        room.remove_index(AWAY, &person.to_string());
    }
}

/// On which side somebody is who is in an open chat.
fn present(room: &Room<'_, '_>, person: AccountId) -> Option<Side> {
    room.member(person)?;
    room.state().side_of(person)
}
