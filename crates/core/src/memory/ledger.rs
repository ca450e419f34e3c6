//! The write side, and the reads of rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::read::decode;
use super::ready;
use super::seen::Seen;
use super::tables::Tables;
use crate::conversation::{Registry, SlotSet};
use crate::event::{EventRef, Logged};
use crate::ids::{AccountId, ConversationId, Seq};
use crate::store::{Batch, Forget, Ledger, Loaded, StoreFuture, Wanted};

/// The one writer, or one of several.
pub(super) struct MemoryLedger {
    tables: Arc<Mutex<Tables>>,
    registry: Registry,
    /// What has been looked at since the last commit, if others write too.
    seen: Option<Seen>,
}

impl MemoryLedger {
    pub(super) fn new(tables: Arc<Mutex<Tables>>, registry: Registry, shared: bool) -> Self {
        Self { tables, registry, seen: shared.then(Seen::default) }
    }
}

impl Ledger for MemoryLedger {
    fn blocks(&self) -> bool {
        false
    }

    fn is_shared(&self) -> bool {
        self.seen.is_some()
    }

    fn load<'a>(&'a mut self, wanted: &'a [Wanted]) -> StoreFuture<'a, Vec<Loaded>> {
        let tables = self.tables.lock();
        if let Some(seen) = &mut self.seen {
            *seen = Seen::of(&tables, wanted);
        }
        ready(Ok(wanted.iter().map(|wanted| tables.load(&self.registry, wanted)).collect()))
    }

    fn commit<'a>(&'a mut self, batch: &'a Batch) -> StoreFuture<'a, ()> {
        let mut tables = self.tables.lock();
        let seen = self.seen.as_mut().map(std::mem::take);
        ready(seen.map_or(Ok(()), |seen| seen.still_holds(&tables)).and_then(|()| tables.write(batch)))
    }

    fn trim(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize> {
        ready(Ok(self.tables.lock().trim(before, limit)))
    }

    fn sweep(&mut self, before: Timestamp, limit: usize) -> StoreFuture<'_, usize> {
        ready(Ok(self.tables.lock().records.sweep(before, limit)))
    }

    fn raise_floors<'a>(
        &'a mut self,
        account: AccountId,
        floors: &'a [(ConversationId, Seq)],
    ) -> StoreFuture<'a, ()> {
        let mut tables = self.tables.lock();
        for (id, floor) in floors {
            if let Some(row) = tables.conversations.get_mut(id)
                && row.members.iter().any(|member| member.account == account)
            {
                let known = row.floors.entry(account).or_default();
                *known = (*known).max(*floor);
            }
        }
        ready(Ok(()))
    }

    fn forget<'a>(&'a mut self, forget: &'a Forget, limit: usize) -> StoreFuture<'a, Option<Seq>> {
        ready(Ok(self.tables.lock().forget_part(forget, limit)))
    }

    fn scrub<'a>(&'a mut self, _: &'a [u64]) -> StoreFuture<'a, ()> {
        ready(Ok(()))
    }

    fn fold(&mut self) -> StoreFuture<'_, bool> {
        ready(Ok(true))
    }
}

impl Tables {
    fn load(&self, registry: &Registry, wanted: &Wanted) -> Loaded {
        let mut loaded = Loaded::default();
        let found = self.row(&wanted.target);
        loaded.stamp = found.map_or(0, |(_, row)| row.stamp);
        loaded.stale = wanted.held.as_ref().is_some_and(|held| held.stamp != loaded.stamp);
        if wanted.conversation || loaded.stale {
            loaded.conversation = self.conversation(registry, &wanted.target);
        }
        let Some((id, row)) = found else { return loaded };
        let events = match &wanted.held {
            Some(held) if loaded.stale => &held.events,
            _ => &wanted.events,
        };
        if !events.is_empty() {
            let all = || row.events.iter().map(|(seq, line)| line.logged(*seq));
            let found = events.iter().flat_map(|which| {
                let most = if let EventRef::Waiting(most) = which { *most } else { usize::MAX };
                all().filter(|logged| which.matches(logged)).take(most)
            });
            let by_place: BTreeMap<Seq, Logged> = found.map(|logged| (logged.seq, logged)).collect();
            loaded.events = by_place.into_values().collect();
            if events.iter().any(|which| matches!(which, EventRef::Waiting(_))) {
                let waiting = loaded.events.iter().filter(|logged| EventRef::Waiting(0).matches(logged));
                let body = |logged: &Logged| Some((logged.seq, row.events.get(&logged.seq)?.body.as_ref()?));
                loaded.bodies = waiting.filter_map(body).map(|(seq, body)| (seq, decode(body))).collect();
            }
        }
        let timer = wanted.timer.as_ref();
        loaded.timer = timer.and_then(|key| self.timers.get(&(id, key.clone()))).copied();
        loaded
    }

    fn trim(&mut self, before: Timestamp, limit: usize) -> usize {
        let mut gone = 0;
        for row in self.conversations.values_mut() {
            let Some(last) = row.events.last_key_value().map(|(seq, _)| *seq) else { continue };
            row.events.retain(|seq, line| {
                let done = line.pending == Some(SlotSet::EMPTY) && line.body.is_none();
                let goes = gone < limit && done && line.at < before && *seq != last;
                gone += usize::from(goes);
                !goes
            });
        }
        gone
    }
}
