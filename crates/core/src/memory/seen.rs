//! What a ledger has looked at, where others write too: nothing is locked here, so a commit looks whether all of it
//! still stands.

use std::collections::HashMap;

use super::tables::Tables;
use crate::conversation::Target;
use crate::ids::ConversationId;
use crate::store::{StoreError, Wanted};

/// Conversations as they were, and natural keys that nobody had.
#[derive(Default)]
pub(super) struct Seen {
    revisions: HashMap<ConversationId, Option<u64>>,
    absent: Vec<Target>,
}

impl Seen {
    /// What is there now of what is wanted.
    pub(super) fn of(tables: &Tables, wanted: &[Wanted]) -> Self {
        let mut seen = Self::default();
        for Wanted { target, .. } in wanted {
            match (tables.row(target), target) {
                (Some((id, row)), _) => drop(seen.revisions.insert(id, Some(row.revision))),
                (None, Target::Id(id)) => drop(seen.revisions.insert(*id, None)),
                (None, Target::Key { .. }) => seen.absent.push(target.clone()),
            }
        }
        seen
    }

    /// [`StoreError::Raced`] when somebody was first.
    pub(super) fn still_holds(&self, tables: &Tables) -> Result<(), StoreError> {
        let now = |id| tables.conversations.get(id).map(|row| row.revision);
        let same = self.revisions.iter().all(|(id, seen)| now(id) == *seen);
        let absent = self.absent.iter().all(|target| tables.row(target).is_none());
        if same && absent { Ok(()) } else { Err(StoreError::Raced) }
    }
}
