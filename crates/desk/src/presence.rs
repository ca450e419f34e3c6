//! Who is at the desk, and what becomes of it when a line is lost.
//!
//! A socket is a line of the core. It opens its line first and [`arrive`]s then, which makes its person online and ends
//! any grace; when the last line of somebody goes, whatever node it was at, [`gone`] runs once for him. By that time he may
//! be back: so a grace is begun with an event that only he hears ([`crate::stored::Coming::LineLost`]), and a socket of his
//! that hears it arrives again.

mod lost;

use hearken_core::actor::Actor;
use hearken_core::clock::from_millis;
use hearken_core::ids::{AccountId, ConversationId, OrganisationId, Seq};
use hearken_core::node::LineKind;
use hearken_core::store::{Find, StoreError};
use hearken_core::{At, Core, ReadError, Reply, UpdateError};
use jiff::{SignedDuration, Timestamp};

pub use self::lost::{abandon, gone};
use crate::chats::{every, open_of};
use crate::rows::{self, Reach, Row};
use crate::rules::room::Room;
use crate::rules::{Refusal, grace, listing, seat};
use crate::stored::{Away, Chat, Listed, Side, Stage};

/// The lines of whoever has a socket open.
pub const LINE: LineKind = "desk.socket";
/// How many flagged chats are shown (seed: `flagged_chats`, the top 15).
pub const MOST_FLAGGED: usize = 15;

/// A chat as lists show it.
pub type ListedChat = (ConversationId, Listed);

/// A chat to which somebody has come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// Which.
    pub reach: Reach,
    /// What was known of his being away.
    pub away: Away,
}

/// Makes the actor online, whose line is open by now, and ends his grace. Answers whether he has just come.
pub async fn arrive(core: &Core, actor: &Actor) -> Result<bool, UpdateError<Refusal>> {
    let Actor::Person(person) = actor else { return Err(UpdateError::NotFound) };
    let account = &person.account;
    let side = Side::of(&account.roles).ok_or(UpdateError::Refused(Refusal::StaffOnly))?;
    let (organisation, me) = (account.organisation_id, account.id);
    core.update(actor, seat::of(organisation, me), move |chair| Ok(seat::arrive(chair, me, side))).await
}

/// Ends the grace of each chat that waits for the actor, and answers which did.
pub async fn come_back(core: &Core, actor: &Actor) -> Result<Vec<Back>, UpdateError<Refusal>> {
    let me = actor.account().ok_or(UpdateError::NotFound)?;
    let waiting = every(listing::AWAY, me.to_string(), MOST_CHATS);
    let waiting = core.find(&waiting).await.map_err(|_| UpdateError::Unavailable)?;
    let mut back = Vec::new();
    for row in waiting {
        match core.update(actor, At::id(row.conversation), move |room| Ok(come_back_to(room, me))).await {
            Ok(came) => back.extend(came),
            // It has been erased meanwhile.
            Err(UpdateError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(back)
}

/// How many chats of one person are gone through at most, when he comes and goes.
pub(crate) const MOST_CHATS: usize = 10_000;

fn come_back_to(room: &mut Room<'_, '_>, me: AccountId) -> Option<Back> {
    let away = grace::come_back(room, me)?;
    let reach = Reach { chat: room.identity().id, last: room.last_seq(), skipped: room.state().skipped };
    Some(Back { reach, away })
}

/// The rows that somebody has missed while he was away, as far as he may see them; the newest `limit`. Where it is not
/// known what he had got, those from `unsure` before his line was lost: as long as a dead line may go unnoticed.
pub async fn missed(
    core: &Core,
    actor: &Actor,
    back: Back,
    unsure: SignedDuration,
    limit: usize,
) -> Result<Vec<Row>, ReadError> {
    match (back.away.got, back.away.since) {
        (Some(got), _) => rows::read_since(core, actor, back.reach, got, limit).await,
        (None, Some(since)) => {
            let since = from_millis(since);
            let since = since.checked_sub(unsure).unwrap_or(Timestamp::MIN);
            rows::read_later(core, actor, back.reach, since, limit).await
        }
        (None, None) => Ok(Vec::new()),
    }
}

/// A socket of the actor is lost; it had got everything of this chat up to this place. Nobody need wait for the answer.
pub fn note(core: &Core, actor: &Actor, chat: ConversationId, got: Seq) -> Reply<(), Refusal> {
    let me = actor.account();
    core.update(actor, At::<Chat>::id(chat), move |room| {
        if let Some(me) = me {
            grace::note(room, me, got);
        }
        Ok(())
    })
}

/// The open chats that somebody is in: a visitor's one, or those that he serves; the longest open first.
pub async fn open_chats(core: &Core, me: AccountId) -> Result<Vec<ListedChat>, StoreError> {
    listed(core, open_of(me, MOST_CHATS)).await
}

/// The queue: what waits to be claimed, the longest waiting first, at most so many.
pub async fn queue(
    core: &Core,
    organisation: OrganisationId,
    limit: usize,
) -> Result<Vec<ListedChat>, StoreError> {
    listed(core, every(listing::CHATS, listing::at_stage(organisation, Stage::Unclaimed), limit)).await
}

/// The chats that were flagged last, the latest first.
pub async fn flagged(core: &Core, organisation: OrganisationId) -> Result<Vec<ListedChat>, StoreError> {
    let mut find = every(listing::FLAGGED, organisation.to_string(), MOST_FLAGGED);
    find.descending = true;
    listed(core, find).await
}

/// Who is online on a side, whoever has been so longest first, at most so many.
pub async fn online(
    core: &Core,
    organisation: OrganisationId,
    side: Side,
    limit: usize,
) -> Result<Vec<AccountId>, StoreError> {
    let rows = core.find(&every(seat::ONLINE, seat::online_at(organisation, side), limit)).await?;
    Ok(rows.iter().filter_map(|row| row.value.parse().ok()).collect())
}

async fn listed(core: &Core, find: Find) -> Result<Vec<ListedChat>, StoreError> {
    let rows = core.find(&find).await?;
    Ok(rows.iter().filter_map(|row| Some((row.conversation, Listed::read(&row.value)?))).collect())
}
