//! Bringing two together who wait (contract, "Rooms": `POST {msg_from}` alone).
//!
//! Whoever asks is put among those who wait, and only then looks for somebody. So of two who ask at once, the one whose
//! waiting is saved later finds the other, and nobody is left waiting beside somebody whom he could have met. That each
//! is met once is for the rule, in the commit; what is looked up here is only whom to try.

use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::ids::AccountId;
use hearken_core::store::{AccountRef, Find, IndexEntry};
use hearken_core::token::fill_random;
use hearken_core::{Core, UpdateError};
use jiff::Timestamp;

use super::{Guest, signed, unobstructed};
use crate::rules::dialogue::Pair;
use crate::rules::meeting::{self, Missed};
use crate::rules::{Refusal, seat};

/// How many of those who wait are looked up at once. One of them is tried first, whichever: if all who ask at the same
/// time tried the same one, all but one would have to try again.
const LOOKED_UP: usize = 32;
/// How many are tried for one who asks. With each try that fails somebody else has met somebody, unless these two do not
/// meet again; whoever still finds nobody goes on waiting.
const MOST_TRIES: usize = 1024;
/// How often one who asks may have to end a room first whose time is over.
const MOST_UNENDED: usize = 4;

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// The actor is in a room with somebody.
    Somebody,
    /// He waits.
    Nobody,
}

/// The actor waits for somebody, and meets whoever waits already.
pub async fn meet(core: &Core, actor: &Actor, ttl: Duration) -> Result<Met, UpdateError<Refusal>> {
    let guest = Guest::of(actor).ok_or(UpdateError::NotFound)?;
    begin_to_wait(core, actor, guest).await?;
    let (mut from, mut tries) = (i64::MIN, 0);
    loop {
        let (mut waiting, all) = look_up(core, guest, from).await?;
        from = waiting.last().map_or(from, |last| last.order.saturating_add(1));
        let first = usize::from(random::<1>()[0]) % waiting.len().max(1);
        waiting.rotate_left(first);
        for candidate in waiting {
            let Some(peer) = worth_a_try(core, guest, &candidate).await? else { continue };
            tries += 1;
            match bring_together(core, actor, guest, peer, ttl).await {
                Ok(()) | Err(UpdateError::Refused(Missed::Met)) => return Ok(Met::Somebody),
                Err(UpdateError::Refused(Missed::Stopped)) => return Ok(Met::Nobody),
                Err(UpdateError::Refused(Missed::Gone)) => {}
                Err(UpdateError::Refused(Missed::Refused(refusal))) => {
                    return Err(UpdateError::Refused(refusal));
                }
                Err(UpdateError::NotFound) => return Err(UpdateError::NotFound),
                Err(UpdateError::Busy) => return Err(UpdateError::Busy),
                Err(UpdateError::Collided(why)) => return Err(UpdateError::Collided(why)),
                Err(UpdateError::Unavailable) => return Err(UpdateError::Unavailable),
            }
        }
        if all || tries >= MOST_TRIES {
            return Ok(Met::Nobody);
        }
    }
}

async fn begin_to_wait(core: &Core, actor: &Actor, guest: Guest) -> Result<(), UpdateError<Refusal>> {
    let (me, order) = (guest.me, place_in_line(core.now()));
    for _ in 0..MOST_UNENDED {
        let at = seat::of(guest.organisation, me);
        let waits = core.update(actor, at, move |seat| seat::wait(seat, me, order)).await;
        if unobstructed(core, guest.organisation, waits).await?.is_some() {
            return Ok(());
        }
    }
    Err(UpdateError::Busy)
}

/// Those who wait from a place in the line on, and whether these are all.
async fn look_up(
    core: &Core,
    guest: Guest,
    from: i64,
) -> Result<(Vec<IndexEntry>, bool), UpdateError<Refusal>> {
    let find = Find {
        index: seat::WAITING.into(),
        key: guest.organisation.to_string(),
        from,
        to: i64::MAX,
        descending: false,
        limit: LOOKED_UP,
    };
    let found = core.find(&find).await.map_err(|_| UpdateError::Unavailable)?;
    let all = found.len() < LOOKED_UP;
    Ok((found, all))
}

/// Who that is, unless it is the guest himself or somebody who can't come: disabled, or gone.
async fn worth_a_try(
    core: &Core,
    guest: Guest,
    candidate: &IndexEntry,
) -> Result<Option<AccountId>, UpdateError<Refusal>> {
    let Ok(peer) = candidate.value.parse::<AccountId>() else { return Ok(None) };
    if peer == guest.me {
        return Ok(None);
    }
    let account = core.account(&AccountRef::Id(peer)).await.map_err(|_| UpdateError::Unavailable)?;
    Ok(account.filter(|account| !account.disabled).map(|account| account.id))
}

async fn bring_together(
    core: &Core,
    actor: &Actor,
    guest: Guest,
    peer: AccountId,
    ttl: Duration,
) -> Result<(), UpdateError<Missed>> {
    let (pair, ttl) = (Pair { me: guest.me, peer }, signed(ttl));
    let places = meeting::places(guest.organisation, pair);
    core.update_many(actor, places, move |drafts| meeting::bring_together(drafts, pair, ttl)).await
}

/// A place in the line: the time, and below its milliseconds chance, so that no two have the same.
fn place_in_line(now: Timestamp) -> i64 {
    let [a, b, c] = random();
    let chance = i64::from(u32::from_be_bytes([0, a, b, c]) & 0xf_ffff);
    (now.as_millisecond() << 20) | chance
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill_random(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_earlier_stands_before_who_came_later() {
        let at = |millis| Timestamp::from_millisecond(millis).expect("a time");
        for millis in [0, 1, 1_600_000_000_000, 253_402_207_200_000 >> 8] {
            assert!(place_in_line(at(millis)) < place_in_line(at(millis + 1)), "{millis}");
        }
        // Years from now it still fits.
        assert!(place_in_line(at(4_102_444_800_000)) > place_in_line(at(1_600_000_000_000)));
    }
}
