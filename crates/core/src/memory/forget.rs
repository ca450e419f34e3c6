//! Forgetting people and whole conversations, and finding where somebody has left a trace.

use std::collections::BTreeSet;

use super::tables::{Line, Tables};
use crate::event::Audience;
use crate::ids::{AccountId, ConversationId, Seq};
use crate::store::Forget;
use crate::words::names_one_of;

impl Tables {
    /// Takes away events of a bounded part; answers up to where it has looked.
    pub(super) fn forget_part(&mut self, forget: &Forget, limit: usize) -> Option<Seq> {
        let row = self.conversations.get_mut(&forget.conversation)?;
        row.header.last_seq = row.last_seq();
        (row.stamp, row.revision) = (row.stamp + 1, row.revision + 1);
        let part: Vec<Seq> = row.events.range(forget.after + 1..).take(limit).map(|(seq, _)| *seq).collect();
        let upto = *part.last()?;
        self.forget_events(forget, upto);
        Some(upto)
    }

    /// Takes away everything that is left to be forgotten.
    pub(super) fn forget(&mut self, forget: &Forget) {
        let Forget { conversation, account, .. } = forget;
        let Some(row) = self.conversations.get_mut(conversation) else { return };
        row.header.last_seq = row.last_seq();
        self.forget_events(forget, Seq::MAX);
        match account {
            Some(account) => self.forget_person(*conversation, *account),
            None => self.forget_conversation(*conversation),
        }
    }

    fn forget_events(&mut self, forget: &Forget, upto: Seq) {
        let Some(row) = self.conversations.get_mut(&forget.conversation) else { return };
        row.events.retain(|seq, line| {
            let meant = *seq > forget.after && *seq <= upto;
            if meant && let Some(account) = forget.account {
                line.forget_name(account);
            }
            let goes = meant && forget.account.is_none_or(|account| line.author == Some(account));
            if goes {
                line.blank();
            }
            !(goes && forget.gaps)
        });
    }

    fn forget_person(&mut self, id: ConversationId, account: AccountId) {
        if let Some(row) = self.conversations.get_mut(&id) {
            row.members.retain(|member| member.account != account);
            row.floors.remove(&account);
        }
        if let Some(places) = self.places.get_mut(&account) {
            places.remove(&id);
        }
        let words = [account.to_string()];
        self.notices.retain(|(holder, _), line| {
            let named = *holder == account || names_one_of(&line.body.json, &words);
            line.conversation != id || !named
        });
    }

    fn forget_conversation(&mut self, id: ConversationId) {
        let Some(row) = self.conversations.remove(&id) else { return };
        self.keys.retain(|_, holder| *holder != id);
        for member in &row.members {
            if let Some(places) = self.places.get_mut(&member.account) {
                places.remove(&id);
            }
        }
        self.index.values_mut().for_each(|rows| drop(rows.remove(&id)));
        self.timers.retain(|(holder, _), _| *holder != id);
        self.due.retain(|(_, conversation, _)| *conversation != id);
        self.notices.retain(|_, line| line.conversation != id);
    }

    pub(super) fn places_of(
        &self,
        account: AccountId,
        after: Option<ConversationId>,
        limit: usize,
    ) -> Vec<ConversationId> {
        let places = self.places.get(&account).into_iter().flatten();
        places.filter(|id| after.is_none_or(|after| **id > after)).take(limit).copied().collect()
    }

    pub(super) fn traces_of(&self, account: AccountId, limit: usize) -> Vec<ConversationId> {
        let named = |line: &Line| {
            let audience = line.audience.as_deref().unwrap_or_default();
            line.author == Some(account) || names_one_of(audience, &[account.to_string()])
        };
        let rows = self.conversations.iter().filter(|(_, row)| row.events.values().any(named));
        rows.map(|(id, _)| *id).collect::<BTreeSet<_>>().into_iter().take(limit).collect()
    }
}

impl Line {
    /// Leaves nothing but its place and time.
    fn blank(&mut self) {
        (self.author, self.origin, self.audience) = (None, None, None);
        (self.body, self.key, self.digest) = (None, None, None);
        self.pending = self.pending.map(|_| crate::conversation::SlotSet::EMPTY);
    }

    /// Takes a person out of its audience.
    fn forget_name(&mut self, account: AccountId) {
        let without = |json: &[u8]| Audience::kept_without(json, account);
        if let Some(left) = self.audience.as_deref().and_then(without) {
            self.audience = Some(left);
        }
    }
}
