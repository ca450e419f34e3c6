//! Reading back: from the form in which things are kept to the core's types.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use super::tables::{Encoded, Line, Row, Tables};
use crate::body::Body;
use crate::conversation::{Conversation, Identity, Registry, Target};
use crate::event::{Audience, Event, Logged, Memo};
use crate::ids::{AccountId, ConversationId, Seq};
use crate::node::Slices;
use crate::store::{DueTimer, Find, InboxPlace, IndexEntry, StoredEvent, Waiting, WaitingEvent};

impl Tables {
    /// The row a target names, with its identifier.
    pub(super) fn row(&self, target: &Target) -> Option<(ConversationId, &Row)> {
        let id = match target {
            Target::Id(id) => *id,
            Target::Key { kind, organisation, key } => {
                *self.keys.get(&(*organisation, (*kind).to_owned(), Arc::clone(key)))?
            }
        };
        Some((id, self.conversations.get(&id)?))
    }

    /// The conversation a target names, if its kind is registered.
    pub(super) fn conversation(&self, registry: &Registry, target: &Target) -> Option<Conversation> {
        let (id, row) = self.row(target)?;
        Some(row.conversation(row.identity(id, registry)?))
    }

    pub(super) fn conversations_of(
        &self,
        account: AccountId,
        kinds: &[&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> Vec<Conversation> {
        let places = self.places.get(&account).into_iter();
        let later = places
            .flat_map(|ids| ids.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)));
        let found = later.filter_map(|id| {
            let row = self.conversations.get(id)?;
            let kind = kinds.iter().find(|kind| **kind == row.kind)?;
            let is_in = row.members.iter().any(|member| member.account == account && member.is_in());
            is_in.then(|| row.conversation(row.identity_as(*id, kind)))
        });
        found.take(limit).collect()
    }

    pub(super) fn waiting_conversations(
        &self,
        kinds: &[&'static str],
        after: Option<ConversationId>,
        limit: usize,
    ) -> Vec<ConversationId> {
        let waits = |line: &Line| line.pending.is_some_and(|pending| !pending.is_empty());
        self.conversations
            .range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded))
            .filter(|(_, row)| kinds.contains(&row.kind.as_str()) && row.events.values().any(waits))
            .map(|(id, _)| *id)
            .take(limit)
            .collect()
    }

    pub(super) fn events(
        &self,
        identity: &Arc<Identity>,
        after: Seq,
        upto: Seq,
        limit: usize,
    ) -> Vec<StoredEvent> {
        let Some(row) = self.conversations.get(&identity.id) else { return Vec::new() };
        row.between(after, upto).take(limit).map(|(seq, line)| line.stored(*seq, identity)).collect()
    }

    pub(super) fn inbox(&self, account: AccountId, kinds: &[&'static str]) -> Vec<InboxPlace> {
        let ids = self.places.get(&account).into_iter().flatten();
        let rows = ids.filter_map(|id| Some((*id, self.conversations.get(id)?)));
        let ours = rows.filter(|(_, row)| kinds.contains(&row.kind.as_str()));
        ours.filter_map(|(id, row)| {
            let member = row.members.iter().find(|member| member.account == account && member.is_in())?;
            let floor = row.floors.get(&account).copied().unwrap_or(0).max(member.joined);
            let last = row.last_seq();
            (floor < last).then_some(InboxPlace { conversation: id, slot: member.slot, floor, last })
        })
        .collect()
    }

    pub(super) fn waiting(&self, place: &InboxPlace, limit: usize) -> Vec<WaitingEvent> {
        let Some(row) = self.conversations.get(&place.conversation) else { return Vec::new() };
        let waits = |line: &Line| line.pending.is_some_and(|pending| pending.contains(place.slot));
        row.between(place.floor, place.last)
            .filter(|(_, line)| waits(line))
            .take(limit)
            .map(|(seq, line)| WaitingEvent { arrival: line.arrival, seq: *seq })
            .collect()
    }

    pub(super) fn waiting_events(
        &self,
        registry: &Registry,
        wanted: &[(ConversationId, Seq)],
    ) -> Vec<Waiting> {
        let found = wanted.iter().filter_map(|(id, seq)| {
            let row = self.conversations.get(id)?;
            let line = row.events.get(seq).filter(|line| line.body.is_some())?;
            let identity = Arc::new(row.identity(*id, registry)?);
            let slots: HashMap<u8, AccountId> = row
                .members
                .iter()
                .filter(|member| member.is_in())
                .map(|member| (member.slot, member.account))
                .collect();
            let waits_for =
                line.pending.unwrap_or_default().iter().filter_map(|slot| slots.get(&slot).copied());
            let waits_for = waits_for.collect();
            Some(Waiting { event: line.stored(*seq, &identity).event, waits_for })
        });
        found.collect()
    }

    pub(super) fn find(&self, find: &Find) -> Vec<IndexEntry> {
        self.find_page(find, 0).0
    }

    pub(super) fn find_page(&self, find: &Find, skip: u64) -> (Vec<IndexEntry>, u64) {
        let rows = self.index.get(&(find.index.to_string(), find.key.clone())).into_iter().flatten();
        let mut entries: Vec<_> = rows
            .filter(|(_, (order, _))| (find.from..=find.to).contains(order))
            .map(|(conversation, (order, value))| IndexEntry {
                index: find.index.clone(),
                key: find.key.clone(),
                conversation: *conversation,
                order: *order,
                value: value.clone(),
            })
            .collect();
        entries.sort_by_key(|entry| (entry.order, entry.conversation));
        if find.descending {
            entries.reverse();
        }
        let total = entries.len() as u64;
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        (entries.into_iter().skip(skip).take(find.limit).collect(), total)
    }

    pub(super) fn due_timers(&self, registry: &Registry, slices: &Slices, limit: usize) -> Vec<DueTimer> {
        let ours = self.due.iter().filter(|(_, conversation, _)| slices.contains(*conversation));
        let known = ours.filter_map(|(due, conversation, key)| {
            let kind = registry.name(&self.conversations.get(conversation)?.kind)?;
            Some(DueTimer { due: *due, conversation: *conversation, key: key.clone(), kind })
        });
        known.take(limit).collect()
    }
}

