//! Rooms as whole acts over the core: who is in which, opening, voting and ending. The rules are in
//! [`crate::rules::meeting`]; bringing together those who wait is in `rooms/matching.rs`.
//!
//! Everything is looked up before a rule runs, and looked at again by the rule: what has changed in between is refused
//! there, so that two acts at once never put anybody into two rooms.

mod matching;

use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::store::StoreError;
use hearken_core::{Conversation, Core, Kind, ReadError, Target, UpdateError};
use jiff::{SignedDuration, Timestamp};

pub use self::matching::{Met, meet};
use crate::rules::Refusal;
use crate::rules::dialogue::Pair;
use crate::rules::meeting::{self, Stage};
use crate::rules::seat::{self, Obstacle};
use crate::stored::{Meeting, Room, RoomChange, RoomState, Seat, SeatState};

/// How often an act is tried again when rooms whose time is over have to be ended first: one for each of the two, and
/// once more for each that another act has opened and that has run out since.
const TRIES: usize = 4;

/// A room as one of the two sees it. It says nothing of who the other is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// Since when it is open.
    pub opened: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Whether the viewer has said that he would know the other.
    pub said_yes: bool,
    /// When the viewer last said that he had received something, in microseconds since the epoch.
    pub received: Option<i64>,
    /// When he last said that he had seen something.
    pub seen: Option<i64>,
}

/// Who acts, as far as rooms need to know.
#[derive(Clone, Copy)]
struct Guest {
    me: AccountId,
    organisation: OrganisationId,
}

impl Guest {
    fn of(actor: &Actor) -> Option<Self> {
        Some(Self { me: actor.account()?, organisation: actor.organisation()? })
    }
}

/// The room that the actor is in.
pub async fn room_of(core: &Core, actor: &Actor) -> Result<Option<OwnView>, ReadError> {
    let (Some(guest), Some(pair)) = (Guest::of(actor), pair_of(core, actor).await?) else { return Ok(None) };
    let Some(room) = find::<Room>(core, actor, guest.organisation, &pair.key()).await? else {
        return Ok(None);
    };
    let (header, state) = (&room.header, room.state.get::<RoomState>());
    let (Some(state), Some(opened), Some(until)) = (state, header.starts, header.ends) else {
        return Ok(None);
    };
    if Stage::at(header, core.now()) != Stage::Open {
        return Ok(None);
    }
    let marks = state.marks.iter().find(|marks| marks.account == guest.me);
    Ok(Some(OwnView {
        opened,
        until,
        said_yes: state.yes.contains(&guest.me),
        received: marks.and_then(|marks| marks.received),
        seen: marks.and_then(|marks| marks.seen),
    }))
}

/// The two of the room that the actor is in.
pub async fn pair_of(core: &Core, actor: &Actor) -> Result<Option<Pair>, ReadError> {
    let Some(Guest { me, organisation }) = Guest::of(actor) else { return Ok(None) };
    let seat = find::<Seat>(core, actor, organisation, &me.to_string()).await?;
    let state = seat.as_ref().and_then(|seat| seat.state.get::<SeatState>());
    let meeting = state.and_then(|state| seat::meeting_at(state, core.now()));
    Ok(meeting.map(|meeting| Pair { me, peer: meeting.peer }))
}

/// Opens a room for the actor and somebody whom he names.
pub async fn open(
    core: &Core,
    actor: &Actor,
    peer: AccountId,
    ttl: Duration,
) -> Result<(), UpdateError<Refusal>> {
    let Guest { me, organisation } = Guest::of(actor).ok_or(UpdateError::NotFound)?;
    let (pair, ttl) = (Pair { me, peer }, signed(ttl));
    for _ in 0..TRIES {
        let places = meeting::places(organisation, pair);
        let opened = core.update_many(actor, places, move |drafts| meeting::open(drafts, pair, ttl)).await;
        if unobstructed(core, organisation, opened).await?.is_some() {
            return Ok(());
        }
    }
    Err(UpdateError::Busy)
}

