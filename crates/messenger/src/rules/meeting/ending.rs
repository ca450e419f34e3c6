//! A room ends: by a vote, by one of the two for good, or by itself.

use hearken_core::{Draft, Drafts};
use jiff::Timestamp;

use super::{END, FORGET, MINE, PEERS, Stage, at_seat, in_chat, in_room, stage, tell_both};
use crate::rules::dialogue::{self, Pair};
use crate::rules::{Refusal, seat};
use crate::stored::{Room, RoomChange};

/// Says whether one would know the other: what comes of it. Works on [`super::places_of_vote`].
pub fn vote(drafts: &mut Drafts<'_, '_>, pair: Pair, yes: bool) -> Result<RoomChange, Refusal> {
    must_meet(drafts, pair)?;
    let agreed = yes && in_room(drafts, |room| room.state().yes.contains(&pair.peer))?;
    in_chat(drafts, |chat| {
        if agreed {
            dialogue::make_of_room(chat, pair);
        } else {
            chat.leave_unopened();
        }
    })?;
    if agreed {
        return finish(drafts, pair, Stage::Replaced, RoomChange::Replace);
    }
    if !yes {
        return finish(drafts, pair, Stage::Over, RoomChange::Delete);
    }
    in_room(drafts, |room| {
        if !room.state().yes.contains(&pair.me) {
            room.state_mut().yes.push(pair.me);
            tell_both(room, RoomChange::Grade);
        }
        RoomChange::Grade
    })
}

/// Ends the room at once, and for good: these two do not meet again.
pub fn part(drafts: &mut Drafts<'_, '_>, pair: Pair) -> Result<RoomChange, Refusal> {
    must_meet(drafts, pair)?;
    finish(drafts, pair, Stage::Parted, RoomChange::Deactivate)
}

/// Ends the room because one of the two is gone for good; the other hears that it is over. One that was over by itself
/// may still be named by their seats, which then forget it.
pub fn abandon(drafts: &mut Drafts<'_, '_>, pair: Pair) -> Result<(), Refusal> {
    match must_meet(drafts, pair) {
        Ok(()) => finish(drafts, pair, Stage::Over, RoomChange::Delete).map(drop),
        Err(Refusal::NoRoom) => expire(drafts, pair),
        Err(refusal) => Err(refusal),
    }
}

/// Ends the room if its time is over and its timer has not fired yet.
pub fn expire(drafts: &mut Drafts<'_, '_>, pair: Pair) -> Result<(), Refusal> {
    in_room(drafts, |room| {
        if is_unended(room) && stage(room) == Stage::Over {
            close(room, Stage::Over, RoomChange::Delete);
        }
        room.leave_unopened();
    })?;
    for (index, peer) in [(MINE, pair.peer), (PEERS, pair.me)] {
        at_seat(drafts, index, |seat| {
            if seat::meeting_at(seat.state(), seat.now()).is_none() {
                seat::rise(seat, peer);
            }
            seat.leave_unopened();
        })?;
    }
    Ok(())
}

/// A timer of a room is due. The seats need no change: they know themselves until when they hold.
pub fn on_timer(room: &mut Draft<'_, '_, Room>, key: &str) {
    match key {
        END if is_unended(room) => close(room, Stage::Over, RoomChange::Delete),
        // That of an earlier meeting comes to nothing when they meet again.
        FORGET if stage(room) == Stage::Over => room.clear_log(),
        _ => {}
    }
}

fn finish(
    drafts: &mut Drafts<'_, '_>,
    pair: Pair,
    stage: Stage,
    change: RoomChange,
) -> Result<RoomChange, Refusal> {
    in_room(drafts, |room| close(room, stage, change))?;
    at_seat(drafts, MINE, |seat| seat::rise(seat, pair.peer))?;
    at_seat(drafts, PEERS, |seat| seat::rise(seat, pair.me))?;
    Ok(change)
}

fn close(room: &mut Draft<'_, '_, Room>, stage: Stage, change: RoomChange) {
    room.set_status(stage.word());
    room.cancel_timer(END);
    tell_both(room, change);
    match stage {
        // What was said before can still be fetched, for as long again as the room was to be open.
        Stage::Over => {
            let header = room.header();
            let open = header.ends.zip(header.starts).map(|(ends, starts)| ends.duration_since(starts));
            let forget = room.now().checked_add(open.unwrap_or_default()).unwrap_or(Timestamp::MAX);
            room.set_timer(FORGET, forget);
        }
        // Whoever ends it for good wants to hear nothing more of it; nor do his words reach the other.
        Stage::Parted => room.clear_log(),
        // What waits is listed with the personal chat until it is received.
        Stage::Replaced | Stage::Open => {}
    }
}

/// Whoever acts must be in this room.
fn must_meet(drafts: &mut Drafts<'_, '_>, pair: Pair) -> Result<(), Refusal> {
    let meeting = at_seat(drafts, MINE, |seat| seat::meeting_at(seat.state(), seat.now()))?;
    let here = meeting.is_some_and(|meeting| meeting.peer == pair.peer);
    if here && in_room(drafts, |room| stage(room))? == Stage::Open { Ok(()) } else { Err(Refusal::NoRoom) }
}

/// Whether a room was opened and nobody, nor its timer, has ended it.
fn is_unended(room: &Draft<'_, '_, Room>) -> bool {
    room.header().status == Stage::Open.word() && room.header().ends.is_some()
}
