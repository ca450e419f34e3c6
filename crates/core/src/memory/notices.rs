//! Notices: kept in the order in which they came, each person's apart.

use std::collections::HashSet;
use std::ops::Bound;
use std::sync::Arc;

use super::read::decode;
use super::tables::{NoticeLine, Tables};
use super::to_millis;
use super::write::encode;
use crate::ids::{AccountId, NoticeId};
use crate::notice::{KeptNotice, MOST_NOTICES, Notice};

impl Tables {
    pub(super) fn write_notice(&mut self, notice: &Notice) {
        let account = notice.account;
        let last = self.notices.range((account, 0)..=(account, u64::MAX)).next_back();
        let place = last.map_or(0, |((_, place), _)| *place) + 1;
        let line = NoticeLine {
            id: notice.id,
            conversation: notice.conversation.id,
            at: to_millis(notice.at),
            body: encode(&notice.body),
        };
        self.notices.insert((account, place), line);
        let too_old = (account, 0)..=(account, place.saturating_sub(MOST_NOTICES));
        let gone: Vec<_> = self.notices.range(too_old).map(|(key, _)| *key).collect();
        for key in gone {
            self.notices.remove(&key);
        }
    }

    pub(super) fn forget_passed(&mut self, passed: &[NoticeId]) {
        if !passed.is_empty() {
            let passed: HashSet<_> = passed.iter().collect();
            self.notices.retain(|_, line| !passed.contains(&line.id));
        }
    }

    pub(super) fn notices(
        &self,
        account: AccountId,
        kinds: &[&'static str],
        after: u64,
        limit: usize,
    ) -> Vec<KeptNotice> {
        let later = (Bound::Excluded((account, after)), Bound::Included((account, u64::MAX)));
        let kept = self.notices.range(later).filter_map(|((_, place), line)| {
            let row = self.conversations.get(&line.conversation)?;
            let kind = kinds.iter().find(|kind| **kind == row.kind)?;
            let notice = Notice {
                id: line.id,
                account,
                conversation: Arc::new(row.identity_as(line.conversation, kind)),
                at: line.at,
                origin: None,
                kept: true,
                body: decode(&line.body),
            };
            Some(KeptNotice { place: *place, notice: Arc::new(notice) })
        });
        kept.take(limit).collect()
    }
}
