//! Sign-ins that have ended before their tokens did. They are few, as each stays only as long as its tokens could
//! live, so all of them are at hand: a check of a token asks no store.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use parking_lot::RwLock;

use crate::ids::SignInId;
use crate::store::{Record, RecordChange, RecordName, Store, StoreError, Was};

const SPACE: &str = "revoked";
/// How many are read at once.
const PAGE: usize = 1000;

/// The sign-ins that have ended.
#[derive(Default)]
pub(crate) struct Revoked(RwLock<All>);

#[derive(Default)]
struct All {
    until: HashMap<SignInId, Timestamp>,
    /// The same, those first whose tokens end first.
    in_order: BTreeSet<(Timestamp, SignInId)>,
}

impl All {
    fn insert(&mut self, sign_in: SignInId, expires: Timestamp) {
        if let Some(earlier) = self.until.insert(sign_in, expires) {
            self.in_order.remove(&(earlier, sign_in));
        }
        self.in_order.insert((expires, sign_in));
    }

    fn forget_ended(&mut self, now: Timestamp) {
        while let Some((until, sign_in)) = self.in_order.first().copied().filter(|(until, _)| *until <= now) {
            self.in_order.remove(&(until, sign_in));
            self.until.remove(&sign_in);
        }
    }
}

impl Revoked {
    /// Reads those in the store.
    pub(crate) async fn load(&self, store: &dyn Store) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        loop {
            let page = store.records_in(SPACE, after.as_deref(), PAGE).await?;
            let more = page.len() == PAGE;
            after = page.last().map(|kept| kept.record.name.key.clone());
            let mut all = self.0.write();
            for kept in page {
                if let (Ok(sign_in), Some(expires)) = (kept.record.name.key.parse(), kept.record.expires) {
                    all.insert(sign_in, expires);
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// What notes in the store that a sign-in has ended, whose tokens live until `expires`.
    pub(crate) fn note(sign_in: SignInId, expires: Timestamp) -> RecordChange {
        let name = RecordName::new(SPACE, sign_in.to_string());
        let record = Record { name, account: None, expires: Some(expires), value: b"{}".to_vec() };
        RecordChange::Put(record, Was::Anything)
    }

    /// Notes it here, once that is committed; and forgets those whose tokens have ended by `now`.
    pub(crate) fn add(&self, sign_in: SignInId, expires: Timestamp, now: Timestamp) {
        let mut all = self.0.write();
        all.forget_ended(now);
        all.insert(sign_in, expires);
    }

    /// Whether a sign-in has ended.
    pub(crate) fn contains(&self, sign_in: SignInId) -> bool {
        self.0.read().until.contains_key(&sign_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_millis;

    #[test]
    fn an_end_is_remembered_as_long_as_its_tokens_live() {
        let revoked = Revoked::default();
        let name = |n| SignInId(uuid::Uuid::from_u128(n));
        // Told out of order, and one of them twice.
        for (n, until) in [(1, 30), (2, 10), (3, 20), (2, 40)] {
            revoked.add(name(n), from_millis(until), from_millis(0));
        }
        let known = |at| {
            revoked.add(name(9), from_millis(1000), from_millis(at));
            [1, 2, 3].map(|n| revoked.contains(name(n)))
        };
        assert_eq!(known(19), [true, true, true]);
        assert_eq!(known(20), [true, true, false]);
        assert_eq!(known(30), [false, true, false], "the later of its two ends counts");
        assert_eq!(known(40), [false, false, false]);
        let all = revoked.0.read();
        assert_eq!((all.until.len(), all.in_order.len()), (1, 1));
    }
}
