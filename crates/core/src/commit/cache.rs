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

    /// Takes in a conversation, unless it is there.
    pub(crate) fn insert(&mut self, conversation: Conversation) {
        let id = conversation.identity.id;
        if self.entries.contains(&id) {
            return;
        }
        if let Some(key) = key_of(&conversation) {
            self.by_key.insert(key, id);
        }
        let entry = Entry::new(conversation);
        self.weight += entry.weight();
        self.entries.put(id, entry);
    }

    /// Drops a conversation.
    pub(crate) fn remove(&mut self, id: ConversationId) {
        if let Some(entry) = self.entries.pop(&id) {
            self.forget(&entry);
        }
    }

    /// Drops those used longest ago until what is left fits. Weights are those at insertion: members may have come
    /// since, which is why this is a bound in bytes only roughly.
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
        self.weight = self.weight.saturating_sub(entry.weight());
        if let Some(key) = key_of(&entry.conversation) {
            self.by_key.remove(&key);
        }
        if self.entries.is_empty() {
            self.weight = 0;
        }
    }
}

fn key_of(conversation: &Conversation) -> Option<Key> {
    let identity = &conversation.identity;
    identity.key.as_ref().map(|key| (identity.kind, identity.organisation, Arc::clone(key)))
}
