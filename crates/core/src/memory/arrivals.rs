//! What has come lately, for a node that was not told.

use std::ops::Bound;
use std::sync::Arc;

use super::read::decode;
use super::tables::{Line, Row, Tables};
use crate::conversation::{Identity, Registry};
use crate::ids::{ConversationId, NoticeId, Seq};
use crate::notice::Notice;
use crate::store::{Grown, StoredEvent};

impl Tables {
    pub(super) fn last_arrival(&self) -> i64 {
        let lines = self.conversations.values().flat_map(|row| row.events.values());
        lines.map(|line| line.arrival).max().unwrap_or(0)
    }

    pub(super) fn grown(&self, arrived: i64, after: Option<ConversationId>, limit: usize) -> Vec<Grown> {
        let later = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let grown = self.conversations.range(later).filter_map(|(id, row)| {
            let first = row.arrived(arrived).map(|(seq, _)| seq).last()?;
            let last = row.events.last_key_value().map(|(seq, _)| *seq)?;
            Some(Grown { conversation: *id, first: *first, last })
        });
        grown.take(limit).collect()
    }

    pub(super) fn arrived(
        &self,
        identity: &Arc<Identity>,
        arrived: i64,
        upto: Seq,
        limit: usize,
    ) -> Vec<StoredEvent> {
        let Some(row) = self.conversations.get(&identity.id) else { return Vec::new() };
        let last = row.events.range(..=upto).rev().take(limit);
        let late = last.filter(|(_, line)| line.arrival > arrived);
        let mut events: Vec<_> = late.map(|(seq, line)| line.stored(*seq, identity)).collect();
        events.reverse();
        events
    }

    pub(super) fn notices_since(
        &self,
        registry: &Registry,
        after: NoticeId,
        limit: usize,
    ) -> Vec<Arc<Notice>> {
        let later = self.notices.iter().filter(|(_, line)| line.id > after);
        let mut found: Vec<_> = later
            .filter_map(|((account, _), line)| {
                let row = self.conversations.get(&line.conversation)?;
                let kind = registry.name(&row.kind)?;
                Some(Arc::new(Notice {
                    id: line.id,
                    account: *account,
                    conversation: Arc::new(row.identity_as(line.conversation, kind)),
                    at: line.at,
                    origin: None,
                    kept: true,
                    body: decode(&line.body),
                }))
            })
            .collect();
        found.sort_by_key(|notice| notice.id);
        found.truncate(limit);
        found
    }
}

impl Row {
    /// The events that arrived after this one, the last first: within a conversation they arrive in order.
    fn arrived(&self, arrived: i64) -> impl Iterator<Item = (&Seq, &Line)> {
        self.events.iter().rev().take_while(move |(_, line)| line.arrival > arrived)
    }
}
