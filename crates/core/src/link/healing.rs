//! Finding in the store what was not heard.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Link;
use crate::bus::wire::Said;
use crate::gate::{Gate, SETTLED};
use crate::handle::Core;
use crate::hub::{Announcement, Ended};
use crate::ids::{AccountId, NoticeId};
use crate::store::StoreError;

/// What is lost is noticed within this time: by the next count, or by a silence.
const NOTICED: Duration = Duration::from_secs(5);
/// Conversations, notices or accounts that are read at once.
const PAGE: usize = 1000;
/// How far back, by arrivals, the log is looked at when a node starts: what lies further back is settled.
const LOOK_BACK: i64 = 20_000;
/// How far the dates of two nodes may differ, and how long a commit may take.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// At the start: what is in the store has been heard, for nobody follows yet. Notices among it are for lists.
pub(super) async fn begin(core: &Core, gate: &Gate) -> Result<(), StoreError> {
    let store = &core.0.store;
    let watermark = (store.last_arrival().await? - LOOK_BACK).max(0);
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.grown(watermark, after, PAGE).await?;
        after = page.last().map(|last| last.conversation);
        let more = page.len() == PAGE;
        all.extend(page);
        if !more {
            break;
        }
    }
    gate.begin(watermark, &all);
    let mut after = first_since(core.wall());
    loop {
        let page = store.notices_since(&core.0.registry, after, PAGE).await?;
        gate.know(page.iter().map(|notice| notice.id));
        after = page.last().map_or(after, |last| last.id);
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

/// One beat.
pub(super) async fn beat(core: &Core, link: &Link) {
    if let Some(outbox) = &link.outbox {
        outbox.put(Said::Count);
    }
    let now = link.monotonic.elapsed();
    match core.0.store.last_arrival().await {
        // A note that took long to take is none.
        Ok(arrival) if link.monotonic.elapsed() <= now + SETTLED / 10 => link.gate.note_arrival(now, arrival),
        Ok(_) => {}
        Err(_) => return,
    }
    if core.hears_everybody(link) {
        link.gate.settle(now.saturating_sub(NOTICED));
        *link.sound_until.lock() = core.wall().checked_sub(SLACK).ok();
        return;
    }
    link.doubtful.store(false, Ordering::Release);
    let begun = core.wall();
    match heal(core, link).await {
        Ok(()) => {
            link.stats.healed.fetch_add(1, Ordering::Relaxed);
            link.gate.settle(now);
            *link.sound_until.lock() = Some(begun);
        }
        Err(error) => {
            link.doubtful.store(true, Ordering::Release);
            tracing::warn!(%error, "what was not heard could not be read from the store");
        }
    }
}

/// Reads everything that may not have been heard.
async fn heal(core: &Core, link: &Link) -> Result<(), StoreError> {
    if link.outbox.is_some() {
        // What was taken back must not be shown by a tail that was not told of it.
        core.0.hub.drop_tails();
    }
    let mut after = None;
    loop {
        let page = core.0.store.grown(link.gate.watermark(), after, PAGE).await?;
        after = page.last().map(|last| last.conversation);
        link.gate.grew(&page);
        if page.len() < PAGE {
            break;
        }
    }
    core.look_at_everybody().await?;
    core.look_for_notices(link).await?;
    link.gate.until_whole().await;
    Ok(())
}

impl Core {
    /// Looks at what is known of people, and at all who are connected here.
    async fn look_at_everybody(&self) -> Result<(), StoreError> {
        self.0.directory.clear();
        self.0.revoked.load(&*self.0.store).await?;
        self.take_in_keys().await?;
        let connected = self.0.hub.connected();
        let mut ids: Vec<_> = connected.iter().map(|(account, _)| account.id).collect();
        ids.sort_unstable();
        ids.dedup();
        for some in ids.chunks(PAGE) {
            let found = self.0.store.accounts_among(some).await?;
            let found: HashMap<AccountId, _> =
                found.into_iter().map(|account| (account.id, account)).collect();
            for id in some {
                match found.get(id) {
                    Some(account) => self.0.hub.end_changed(account),
                    None => self.is_gone(*id),
                }
            }
        }
        for (account, sign_in) in connected {
            if self.0.revoked.contains(sign_in) {
                self.0.hub.end(account.id, Some(sign_in), Ended::SignedOut);
            }
        }
        self.look_for_the_gone().await
    }

    /// Tells what notices were kept of late; those that were told here already are not told again.
    async fn look_for_notices(&self, link: &Link) -> Result<(), StoreError> {
        let mut after = first_since(link.sound_until.lock().unwrap_or_else(|| self.wall()));
        loop {
            let page = self.0.store.notices_since(&self.0.registry, after, PAGE).await?;
            let more = page.len() == PAGE;
            after = page.last().map_or(after, |last| last.id);
            let untold = page.into_iter().filter(|notice| !self.0.handed.knows(notice.id));
            link.gate.announce(untold.map(Announcement::Notice).collect());
            if !more {
                return Ok(());
            }
        }
    }
}

/// The lowest identifier that a notice told since then may have.
fn first_since(at: Timestamp) -> NoticeId {
    let since = at.checked_sub(SLACK).unwrap_or(Timestamp::MIN).as_millisecond().max(0);
    NoticeId(uuid::Builder::from_unix_timestamp_millis(since as u64, &[0; 10]).into_uuid())
}