impl Row {
    fn conversation(&self, identity: Identity) -> Conversation {
        let mut header = self.header.clone();
        header.last_seq = self.last_seq();
        let members = self.members.as_slice().into();
        Conversation { identity: Arc::new(identity), header, members, state: decode(&self.state) }
    }

    fn identity(&self, id: ConversationId, registry: &Registry) -> Option<Identity> {
        Some(self.identity_as(id, registry.name(&self.kind)?))
    }

    /// The same, of the kind whose name this is.
    pub(super) fn identity_as(&self, id: ConversationId, kind: &'static str) -> Identity {
        Identity { id, kind, organisation: self.organisation, key: self.key.clone() }
    }

    fn between(&self, after: Seq, upto: Seq) -> impl Iterator<Item = (&Seq, &Line)> {
        let later = self.events.range((Bound::Excluded(after), Bound::Unbounded));
        later.take_while(move |(seq, _)| **seq <= upto)
    }
}

impl Line {
    pub(super) fn logged(&self, seq: Seq) -> Logged {
        Logged {
            seq,
            at: self.at,
            author: self.author,
            key: self.key.clone(),
            digest: self.digest,
            pending: self.pending,
            kept: self.body.is_some(),
        }
    }

    pub(super) fn stored(&self, seq: Seq, identity: &Arc<Identity>) -> StoredEvent {
        let audience = self.audience.as_deref().map(Audience::kept);
        let event = Event {
            conversation: Arc::clone(identity),
            seq,
            at: self.at,
            author: self.author,
            origin: self.origin,
            audience: audience.unwrap_or_else(Audience::members),
            body: self.body.as_ref().map(decode),
            memo: Memo::default(),
        };
        StoredEvent { event: Arc::new(event), pending: self.pending }
    }
}

pub(super) fn decode(encoded: &Encoded) -> Body {
    Body::stored(encoded.version, encoded.json.clone())
}