/// The actor says whether he would know the other.
pub async fn vote(core: &Core, actor: &Actor, yes: bool) -> Result<RoomChange, UpdateError<Refusal>> {
    let (organisation, pair) = here(core, actor).await?;
    let places = meeting::places_of_vote(organisation, pair);
    core.update_many(actor, places, move |drafts| meeting::vote(drafts, pair, yes)).await
}

/// The actor ends his room, and the two never meet in one again.
pub async fn part(core: &Core, actor: &Actor) -> Result<RoomChange, UpdateError<Refusal>> {
    let (organisation, pair) = here(core, actor).await?;
    let places = meeting::places(organisation, pair);
    core.update_many(actor, places, move |drafts| meeting::part(drafts, pair)).await
}

/// The actor waits for nobody any more.
pub async fn stop_waiting(core: &Core, actor: &Actor) -> Result<(), UpdateError<Refusal>> {
    let Guest { me, organisation } = Guest::of(actor).ok_or(UpdateError::NotFound)?;
    core.update(actor, seat::of(organisation, me), seat::stop_waiting).await
}

/// Ends the room of somebody who is being erased, so that the other is free again; the server's own act.
pub async fn abandon(core: &Core, organisation: OrganisationId, gone: AccountId) -> Result<(), StoreError> {
    let server = Actor::System("erasing somebody");
    let seat = find::<Seat>(core, &server, organisation, &gone.to_string()).await?;
    let state = seat.as_ref().and_then(|seat| seat.state.get::<SeatState>());
    let Some(Meeting { peer, .. }) = state.and_then(|state| state.meeting) else { return Ok(()) };
    let pair = Pair { me: gone, peer };
    let places = meeting::places(organisation, pair);
    match core.update_many(&server, places, move |drafts| meeting::abandon(drafts, pair)).await {
        // It has ended meanwhile, or by itself.
        Ok(()) | Err(UpdateError::Refused(_) | UpdateError::NotFound) => Ok(()),
        Err(UpdateError::Collided(error)) => Err(error),
        Err(UpdateError::Busy | UpdateError::Unavailable) => {
            Err(StoreError::Unavailable("a room could not be ended".into()))
        }
    }
}

/// The organisation, and the room that the actor is in.
async fn here(core: &Core, actor: &Actor) -> Result<(OrganisationId, Pair), UpdateError<Refusal>> {
    let organisation = actor.organisation().ok_or(UpdateError::NotFound)?;
    let pair = pair_of(core, actor).await.map_err(|_| UpdateError::Unavailable)?;
    Ok((organisation, pair.ok_or(UpdateError::Refused(Refusal::NoRoom))?))
}

/// What came of an update; nothing when a room was in its way that has now been ended, so that it may be tried again.
async fn unobstructed<R>(
    core: &Core,
    organisation: OrganisationId,
    outcome: Result<R, UpdateError<Obstacle>>,
) -> Result<Option<R>, UpdateError<Refusal>> {
    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(UpdateError::Refused(Obstacle::Unended(pair))) => {
            let places = meeting::places(organisation, pair);
            let server = Actor::System("the end of a room");
            core.update_many(&server, places, move |drafts| meeting::expire(drafts, pair)).await?;
            Ok(None)
        }
        Err(UpdateError::Refused(Obstacle::Refused(refusal))) => Err(UpdateError::Refused(refusal)),
        Err(UpdateError::NotFound) => Err(UpdateError::NotFound),
        Err(UpdateError::Busy) => Err(UpdateError::Busy),
        Err(UpdateError::Collided(why)) => Err(UpdateError::Collided(why)),
        Err(UpdateError::Unavailable) => Err(UpdateError::Unavailable),
    }
}

/// A conversation of the actor's, by its key.
async fn find<K: Kind>(
    core: &Core,
    actor: &Actor,
    organisation: OrganisationId,
    key: &str,
) -> Result<Option<Conversation>, StoreError> {
    let target = Target::Key { kind: K::NAME, organisation, key: key.into() };
    match core.conversation(actor, &target).await {
        Ok(conversation) => Ok(Some(conversation)),
        Err(ReadError::NotFound) => Ok(None),
        Err(ReadError::Store(error)) => Err(error),
    }
}

/// A length of time as the calendar takes it; settings are far shorter than the longest.
fn signed(ttl: Duration) -> SignedDuration {
    SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX)
}
