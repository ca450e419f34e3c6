//! A room is opened: for two of whom one has named the other, or for two who wait.

use hearken_core::{Draft, Drafts};
use jiff::{SignedDuration, Timestamp};

use super::{END, MINE, PEERS, Stage, at_seat, in_room, stage, tell_both};
use crate::rules::dialogue::Pair;
use crate::rules::seat::{self, Obstacle};
use crate::rules::{Refusal, membership};
use crate::stored::{RoomChange, RoomState, Seat};

/// Why two who both wait were not brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Whoever asked is in a room already: somebody was quicker to ask for him.
    Met,
    /// Whoever asked waits no more.
    Stopped,
    /// The other waits no more, or these two do not meet again.
    Gone,
    /// It may not be.
    Refused(Refusal),
}

impl From<Refusal> for Missed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Opens a room for `ttl`.
pub fn open(drafts: &mut Drafts<'_, '_>, pair: Pair, ttl: SignedDuration) -> Result<(), Obstacle> {
    if in_room(drafts, |room| stage(room))? == Stage::Parted {
        return Err(Refusal::Parted.into());
    }
    at_seat(drafts, MINE, |seat| seat::must_be_free(seat, pair.me))??;
    let peers = at_seat(drafts, PEERS, |seat| seat::must_be_free(seat, pair.peer))?;
    peers.map_err(|obstacle| match obstacle {
        Obstacle::Refused(Refusal::InRoom) => Obstacle::Refused(Refusal::PeerInRoom),
        other => other,
    })?;
    Ok(begin(drafts, pair, ttl)?)
}

/// Opens a room for two who wait.
pub fn bring_together(drafts: &mut Drafts<'_, '_>, pair: Pair, ttl: SignedDuration) -> Result<(), Missed> {
    let waits = |seat: &mut Draft<'_, '_, Seat>| seat.state().waiting.is_some();
    if !at_seat(drafts, MINE, waits)? {
        let meets = at_seat(drafts, MINE, |seat| seat::meeting_at(seat.state(), seat.now()).is_some())?;
        return Err(if meets { Missed::Met } else { Missed::Stopped });
    }
    if in_room(drafts, |room| stage(room))? == Stage::Parted || !at_seat(drafts, PEERS, waits)? {
        return Err(Missed::Gone);
    }
    Ok(begin(drafts, pair, ttl)?)
}

fn begin(drafts: &mut Drafts<'_, '_>, pair: Pair, ttl: SignedDuration) -> Result<(), Refusal> {
    let until = in_room(drafts, |room| {
        let until = room.now().checked_add(ttl).unwrap_or(Timestamp::MAX);
        room.set_status(Stage::Open.word());
        room.set_span(Some(room.now()), Some(until));
        *room.state_mut() = RoomState::default();
        // Whoever is in from an earlier meeting stays so, and what waits for him goes on waiting.
        room.join(pair.me, membership::PARTICIPANT);
        room.join(pair.peer, membership::PARTICIPANT);
        room.set_timer(END, until);
        tell_both(room, RoomChange::Create);
        until
    })?;
    at_seat(drafts, MINE, |seat| seat::sit(seat, pair, until))?;
    at_seat(drafts, PEERS, |seat| seat::sit(seat, Pair { me: pair.peer, peer: pair.me }, until))
}
