//! Somebody's last line is gone: at once, if he has left; else after his grace, unless he is back.
//!
//! The seat comes first, and says that nobody is there; each of his chats is told only as long as that is so. Whoever is
//! back all the same hears it from his seat, takes it back there, and then in each chat that was told: in this order
//! nothing is forgotten, whatever happens between two commits.

use std::convert::Infallible;

use futures_util::future::try_join_all;
use hearken_core::account::Account;
use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, ConversationId};
use hearken_core::node::{LostLine, Parting, Standing, Whose};
use hearken_core::store::{AccountRef, IndexEntry, StoreError};
use hearken_core::{At, AtMany, Core, Draft, Kind, UpdateError};
use jiff::{SignedDuration, Timestamp};

use super::{LINE, MOST_CHATS};
use crate::chats::{every, open_of};
use crate::rules::room::Room;
use crate::rules::{ending, grace, seat};
use crate::stored::{Chat, Seat};
use crate::walk::Walk;

const SERVER: Actor = Actor::System("a lost line");
/// How many people are seen to at once, so that their rules come into few commits.
const AT_ONCE: usize = 64;

/// What is done about lines that are gone, with this grace.
pub async fn gone(core: Core, lost: LostLine, length: SignedDuration) -> Result<(), StoreError> {
    let ago = SignedDuration::try_from(lost.ago).unwrap_or_default();
    let since = core.now().checked_sub(ago).unwrap_or(Timestamp::MIN);
    match lost.whose {
        Whose::One(person) => see_to(&core, person, lost.parting, since, length).await,
        Whose::Everybody => everybody(&core, lost.parting, since, length).await,
    }
}

/// Everybody who was online when the server was last stopped.
async fn everybody(
    core: &Core,
    parting: Parting,
    since: Timestamp,
    length: SignedDuration,
) -> Result<(), StoreError> {
    let mut walk = Walk::new(every(seat::ONLINE, seat::EVERYBODY.to_owned(), 0));
    loop {
        let rows = walk.next(core).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let person = |row: &IndexEntry| row.value.split_once(':').and_then(|(_, person)| person.parse().ok());
        let people: Vec<AccountId> = rows.iter().filter_map(person).collect();
        for some in people.chunks(AT_ONCE) {
            try_join_all(some.iter().map(|person| see_to(core, *person, parting, since, length))).await?;
        }
    }
}

async fn see_to(
    core: &Core,
    person: AccountId,
    parting: Parting,
    since: Timestamp,
    length: SignedDuration,
) -> Result<(), StoreError> {
    if core.connected(LINE, &[person]).await? == [Standing::Open] {
        return Ok(());
    }
    let Some(account) = core.account(&AccountRef::Id(person)).await? else { return Ok(()) };
    if parting == Parting::Left || length <= SignedDuration::ZERO {
        return leave(core, &account, parting == Parting::Lost).await;
    }
    let due = since.checked_add(length).unwrap_or(Timestamp::MAX);
    sit(core, &account, move |chair| seat::lose_line(chair, person, since, due)).await?;
    for chat in open_chats(core, person).await? {
        let places =
            AtMany::default().and(seat::of(account.organisation_id, person)).and(At::<Chat>::id(chat));
        let begun = core.update_many(&SERVER, places, move |drafts| {
            let is_there = drafts.with(0, |chair: &mut seat::Chair<'_, '_>| {
                chair.leave_unopened();
                chair.state().is_there()
            });
            // Where he is back, what his socket has undone stays so.
            if is_there == Some(false) {
                drafts.with(1, |room: &mut Room<'_, '_>| grace::begin(room, person, since, due));
            }
            Ok(())
        });
        settled(begun.await)?;
    }
    Ok(())
}

/// Somebody is erased: he leaves at once, as the server's own act.
pub async fn abandon(core: &Core, account: &Account) -> Result<(), StoreError> {
    leave(core, account, false).await
}

/// First his seat says that nobody is there: whoever is back after all says so again, and what he has asked for before and
/// comes into no list here finds it. Last it says that he is gone, unless he is back: whoever stops in between leaves him
/// online, to be gone through again.
async fn leave(core: &Core, account: &Account, lost: bool) -> Result<(), StoreError> {
    let (person, now) = (account.id, core.now());
    sit(core, account, move |chair| seat::lose_line(chair, person, now, now)).await?;
    for chat in open_chats(core, person).await? {
        act::<Chat>(core, At::id(chat), move |room| ending::end(room, person, lost)).await?;
    }
    sit(core, account, move |chair| seat::leave(chair, person)).await
}

/// The open chats that somebody is in.
async fn open_chats(core: &Core, person: AccountId) -> Result<Vec<ConversationId>, StoreError> {
    let open = core.find(&open_of(person, MOST_CHATS)).await?;
    Ok(open.into_iter().map(|row| row.conversation).collect())
}

async fn sit(
    core: &Core,
    account: &Account,
    rule: impl Fn(&mut seat::Chair<'_, '_>) + Send + 'static,
) -> Result<(), StoreError> {
    act::<Seat>(core, seat::of(account.organisation_id, account.id), rule).await
}

/// The server's own act. What is not there any more needs nothing done.
async fn act<K: Kind>(
    core: &Core,
    at: At<K>,
    rule: impl Fn(&mut Draft<'_, '_, K>) + Send + 'static,
) -> Result<(), StoreError> {
    let done = core.update(&SERVER, at, move |draft| {
        rule(draft);
        Ok(())
    });
    settled(done.await)
}

fn settled(done: Result<(), UpdateError<Infallible>>) -> Result<(), StoreError> {
    match done {
        Ok(()) | Err(UpdateError::NotFound) => Ok(()),
        Err(UpdateError::Collided(error)) => Err(error),
        Err(UpdateError::Busy | UpdateError::Unavailable) => {
            Err(StoreError::Unavailable("a lost line could not be noted".into()))
        }
        Err(UpdateError::Refused(never)) => match never {},
    }
}
