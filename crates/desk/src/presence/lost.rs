//! Somebody's last line is gone: at once, if he has left; else after his grace, unless he is back.
//!
//! Chats come first and the seat last: by the time he could hear from his seat that his line is lost, all his chats know.

use std::collections::HashSet;

use hearken_core::account::Account;
use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, ConversationId};
use hearken_core::node::{LostLine, Parting, Standing, Whose};
use hearken_core::store::{AccountRef, StoreError};
use hearken_core::{At, Core, Draft, Kind, UpdateError};
use jiff::{SignedDuration, Timestamp};

use super::{LINE, MOST_CHATS};
use crate::chats::{every, open_of};
use crate::rules::room::Room;
use crate::rules::{ending, grace, seat};
use crate::stored::{Chat, Seat};

/// How many of those who were online are looked up at once.
const PAGE: usize = 256;

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
    let mut find = every(seat::ONLINE, seat::EVERYBODY.to_owned(), PAGE);
    // Those who were looked at and stand at the place where the next page begins.
    let mut seen = HashSet::new();
    loop {
        let page = core.find(&find).await?;
        let Some(last) = page.last().map(|row| row.order) else { return Ok(()) };
        for row in page.iter().filter(|row| !seen.contains(&row.conversation)) {
            let person = row.value.split_once(':').and_then(|(_, person)| person.parse().ok());
            if let Some(person) = person {
                see_to(core, person, parting, since, length).await?;
            }
        }
        if page.len() < PAGE {
            return Ok(());
        }
        // Where a whole page stands at one place, the rest of those there is passed over: chance brings no two to one.
        find.from = if find.from == last { last.saturating_add(1) } else { last };
        seen = page.iter().filter(|row| row.order == last).map(|row| row.conversation).collect();
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
    if parting == Parting::Left {
        return leave(core, &account, false).await;
    }
    if length <= SignedDuration::ZERO {
        return leave(core, &account, true).await;
    }
    let due = since.checked_add(length).unwrap_or(Timestamp::MAX);
    each_open(core, person, move |room| grace::begin(room, person, since, due)).await?;
    sit(core, &account, move |chair| seat::lose_line(chair, person, due)).await
}

/// Somebody is erased, or may be here no more: he leaves at once, as the server's own act.
pub async fn abandon(core: &Core, account: &Account) -> Result<(), StoreError> {
    leave(core, account, false).await
}

async fn leave(core: &Core, account: &Account, lost: bool) -> Result<(), StoreError> {
    let person = account.id;
    each_open(core, person, move |room| ending::end(room, person, lost)).await?;
    sit(core, account, move |chair| seat::go_offline(chair, person)).await
}

/// Does something in each open chat that somebody is in.
async fn each_open(
    core: &Core,
    person: AccountId,
    rule: impl Fn(&mut Room<'_, '_>) + Clone + Send + 'static,
) -> Result<(), StoreError> {
    let open: Vec<ConversationId> =
        core.find(&open_of(person, MOST_CHATS)).await?.into_iter().map(|row| row.conversation).collect();
    for chat in open {
        act::<Chat>(core, At::id(chat), rule.clone()).await?;
    }
    Ok(())
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
    let done = core.update(&Actor::System("a lost line"), at, move |draft| {
        rule(draft);
        Ok::<_, std::convert::Infallible>(())
    });
    match done.await {
        Ok(()) | Err(UpdateError::NotFound) => Ok(()),
        Err(UpdateError::Collided(error)) => Err(error),
        Err(UpdateError::Busy | UpdateError::Unavailable) => {
            Err(StoreError::Unavailable("a lost line could not be noted".into()))
        }
        Err(UpdateError::Refused(never)) => match never {},
    }
}
