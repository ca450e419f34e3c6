//! Where one person is in rooms: in one, waiting for one, or neither. Every rule that opens or ends a room changes the
//! seats of both in the same commit; what may be done about rooms is therefore decided here and nowhere else.

use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::{At, Draft};
use jiff::Timestamp;

use super::Refusal;
use super::dialogue::Pair;
use crate::stored::{Meeting, Seat, SeatState};

/// The index of those who wait, by organisation, in the order in which they came.
pub const WAITING: &str = "messenger.waiting";

/// A person's seat, made when there is none.
pub fn of(organisation: OrganisationId, person: AccountId) -> At<Seat> {
    At::key(organisation, person.to_string()).or_open(SeatState::default())
}

/// What keeps somebody from a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It may not be.
    Refused(Refusal),
    /// A room whose time is over has not been ended yet: that comes first, so that both hear of it in this order.
    Unended(Pair),
}

impl From<Refusal> for Obstacle {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

type Chair<'d, 'e> = Draft<'d, 'e, Seat>;

/// The room that somebody with this seat is in.
pub fn meeting_at(state: &SeatState, now: Timestamp) -> Option<Meeting> {
    state.meeting.filter(|meeting| now.as_millisecond() < meeting.until)
}

/// Whether the person may go into a room.
pub fn must_be_free(seat: &Chair<'_, '_>, me: AccountId) -> Result<(), Obstacle> {
    match seat.state().meeting {
        None => Ok(()),
        Some(_) if meeting_at(seat.state(), seat.now()).is_some() => Err(Refusal::InRoom.into()),
        Some(Meeting { peer, .. }) => Err(Obstacle::Unended(Pair { me, peer })),
    }
}

/// The person begins to wait at this place in the order, unless he does already.
pub fn wait(seat: &mut Chair<'_, '_>, me: AccountId, order: i64) -> Result<(), Obstacle> {
    must_be_free(seat, me)?;
    if seat.state().waiting.is_none() {
        own(seat, me);
        seat.state_mut().waiting = Some(order);
        let organisation = seat.identity().organisation.to_string();
        seat.put_index(WAITING, &organisation, order, &me.to_string());
    }
    Ok(())
}

/// The person waits no more. Whoever is in a room has not been waiting, and is told so.
pub fn stop_waiting(seat: &mut Chair<'_, '_>) -> Result<(), Refusal> {
    if meeting_at(seat.state(), seat.now()).is_some() {
        return Err(Refusal::InRoom);
    }
    seat.leave_unopened();
    give_up_waiting(seat);
    Ok(())
}

/// The person is in a room from now on.
pub fn sit(seat: &mut Chair<'_, '_>, pair: Pair, until: Timestamp) {
    own(seat, pair.me);
    give_up_waiting(seat);
    seat.state_mut().meeting = Some(Meeting { peer: pair.peer, until: until.as_millisecond() });
}

/// The person is in no room with `peer` any more.
pub fn rise(seat: &mut Chair<'_, '_>, peer: AccountId) {
    if seat.state().meeting.is_some_and(|meeting| meeting.peer == peer) {
        seat.state_mut().meeting = None;
    }
}

fn give_up_waiting(seat: &mut Chair<'_, '_>) {
    if seat.state().waiting.is_some() {
        seat.state_mut().waiting = None;
        let organisation = seat.identity().organisation.to_string();
        seat.remove_index(WAITING, &organisation);
    }
}

/// The seat is the person's own: he is its one member.
fn own(seat: &mut Chair<'_, '_>, me: AccountId) {
    if seat.member(me).is_none() {
        seat.join(me, "participant");
    }
}
