//! A person's place at the desk: whether he is online. He is from his first socket until his last is gone, with its grace.

use hearken_core::event::Audience;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::node::Ready;
use hearken_core::{At, Draft, NewEvent};
use jiff::{SignedDuration, Timestamp};
use siphasher::sip::SipHasher13;

use super::grace::grace_end;
use super::room::STAFF;
use crate::stored::{Coming, Seat, SeatState, Side};

/// A seat that a rule works on.
pub type Chair<'d, 'e> = Draft<'d, 'e, Seat>;

/// Who is online: of an organisation's side in the order of their coming, and of the whole server.
pub const ONLINE: &str = "desk.online";
/// The key of the whole server.
pub const EVERYBODY: &str = "everybody";
/// The timer of the grace.
pub const GRACE: &str = "grace";

/// The key of an organisation's side.
pub fn online_at(organisation: OrganisationId, side: Side) -> String {
    format!("{organisation}:{}", side.word())
}

/// A person's seat, made when there is none.
pub fn of(organisation: OrganisationId, person: AccountId) -> At<Seat> {
    At::key(organisation, person.to_string()).or_open(SeatState::default())
}

/// The seat is the person's own: he is its one member.
pub fn own(seat: &mut Chair<'_, '_>, me: AccountId) {
    if seat.member(me).is_none() {
        seat.join(me, "seat");
    }
}

/// A socket of this person is open: he is online on this side, and any grace is over. Answers whether he has just come.
pub fn arrive(seat: &mut Chair<'_, '_>, me: AccountId, side: Side) -> bool {
    own(seat, me);
    seat.cancel_timer(GRACE);
    if seat.state().lost.is_some() {
        seat.state_mut().lost = None;
    }
    match seat.state().online {
        Some(before) if before == side => return false,
        // His roles have changed since.
        Some(_) => go_offline(seat, me),
        None => {}
    }
    let (organisation, now) = (seat.identity().organisation, seat.now().as_millisecond());
    seat.state_mut().online = Some(side);
    seat.put_index(ONLINE, &online_at(organisation, side), now, &me.to_string());
    seat.put_index(ONLINE, EVERYBODY, place_among_all(me, now), &format!("{organisation}:{me}"));
    tell_staff(seat, me, Coming::Online(side));
    true
}

/// This person has left the desk, unless he is back since his line was lost.
pub fn leave(seat: &mut Chair<'_, '_>, me: AccountId) {
    if seat.state().is_there() {
        return;
    }
    go_offline(seat, me);
}

/// This person is here no more.
fn go_offline(seat: &mut Chair<'_, '_>, me: AccountId) {
    let Some(side) = seat.state().online else {
        seat.leave_unopened();
        return;
    };
    let organisation = seat.identity().organisation;
    seat.cancel_timer(GRACE);
    let state = seat.state_mut();
    (state.online, state.lost) = (None, None);
    seat.remove_index(ONLINE, &online_at(organisation, side));
    seat.remove_index(ONLINE, EVERYBODY);
    tell_staff(seat, me, Coming::Offline(side));
}

/// This person has no line any more since then; he stays online until `due`. Where a socket of his is open after all, it
/// hears that.
pub fn lose_line(seat: &mut Chair<'_, '_>, me: AccountId, since: Timestamp, due: Timestamp) {
    if seat.state().online.is_none() {
        seat.leave_unopened();
        return;
    }
    seat.state_mut().lost = Some(since.as_millisecond());
    seat.set_timer(GRACE, due);
    seat.record(NewEvent::new(Coming::LineLost).to(Audience::only([me])));
}

/// The grace may be over; see [`super::grace::on_timer`].
pub fn on_timer(seat: &mut Chair<'_, '_>, key: &str, ready: &Ready, grace: SignedDuration) {
    let me = seat.identity().key.as_deref().and_then(|key| key.parse().ok());
    let (GRACE, Some(me), Some(since)) = (key, me, seat.state().lost) else { return };
    let end = grace_end(since, ready, grace);
    if end > seat.now() { seat.set_timer(GRACE, end) } else { go_offline(seat, me) }
}

/// Where somebody stands among all who are online: the time, and below its milliseconds something of his own, so that
/// hardly two have the same place and the list can be read in parts.
fn place_among_all(me: AccountId, now: i64) -> i64 {
    (now << 20) | (SipHasher13::new().hash(me.0.as_bytes()) & 0xf_ffff) as i64
}

fn tell_staff(seat: &mut Chair<'_, '_>, me: AccountId, coming: Coming) {
    let audience = Audience { members: Some(Vec::new()), roles: STAFF.to_vec(), except: vec![me] };
    seat.record(NewEvent::new(coming).to(audience));
}
