//! Writing a batch: first everything is looked at that could refuse it, then everything is done.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::tables::{Encoded, Line, NaturalKey, Row, Tables};
use super::to_millis;
use crate::body::Body;
use crate::conversation::{Conversation, SlotSet, TimerChange};
use crate::ids::{ConversationId, Seq};
use crate::store::{
    Batch, ClearedSlot, ConversationRow, DirectoryChange, EventRow, IndexChange, StoreError, WaitingChange,
};

impl Tables {
    /// Writes the batch, all or nothing.
    pub(super) fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.admit(batch)?;
        if !batch.directory.is_empty() || !batch.records.is_empty() {
            let (mut people, mut records) = (self.people.clone(), self.records.clone());
            for change in &batch.directory {
                people.change(change)?;
                if let DirectoryChange::RemoveAccount(account) = change {
                    records.remove_of(*account);
                }
            }
            batch.records.iter().try_for_each(|change| records.change(change))?;
            (self.people, self.records) = (people, records);
            for change in &batch.directory {
                if let DirectoryChange::RemoveAccount(account) = change {
                    self.notices.retain(|(holder, _), _| holder != account);
                }
            }
        }
        batch.conversations.iter().for_each(|row| self.write_conversation(row));
        batch.events.iter().for_each(|row| self.write_event(row));
        batch.waiting.iter().for_each(|change| self.write_waiting(change));
        batch.cleared.iter().for_each(|slot| self.clear_slot(slot));
        batch.emptied.iter().for_each(|(id, upto)| self.empty(*id, *upto));
        batch.index.iter().for_each(|change| self.write_index(change));
        batch.timers.iter().for_each(|(id, change)| self.write_timer(*id, change));
        batch.notices.iter().for_each(|notice| self.write_notice(notice));
        self.forget_passed(&batch.passed);
        batch.forgotten.iter().for_each(|forget| self.forget(forget));
        self.stamp(batch);
        Ok(())
    }

    fn stamp(&mut self, batch: &Batch) {
        let touched = batch.touched();
        for id in &touched {
            if let Some(row) = self.conversations.get_mut(id) {
                row.stamp += 1;
            }
        }
        let index = batch.index.iter().map(|change| match change {
            IndexChange::Put(entry) => entry.conversation,
            IndexChange::Remove { conversation, .. } => *conversation,
        });
        for id in index.chain(batch.timers.iter().map(|(id, _)| *id)).chain(touched) {
            if let Some(row) = self.conversations.get_mut(&id) {
                row.revision += 1;
            }
        }
    }

    /// Refuses what a durable store's own constraints would, all but people's.
    fn admit(&self, batch: &Batch) -> Result<(), StoreError> {
        let refuse = |what: &str| Err(StoreError::Unavailable(what.into()));
        let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
        for row in &batch.conversations {
            let id = row.conversation.identity.id;
            let exists = self.conversations.contains_key(&id) || ids.contains(&id);
            if row.is_new && exists {
                return refuse("a conversation of this identifier exists");
            }
            if !row.is_new && !exists {
                return refuse("a conversation to be changed does not exist");
            }
            ids.insert(id);
            if let Some(key) = key_of(&row.conversation)
                && (!keys.insert(key.clone()) || self.keys.get(&key).is_some_and(|holder| *holder != id))
            {
                return Err(StoreError::Raced);
            }
        }
        let mut seqs = HashMap::<_, HashSet<_>>::new();
        for row in &batch.events {
            let (id, seq) = (row.event.conversation.id, row.event.seq);
            let earlier = self.conversations.get(&id);
            if earlier.is_none() && !ids.contains(&id) {
                return refuse("an event belongs to no conversation");
            }
            let taken = earlier.is_some_and(|earlier| earlier.events.contains_key(&seq));
            if taken || !seqs.entry(id).or_default().insert(seq) {
                return refuse("a place in a log is taken");
            }
        }
        Ok(())
    }

    fn write_conversation(&mut self, written: &ConversationRow) {
        let Conversation { identity, header, members, state } = &written.conversation;
        let mut header = header.clone();
        header.starts = header.starts.map(to_millis);
        header.ends = header.ends.map(to_millis);
        if let Some(key) = key_of(&written.conversation) {
            self.keys.insert(key, identity.id);
        }
        let row = self.conversations.entry(identity.id).or_insert_with(|| Row {
            kind: identity.kind.to_owned(),
            organisation: identity.organisation,
            key: identity.key.clone(),
            header: header.clone(),
            stamp: 0,
            revision: 0,
            state: encode(state),
            members: Vec::new(),
            floors: HashMap::new(),
            events: std::collections::BTreeMap::new(),
        });
        (row.header, row.state) = (header, encode(state));
        if written.members_changed {
            row.members = members.to_vec();
            for member in &mut row.members {
                member.since = to_millis(member.since);
                self.places.entry(member.account).or_default().insert(identity.id);
            }
        }
    }

    fn write_event(&mut self, written: &EventRow) {
        let EventRow { event, key, digest, pending, kept } = written;
        let Some(row) = self.conversations.get_mut(&event.conversation.id) else { return };
        self.arrivals += 1;
        // Plain data always encodes; were it not so, nobody would be meant rather than everybody.
        let audience = || serde_json::to_vec(&event.audience).unwrap_or_default();
        let line = Line {
            arrival: self.arrivals,
            at: to_millis(event.at),
            author: event.author,
            origin: event.origin,
            audience: (!event.audience.is_everyone()).then(audience),
            body: event.body.as_ref().filter(|_| *kept).map(encode),
            key: key.clone(),
            digest: *digest,
            pending: *pending,
        };
        row.events.insert(event.seq, line);
    }

    fn write_waiting(&mut self, change: &WaitingChange) {
        if let Some(row) = self.conversations.get_mut(&change.conversation) {
            row.set_pending(change.seq, change.pending, change.kept);
        }
    }

    fn empty(&mut self, id: ConversationId, upto: Seq) {
        let Some(row) = self.conversations.get_mut(&id) else { return };
        for line in row.events.range_mut(..=upto).map(|(_, line)| line) {
            line.pending = line.pending.map(|_| SlotSet::EMPTY);
            line.body = None;
        }
    }

    fn clear_slot(&mut self, cleared: &ClearedSlot) {
        let Some(row) = self.conversations.get_mut(&cleared.conversation) else { return };
        for (_, line) in row.events.range_mut(..=cleared.upto) {
            if let Some(pending) = line.pending.as_mut()
                && pending.remove(cleared.slot)
                && pending.is_empty()
            {
                line.body = None;
            }
        }
    }

    fn write_index(&mut self, change: &IndexChange) {
        match change {
            IndexChange::Put(entry) => {
                let rows = self.index.entry((entry.index.to_string(), entry.key.clone())).or_default();
                rows.insert(entry.conversation, (entry.order, entry.value.clone()));
            }
            IndexChange::Remove { index, key, conversation } => {
                if let Some(rows) = self.index.get_mut(&(index.to_string(), key.clone())) {
                    rows.remove(conversation);
                }
            }
        }
    }

    fn write_timer(&mut self, id: ConversationId, change: &TimerChange) {
        let (key, due) = match change {
            TimerChange::SetOnce { key, .. } if self.timers.contains_key(&(id, key.clone())) => return,
            TimerChange::SetOnce { key, due } | TimerChange::Set { key, due } => (key, Some(to_millis(*due))),
            TimerChange::Cancel { key } => (key, None),
        };
        let timer = |due| (due, id, key.clone());
        if let Some(earlier) = self.timers.remove(&(id, key.clone())) {
            self.due.remove(&timer(earlier));
        }
        if let Some(due) = due {
            self.timers.insert((id, key.clone()), due);
            self.due.insert(timer(due));
        }
    }
}

fn key_of(conversation: &Conversation) -> Option<NaturalKey> {
    let identity = &conversation.identity;
    let key = identity.key.as_ref().map(Arc::clone)?;
    Some((identity.organisation, identity.kind.to_owned(), key))
}

pub(super) fn encode(body: &Body) -> Encoded {
    Encoded { version: body.version(), json: body.json().to_vec() }
}
