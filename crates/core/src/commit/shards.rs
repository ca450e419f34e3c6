//! Which committer sees to which conversation, where there are several: all that is asked of one conversation at about
//! the same time should meet in one batch. Nothing but speed depends on it.

use std::hash::{BuildHasher as _, Hash};
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxBuildHasher;

use super::job::Place;
use crate::conversation::Target;
use crate::ids::ConversationId;

/// How many conversations are remembered that came by their natural key: 512 KiB.
const REMEMBERED: usize = 1 << 16;
/// The bits of a remembered line that say which committer; the others say of which conversation.
const SHARD: u64 = 0xFF;

/// Who sees to what.
pub(crate) struct Shards {
    count: usize,
    /// Where conversations are that are asked for by natural key, so that whoever asks by identifier goes there too. A
    /// place is taken by whoever came last; without one the identifier decides.
    known: Box<[AtomicU64]>,
}

impl Shards {
    /// For so many committers; at least one, and at most 255.
    pub(crate) fn new(count: usize) -> Self {
        let count = count.clamp(1, SHARD as usize);
        let remembered = if count > 1 { REMEMBERED } else { 0 };
        Self { count, known: (0..remembered).map(|_| AtomicU64::new(0)).collect() }
    }

    /// How many committers there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Which of them a job goes to. What is about no conversation goes to the first.
    pub(crate) fn of(&self, places: &[Place]) -> usize {
        if self.count == 1 {
            return 0;
        }
        match places.first().map(|place| &place.target) {
            None => 0,
            Some(Target::Id(id)) => self.of_id(*id),
            Some(Target::Key { kind, organisation, key }) => self.pick(hash((kind, organisation, key))),
        }
    }

    /// Notes that a conversation which is asked for by natural key is this committer's.
    pub(crate) fn note(&self, id: ConversationId, shard: usize) {
        if self.count > 1 {
            let hash = hash(id);
            self.known[place(hash)].store((hash & !SHARD) | (shard as u64 + 1), Ordering::Relaxed);
        }
    }

    fn of_id(&self, id: ConversationId) -> usize {
        let hash = hash(id);
        let known = self.known[place(hash)].load(Ordering::Relaxed);
        if known & !SHARD == hash & !SHARD && known & SHARD > 0 {
            return (known & SHARD) as usize - 1;
        }
        self.pick(hash)
    }

    fn pick(&self, hash: u64) -> usize {
        (hash >> 32) as usize % self.count
    }
}

fn hash(value: impl Hash) -> u64 {
    FxBuildHasher.hash_one(value)
}

fn place(hash: u64) -> usize {
    (hash >> 8) as usize % REMEMBERED
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::OrganisationId;

    fn at(target: Target) -> [Place; 1] {
        [Place { target, kind: None, events: Vec::new(), timer: None, initial: None }]
    }

    fn key(key: &str) -> [Place; 1] {
        at(Target::Key { kind: "test.kind", organisation: OrganisationId(Uuid::nil()), key: key.into() })
    }

    #[test]
    fn both_spellings_of_a_conversation_go_to_one_committer() {
        let shards = Shards::new(3);
        for n in 0..1000_u128 {
            let (by_key, id) =
                (shards.of(&key(&n.to_string())), ConversationId(Uuid::from_u128(n << 70 | n)));
            shards.note(id, by_key);
            assert_eq!(shards.of(&at(Target::Id(id))), by_key, "{n}");
        }
    }

    #[test]
    fn conversations_are_spread_and_the_rest_goes_to_the_first() {
        let shards = Shards::new(2);
        let by_key = (0..1000).filter(|n: &i32| shards.of(&key(&n.to_string())) == 0).count();
        let id = |n| at(Target::Id(ConversationId(Uuid::from_u128(n))));
        let by_id = (0..1000).filter(|n| shards.of(&id(*n)) == 0).count();
        assert!((300..700).contains(&by_key) && (300..700).contains(&by_id), "{by_key}, {by_id}");
        assert_eq!(shards.of(&[]), 0);
        assert_eq!(Shards::new(1).of(&key("any")), 0);
    }
}
