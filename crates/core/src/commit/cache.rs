//! The conversations at hand. Only the committer touches them, so they change in place while a batch runs; if the
//! batch fails, they are dropped and read again. Between batches they hold committed state, and any may go.

use std::sync::Arc;

use lru::LruCache;
use rustc_hash::{FxBuildHasher, FxHashMap as HashMap};

use super::entry::Entry;
use crate::conversation::{Conversation, Target};
use crate::ids::ConversationId;

type Key = (&'static str, crate::ids::OrganisationId, Arc<str>);

/// A bounded set of cached conversations.
pub(crate) struct Cache {
    entries: LruCache<ConversationId, Entry, FxBuildHasher>,
    by_key: HashMap<Key, ConversationId>,
    weight: usize,
    capacity: usize,
}

impl Cache {
    /// Keeps about `capacity` bytes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: LruCache::unbounded_with_hasher(FxBuildHasher),
            by_key: HashMap::default(),
            weight: 0,
            capacity,
        }
    }

    /// The conversation a target names, if it is at hand.
    pub(crate) fn resolve(&self, target: &Target) -> Option<ConversationId> {
        match target {
            Target::Id(id) => self.entries.contains(id).then_some(*id),
            Target::Key { kind, organisation, key } => {
                self.by_key.get(&(*kind, *organisation, Arc::clone(key))).copied()
            }
        }
    }

    /// The entry, without counting it as used.
    pub(crate) fn peek(&self, id: ConversationId) -> Option<&Entry> {
        self.entries.peek(&id)
    }

    /// The entry, to be changed.
    pub(crate) fn get_mut(&mut self, id: ConversationId) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    /// Takes in a conversation with its stamp, unless it is there.
    pub(crate) fn insert(&mut self, conversation: Conversation, stamp: u64) {
        let id = conversation.identity.id;
        if self.entries.contains(&id) {
            return;
        }
        if let Some(key) = key_of(&conversation) {
            self.by_key.insert(key, id);
        }
        let entry = Entry::new(conversation, stamp);
        self.weight += entry.weight;
        self.entries.put(id, entry);
    }

    /// Raises the stamp of a conversation, as the store has with the commit.
    pub(crate) fn stamp(&mut self, id: ConversationId) {
        if let Some(entry) = self.entries.peek_mut(&id) {
            entry.stamp += 1;
        }
    }

    /// Drops a conversation.
    pub(crate) fn remove(&mut self, id: ConversationId) {
        if let Some(entry) = self.entries.pop(&id) {
            self.forget(&entry);
        }
    }

    /// Takes account of what a batch has done to a conversation.
    pub(crate) fn settle(&mut self, id: ConversationId) {
        if let Some(entry) = self.entries.get_mut(&id) {
            self.weight -= entry.weight;
            entry.settle();
            self.weight += entry.weight;
        }
    }

    /// Drops those used longest ago until what is left fits.
    pub(crate) fn shrink(&mut self) {
        while self.weight > self.capacity && self.entries.len() > 1 {
            let Some((_, entry)) = self.entries.pop_lru() else { return };
            self.forget(&entry);
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.by_key.clear();
        self.weight = 0;
    }

    fn forget(&mut self, entry: &Entry) {
        self.weight -= entry.weight;
        if let Some(key) = key_of(&entry.conversation) {
            self.by_key.remove(&key);
        }
    }
}

fn key_of(conversation: &Conversation) -> Option<Key> {
    let identity = &conversation.identity;
    identity.key.as_ref().map(|key| (identity.kind, identity.organisation, Arc::clone(key)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::body::{Body, Stored};
    use crate::clock::from_millis;
    use crate::conversation::{Header, Identity, Member};
    use crate::ids::{AccountId, OrganisationId};

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Nothing;

    impl Stored for Nothing {
        const VERSION: u16 = 1;
    }

    fn conversation(n: u128) -> Conversation {
        let (id, organisation) = (ConversationId(Uuid::from_u128(n)), OrganisationId(Uuid::nil()));
        let identity = Identity { id, kind: "test.kind", organisation, key: Some(n.to_string().into()) };
        let state = Body::of(Nothing);
        Conversation { identity: Arc::new(identity), header: Header::new(), members: Arc::new([]), state }
    }

    fn member(n: u128) -> Member {
        let (account, role) = (AccountId(Uuid::from_u128(n)), String::new());
        Member { account, slot: 0, role, since: from_millis(0), joined: 0, left: None, read: 0 }
    }

    #[test]
    fn it_stays_within_its_bounds_though_conversations_grow() {
        const CAPACITY: usize = 1 << 20;
        let mut cache = Cache::new(CAPACITY);
        for n in 0..1000 {
            cache.insert(conversation(n), 0);
            let id = ConversationId(Uuid::from_u128(n));
            let entry = cache.get_mut(id).expect("just put there");
            entry.conversation.members = (0..128).map(member).collect();
            cache.settle(id);
            cache.shrink();
            assert!(cache.peek(id).is_some(), "the last one used stays");
        }
        let real: usize = cache.entries.iter().map(|(_, entry)| entry.conversation.members.len() * 112).sum();
        assert!((CAPACITY / 2..=CAPACITY).contains(&real), "{real} bytes of members alone");
        assert_eq!(cache.by_key.len(), cache.entries.len());
        for n in 0..1000 {
            cache.remove(ConversationId(Uuid::from_u128(n)));
        }
        assert_eq!((cache.weight, cache.entries.len(), cache.by_key.len()), (0, 0, 0));
    }
}
