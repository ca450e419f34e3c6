//! Whole acts for which something is looked up first: opening a chat, and coming to serve one. What was looked up is looked
//! at again by the rule; where it has changed meanwhile, everything is done again.

use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, ConversationId, OrganisationId, Seq};
use hearken_core::store::{Find, StoreError};
use hearken_core::token::fill_random;
use hearken_core::{Conversation, Core, Kind as _, ReadError, Target, UpdateError};

use crate::acts;
use crate::content::Content;
use crate::rules::opening::{self, Guest, Obstacle, Opened};
use crate::rules::serving::{self, Counted, Way};
use crate::rules::{Refusal, listing};
use crate::stored::{Chat, ChatState, Seat, SeatState, Side};

/// How often an act is tried again because what was looked up has changed: only what the same person does elsewhere at
/// the same time changes it.
const TRIES: usize = 16;

/// `visitor_first_msg`.
pub async fn open(
    core: &Core,
    actor: &Actor,
    via: Option<u64>,
    content: Content,
) -> Result<Opened, UpdateError<Refusal>> {
    let (by, Actor::Person(person)) = (acts::visitor(actor, via).map_err(UpdateError::Refused)?, actor)
    else {
        return Err(UpdateError::NotFound);
    };
    let (organisation, guest) = (person.account.organisation_id, Guest::of(&person.account, via));
    for _ in 0..TRIES {
        let known = seat_of(core, organisation, by.me).await?.last_chat;
        // One that is gone stands in nobody's way.
        let last = match known {
            Some(last) => {
                let found = conversation(core, last).await.map_err(|_| UpdateError::Unavailable)?;
                found.map(|_| last)
            }
            None => None,
        };
        let places = opening::places(organisation, by.me, fresh_key(), last);
        let (guest, content) = (guest.clone(), content.clone());
        let asked =
            core.update_many(actor, places, move |drafts| opening::open(drafts, &guest, &content, known));
        if let Some(opened) = unchanged(asked.await)? {
            return Ok(opened);
        }
    }
    Err(UpdateError::Busy)
}

/// `staff_join` and `take_over_chat`. `most`: how many chats he may serve, if there is a limit.
pub async fn serve(
    core: &Core,
    actor: &Actor,
    chat: ConversationId,
    via: Option<u64>,
    way: Way,
    most: Option<usize>,
) -> Result<Seq, UpdateError<Refusal>> {
    let (by, rank) = acts::staff(actor, via).map_err(UpdateError::Refused)?;
    let organisation = actor.organisation().ok_or(UpdateError::NotFound)?;
    for _ in 0..TRIES {
        let counted = match most {
            Some(most) => Some(count(core, organisation, by.me, most).await?),
            None => None,
        };
        let places = serving::places(organisation, by.me, chat);
        let asked =
            core.update_many(actor, places, move |drafts| serving::serve(drafts, by, rank, way, counted));
        match unchanged(asked.await) {
            Ok(None) => {}
            Ok(Some(seq)) => return Ok(seq),
            Err(UpdateError::NotFound) => return Err(UpdateError::Refused(Refusal::NoRoom)),
            Err(error) => return Err(error),
        }
    }
    Err(UpdateError::Busy)
}

/// How many chats somebody serves.
async fn count(
    core: &Core,
    organisation: OrganisationId,
    me: AccountId,
    most: usize,
) -> Result<Counted, UpdateError<Refusal>> {
    // In this order: whatever is claimed after the seat was read changes the seat.
    let claims = seat_of(core, organisation, me).await?.claims;
    let serves = core.find(&open_of(me, most)).await.map_err(|_| UpdateError::Unavailable)?.len();
    Ok(Counted { serves, most, claims })
}

/// The visitor's open chat, if he has one.
pub async fn own(core: &Core, me: AccountId) -> Result<Option<ConversationId>, StoreError> {
    Ok(core.find(&open_of(me, 1)).await?.first().map(|row| row.conversation))
}

/// The open chats that somebody is in, the longest open first, at most so many.
pub(crate) fn open_of(account: AccountId, limit: usize) -> Find {
    every(listing::OPEN, account.to_string(), limit)
}

/// All rows of a key, in their order, at most so many.
pub(crate) fn every(index: &'static str, key: String, limit: usize) -> Find {
    Find { index: index.into(), key, from: i64::MIN, to: i64::MAX, descending: false, limit }
}

/// A chat of this organisation, whoever may see it, with its state.
pub async fn look_up(
    core: &Core,
    organisation: OrganisationId,
    chat: ConversationId,
) -> Result<Option<(Conversation, ChatState)>, StoreError> {
    let found = conversation(core, chat).await?;
    let ours = |found: &Conversation| {
        found.identity.kind == Chat::NAME && found.identity.organisation == organisation
    };
    Ok(found.filter(ours).and_then(|found| {
        let state = found.state.get::<ChatState>()?.clone();
        Some((found, state))
    }))
}

/// On which side of a chat somebody is.
pub fn side_in(state: &ChatState, account: AccountId) -> Option<Side> {
    state.side_of(account)
}

async fn conversation(core: &Core, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    read(core, Target::Id(id)).await
}

async fn seat_of(
    core: &Core,
    organisation: OrganisationId,
    me: AccountId,
) -> Result<SeatState, UpdateError<Refusal>> {
    let target = Target::Key { kind: Seat::NAME, organisation, key: me.to_string().into() };
    let found = read(core, target).await.map_err(|_| UpdateError::Unavailable)?;
    let Some(seat) = found else { return Ok(SeatState::default()) };
    seat.state.get::<SeatState>().cloned().ok_or(UpdateError::Refused(Refusal::Unreadable))
}

async fn read(core: &Core, target: Target) -> Result<Option<Conversation>, StoreError> {
    match core.conversation(&Actor::System("the desk looks something up"), &target).await {
        Ok(found) => Ok(Some(found)),
        Err(ReadError::NotFound) => Ok(None),
        Err(ReadError::Store(error)) => Err(error),
    }
}

/// What came of an update; nothing when what was looked up for it has changed, so that it may be tried again.
fn unchanged<R>(outcome: Result<R, UpdateError<Obstacle>>) -> Result<Option<R>, UpdateError<Refusal>> {
    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(UpdateError::Refused(Obstacle::Changed)) => Ok(None),
        Err(UpdateError::Refused(Obstacle::Refused(refusal))) => Err(UpdateError::Refused(refusal)),
        Err(UpdateError::NotFound) => Err(UpdateError::NotFound),
        Err(UpdateError::Busy) => Err(UpdateError::Busy),
        Err(UpdateError::Collided(why)) => Err(UpdateError::Collided(why)),
        Err(UpdateError::Unavailable) => Err(UpdateError::Unavailable),
    }
}

/// The natural key of a new chat: like no other.
fn fresh_key() -> String {
    let mut bytes = [0; 16];
    fill_random(&mut bytes);
    uuid::Uuid::from_bytes(bytes).simple().to_string()
}
