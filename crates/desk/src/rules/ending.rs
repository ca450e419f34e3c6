//! A chat closes: one of the two leaves it, or does not come back.

use hearken_core::ids::{AccountId, Seq};

use super::listing::Places;
use super::room::{Room, for_hearers, must_be_own, must_serve, record, touch};
use super::{By, Refusal, grace};
use crate::stored::{Side, Stage, What, WhoClosed};

/// `visitor_leave_room` or `staff_leave_room`.
pub fn leave(room: &mut Room<'_, '_>, by: By, side: Side) -> Result<Seq, Refusal> {
    match side {
        Side::Visitor => must_be_own(room, by.me).map(drop)?,
        Side::Staff => must_serve(room, by.me)?,
    }
    Ok(close(room, by.via, side, false))
}

/// The server itself closes it, because whoever is on this side has left the desk, or has not come back. Nothing happens
/// to a chat that he is not in any more.
pub fn end(room: &mut Room<'_, '_>, person: AccountId, lost: bool) {
    let side = room.state().side_of(person).filter(|_| room.member(person).is_some());
    if let Some(side) = side {
        close(room, None, side, lost);
    }
}

pub(super) fn close(room: &mut Room<'_, '_>, via: Option<u64>, side: Side, lost: bool) -> Seq {
    let (places, audience, now) = (Places::of(room), for_hearers(room), room.now().as_millisecond());
    // Whoever has left does not come back to it; the other may, and hear what he has missed.
    grace::forget(room, side);
    touch(room);
    let seq = record(room, via, What::Left { side, lost }, audience);
    let state = room.state_mut();
    state.closed = Some(now);
    state.closed_by = Some(match side {
        _ if lost => WhoClosed::Lost,
        Side::Visitor => WhoClosed::Visitor,
        Side::Staff => WhoClosed::Staff,
    });
    let people = [Some(state.visitor), state.staff];
    room.set_status(Stage::Closed.word());
    for person in people.into_iter().flatten() {
        room.leave(person);
    }
    places.move_on(room);
    seq
}
