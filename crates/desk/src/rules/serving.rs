//! Who serves a chat: claiming it, taking it over, putting it back.

use hearken_core::ids::{AccountId, ConversationId, OrganisationId, Seq};
use hearken_core::{At, AtMany, Drafts};

use super::listing::Places;
use super::opening::Obstacle;
use super::room::{
    Room, WATCHING, for_roles, for_the_queue, must_be_open, must_serve, record, seat_member, touch,
};
use super::{By, Refusal, grace, seat};
use crate::stored::{Chat, Rank, Side, Stage, What};

const SEAT: usize = 0;
const ROOM: usize = 1;

/// How somebody comes to serve a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the queue.
    Claim,
    /// From another.
    TakeOver,
}

/// How many somebody served when that was looked up, and how many he may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many there were.
    pub serves: usize,
    /// The most there may be.
    pub most: usize,
    /// What his seat said before they were counted.
    pub claims: u64,
}

/// `staff_join` or `take_over_chat`, by somebody of this rank.
pub fn serve(room: &mut Room<'_, '_>, by: By, rank: Rank, way: Way) -> Result<Seq, Refusal> {
    may_serve(room, rank, way)?;
    Ok(begin(room, by, rank))
}

/// The seat and the chat, for [`serve_if_free`].
pub fn places(organisation: OrganisationId, me: AccountId, chat: ConversationId) -> AtMany {
    AtMany::default().and(seat::of(organisation, me)).and(At::<Chat>::id(chat))
}

/// The same, where there is a limit. Works on [`places`]. Each time somebody comes to serve a chat his seat changes with
/// it, so two claims of his at once can't both count what was before.
pub fn serve_if_free(
    drafts: &mut Drafts<'_, '_>,
    by: By,
    rank: Rank,
    way: Way,
    counted: Counted,
) -> Result<Seq, Obstacle> {
    let room = drafts.with(ROOM, |room: &mut Room<'_, '_>| may_serve(room, rank, way));
    room.unwrap_or(Err(Refusal::Unreadable))?;
    let claims = drafts.with(SEAT, |seat: &mut seat::Chair<'_, '_>| seat.state().claims);
    if claims.ok_or(Refusal::Unreadable)? != counted.claims {
        return Err(Obstacle::Changed);
    }
    if counted.serves >= counted.most {
        return Err(Refusal::TooMany.into());
    }
    let seated = drafts.with(SEAT, |seat: &mut seat::Chair<'_, '_>| {
        seat::own(seat, by.me);
        seat.state_mut().claims += 1;
    });
    seated.ok_or(Refusal::Unreadable)?;
    let served = drafts.with(ROOM, |room: &mut Room<'_, '_>| begin(room, by, rank));
    Ok(served.ok_or(Refusal::Unreadable)?)
}

/// `return_chat`.
pub fn give_back(room: &mut Room<'_, '_>, by: By) -> Result<Seq, Refusal> {
    must_serve(room, by.me)?;
    let places = Places::of(room);
    grace::forget(room, Side::Staff);
    let state = room.state_mut();
    (state.staff, state.rank) = (None, None);
    room.set_status(Stage::Unclaimed.word());
    touch(room);
    let seq = record(room, by.via, What::Returned, for_the_queue());
    room.leave(by.me);
    places.move_on(room);
    Ok(seq)
}

fn may_serve(room: &Room<'_, '_>, rank: Rank, way: Way) -> Result<(), Refusal> {
    match (way, must_be_open(room)?) {
        (Way::Claim, Stage::Unclaimed) => Ok(()),
        (Way::Claim, _) => Err(Refusal::AlreadyClaimed),
        (Way::TakeOver, Stage::Unclaimed) => Err(Refusal::NothingToTakeOver),
        (Way::TakeOver, _) => match room.state().rank {
            Some(theirs) if !rank.is_above(theirs) => Err(Refusal::TooLow { mine: rank, theirs }),
            _ => Ok(()),
        },
    }
}

fn begin(room: &mut Room<'_, '_>, by: By, rank: Rank) -> Seq {
    let (places, now) = (Places::of(room), room.now().as_millisecond());
    let before = room.state().staff.zip(room.state().rank);
    grace::forget(room, Side::Staff);
    let state = room.state_mut();
    (state.staff, state.rank) = (Some(by.me), Some(rank));
    state.claimed = state.claimed.or(Some(now));
    room.set_status(Stage::Claimed.word());
    touch(room);
    seat_member(room, by, Side::Staff);
    let seq = match before {
        None => record(room, by.via, What::Claimed { rank }, for_the_queue()),
        Some((other, from)) => {
            let people = [room.state().visitor, by.me, other];
            let seq = record(room, by.via, What::TakenOver { rank, from }, for_roles(people, &WATCHING));
            room.leave(other);
            seq
        }
    };
    places.move_on(room);
    seq
}
