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
        self.entries.put(id, Entry::new(conversation));
        self.weigh(id);
    }

    /// Counts a conversation as what it weighs by now: its members and its state have changed.
    pub(crate) fn weigh(&mut self, id: ConversationId) {
        if let Some(entry) = self.entries.peek_mut(&id) {
            let weight = entry.weight();
            self.weight = self.weight - entry.counted + weight;
            entry.counted = weight;
        }
    }

    /// Drops a conversation.
    pub(crate) fn remove(&mut self, id: ConversationId) {
        if let Some(entry) = self.entries.pop(&id) {
            self.forget(&entry);
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
        self.weight -= entry.counted;
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
    use crate::body::Body;
    use crate::clock::from_millis;
    use crate::conversation::{Header, Identity, Member};
    use crate::ids::{AccountId, OrganisationId};

    const CAPACITY: usize = 200_000;

    /// A conversation as it is opened: with nobody in it yet.
    fn opened(number: u128) -> Conversation {
        let identity = Identity {
            id: ConversationId(Uuid::from_u128(number)),
            kind: "test.kind",
            organisation: OrganisationId(Uuid::nil()),
            key: Some(number.to_string().into()),
        };
        let state = Body::stored(1, b"{}".to_vec());
        Conversation { identity: Arc::new(identity), header: Header::new(), members: Arc::new([]), state }
    }

    fn members(count: usize) -> Arc<[Member]> {
        let member = |slot| Member {
            account: AccountId(Uuid::nil()),
            slot: slot as u8,
            role: String::new(),
            since: from_millis(0),
            joined: 0,
            left: None,
            read: 0,
        };
        (0..count).map(member).collect()
    }

    /// Opens a thousand conversations, each of which comes to have `grown` members and then `left`.
    #[track_caller]
    fn check(grown: usize, left: usize) {
        let mut cache = Cache::new(CAPACITY);
        for number in 0..1000 {
            let conversation = opened(number);
            let id = conversation.identity.id;
            cache.insert(conversation);
            for count in [grown, left] {
                cache.get_mut(id).expect("just put there").conversation.members = members(count);
                cache.weigh(id);
            }
            cache.shrink();
            let held: usize = cache.entries.iter().map(|(_, entry)| entry.weight()).sum();
            assert_eq!(cache.weight, held, "after {number}");
            assert!(held <= CAPACITY, "{held} bytes after {number}");
            assert_eq!(cache.entries.len(), cache.by_key.len());
        }
    }

    #[test]
    fn what_grows_at_hand_counts_as_what_it_is() {
        check(0, 0);
        check(2, 2);
        check(128, 128);
        check(128, 1);
    }
}
