//! Two people meet in a room, and part (contract, "Rooms"): `opening` and `ending`. Where it stands between is told
//! here.
//!
//! These rules work on three conversations at once, in this order: the seat of whoever acts, the seat of the other, and
//! the room. Where a vote may make it a personal chat, that is the fourth.

mod ending;
mod opening;

use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::{At, AtMany, Draft, Drafts, Header, Kind};
use jiff::Timestamp;

pub use self::ending::{abandon, expire, on_timer, part, vote};
pub use self::opening::{Missed, bring_together, open};
use super::dialogue::{self, Pair};
use super::{Refusal, seat};
use crate::stored::{Dialogue, Room, RoomChange, RoomState, Seat, Tidings};

const MINE: usize = 0;
const PEERS: usize = 1;
const ROOM: usize = 2;
const CHAT: usize = 3;

/// The timer that ends a room by itself.
const END: &str = "end";
/// The timer that takes away what nobody has fetched of a room that is over.
const FORGET: &str = "forget";

/// Where a room stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The two are in it.
    Open,
    /// It has ended, by a `0` or by itself; they may meet again.
    Over,
    /// It has become a personal chat.
    Replaced,
    /// One of them has ended it for good.
    Parted,
}

impl Stage {
    /// The word for it in the header.
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Over => "over",
            Self::Replaced => "replaced",
            Self::Parted => "parted",
        }
    }

    /// Where the room with this header stands now. One whose time is over is over, whether its timer has fired or not.
    pub fn at(header: &Header, now: Timestamp) -> Self {
        let open = || header.ends.is_some_and(|ends| now < ends);
        match header.status.as_ref() {
            "parted" => Self::Parted,
            "replaced" => Self::Replaced,
            "open" if open() => Self::Open,
            _ => Self::Over,
        }
    }
}

/// Both seats and the room of a pair, as one of them sees them.
pub fn places(organisation: OrganisationId, pair: Pair) -> AtMany {
    AtMany::default()
        .and(seat::of(organisation, pair.me))
        .and(seat::of(organisation, pair.peer))
        .and(At::<Room>::key(organisation, pair.key()).or_open(RoomState::default()))
}

/// The same, and their personal chat.
pub fn places_of_vote(organisation: OrganisationId, pair: Pair) -> AtMany {
    places(organisation, pair).and(dialogue::between(organisation, pair.key()))
}

/// Where the room of this draft stands.
pub fn stage(room: &Draft<'_, '_, Room>) -> Stage {
    Stage::at(room.header(), room.now())
}

/// Tells the two what has become of their room. Each is told the same, and neither who has done it.
fn tell_both(room: &mut Draft<'_, '_, Room>, change: RoomChange) {
    let both: Vec<AccountId> = room.present_members().map(|member| member.account).collect();
    room.notify_each(both, Tidings::Room { change });
}

fn at_seat<T>(
    drafts: &mut Drafts<'_, '_>,
    index: usize,
    work: impl FnOnce(&mut Draft<'_, '_, Seat>) -> T,
) -> Result<T, Refusal> {
    on(drafts, index, work)
}

fn in_room<T>(
    drafts: &mut Drafts<'_, '_>,
    work: impl FnOnce(&mut Draft<'_, '_, Room>) -> T,
) -> Result<T, Refusal> {
    on(drafts, ROOM, work)
}

fn in_chat<T>(
    drafts: &mut Drafts<'_, '_>,
    work: impl FnOnce(&mut Draft<'_, '_, Dialogue>) -> T,
) -> Result<T, Refusal> {
    on(drafts, CHAT, work)
}

/// One of the conversations; refused when a newer version of the server has written it.
fn on<K: Kind, T>(
    drafts: &mut Drafts<'_, '_>,
    index: usize,
    work: impl FnOnce(&mut Draft<'_, '_, K>) -> T,
) -> Result<T, Refusal> {
    drafts.with(index, work).ok_or(Refusal::Unreadable)
}
