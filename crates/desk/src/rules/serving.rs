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

/// The seat and the chat, for [`serve`].
pub fn places(organisation: OrganisationId, me: AccountId, chat: ConversationId) -> AtMany {
    AtMany::default().and(seat::of(organisation, me)).and(At::<Chat>::id(chat))
}

/// `staff_join` or `take_over_chat`, by somebody of this rank. Works on [`places`]. Where there is a limit his seat changes
/// each time he comes to serve a chat, so two claims of his at once can't both count what was before.
pub fn serve(
    drafts: &mut Drafts<'_, '_>,
    by: By,
    rank: Rank,
    way: Way,
    counted: Option<Counted>,
) -> Result<Seq, Obstacle> {
    let room = drafts.with(ROOM, |room: &mut Room<'_, '_>| may_serve(room, rank, way));
    room.unwrap_or(Err(Refusal::Unreadable))?;
    let seat = drafts.with(SEAT, |chair: &mut seat::Chair<'_, '_>| count(chair, by, counted));
    let is_there = seat.unwrap_or(Err(Refusal::Unreadable.into()))?;
    let served = drafts.with(ROOM, |room: &mut Room<'_, '_>| begin(room, by, rank, is_there));
    Ok(served.ok_or(Refusal::Unreadable)?)
}

/// Counts one more chat, if he may serve it. Answers whether he is there.
fn count(chair: &mut seat::Chair<'_, '_>, by: By, counted: Option<Counted>) -> Result<bool, Obstacle> {
    let is_there = chair.state().is_there();
    let Some(Counted { serves, most, claims }) = counted else {
        chair.leave_unopened();
        return Ok(is_there);
    };
    if chair.state().claims != claims {
        return Err(Obstacle::Changed);
    }
    if serves >= most {
        return Err(Refusal::TooMany.into());
    }
    seat::own(chair, by.me);
    chair.state_mut().claims += 1;
    Ok(is_there)
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

fn begin(room: &mut Room<'_, '_>, by: By, rank: Rank, is_there: bool) -> Seq {
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
    if !is_there {
        grace::begin_at_once(room, by.me);
    }
    seq
}
