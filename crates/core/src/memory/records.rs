//! Records, with what a change of one insists on.

use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::Timestamp;

use super::to_millis;
use crate::ids::AccountId;
use crate::store::{KeptRecord, Record, RecordChange, RecordName, StoreError, Was};
use crate::words::names_one_of;

/// What is kept under names.
#[derive(Clone, Default)]
pub(super) struct Records(BTreeMap<RecordName, KeptRecord>);

impl Records {
    pub(super) fn get(&self, name: &RecordName) -> Option<KeptRecord> {
        self.0.get(name).cloned()
    }

    pub(super) fn of(&self, account: AccountId, after: Option<&RecordName>, limit: usize) -> Vec<KeptRecord> {
        let own = |kept: &&KeptRecord| kept.record.account == Some(account);
        self.after(after.cloned()).filter(own).take(limit).cloned().collect()
    }

    pub(super) fn within(&self, space: &str, after: Option<&str>, limit: usize) -> Vec<KeptRecord> {
        let inside = |kept: &&KeptRecord| kept.record.name.space == space;
        let later = |kept: &&KeptRecord| after.is_none_or(|after| kept.record.name.key.as_str() > after);
        self.after(None).filter(inside).filter(later).take(limit).cloned().collect()
    }

    pub(super) fn naming(&self, words: &[String]) -> Vec<RecordName> {
        let named = |kept: &&KeptRecord| {
            let record = &kept.record;
            names_one_of(record.name.key.as_bytes(), words) || names_one_of(&record.value, words)
        };
        self.after(None).filter(named).map(|kept| kept.record.name.clone()).collect()
    }

    fn after(&self, after: Option<RecordName>) -> impl Iterator<Item = &KeptRecord> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.0.range((from, Bound::Unbounded)).map(|(_, kept)| kept)
    }

    /// Makes one change. After an error this is not to be used any more: a batch is all or nothing.
    pub(super) fn change(&mut self, change: &RecordChange) -> Result<(), StoreError> {
        match change {
            RecordChange::Put(record, was) => {
                self.insist(&record.name, *was)?;
                let version = self.0.get(&record.name).map_or(0, |earlier| earlier.version) + 1;
                let record = Record { expires: record.expires.map(to_millis), ..record.clone() };
                self.0.insert(record.name.clone(), KeptRecord { record, version });
            }
            RecordChange::Remove(name, was) => {
                self.insist(name, *was)?;
                self.0.remove(name);
            }
        }
        Ok(())
    }

    fn insist(&self, name: &RecordName, was: Was) -> Result<(), StoreError> {
        let holds = match was {
            Was::Anything => true,
            Was::Absent => !self.0.contains_key(name),
            Was::Version(version) => self.0.get(name).is_some_and(|kept| kept.version == version),
        };
        if holds { Ok(()) } else { Err(StoreError::Conflict) }
    }

    pub(super) fn remove_of(&mut self, account: AccountId) {
        self.0.retain(|_, kept| kept.record.account != Some(account));
    }

    pub(super) fn sweep(&mut self, before: Timestamp, limit: usize) -> usize {
        let expired = |kept: &&KeptRecord| kept.record.expires.is_some_and(|expires| expires < before);
        let gone: Vec<_> =
            self.0.values().filter(expired).take(limit).map(|kept| kept.record.name.clone()).collect();
        for name in &gone {
            self.0.remove(name);
        }
        gone.len()
    }
}
