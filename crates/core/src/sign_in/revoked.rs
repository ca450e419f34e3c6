//! Sign-ins that have ended before their tokens did. They are few, as each stays only as long as its tokens could
//! live, so all of them are at hand: a check of a token asks no store.

use std::collections::HashMap;

use jiff::Timestamp;
use parking_lot::RwLock;

use crate::ids::SignInId;
use crate::store::{Record, RecordChange, RecordName, Store, StoreError, Was};

const SPACE: &str = "revoked";
/// How many are read at once.
const PAGE: usize = 1000;

/// The sign-ins that have ended.
#[derive(Default)]
pub(crate) struct Revoked(RwLock<HashMap<SignInId, Timestamp>>);

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
        all.retain(|_, until| *until > now);
        all.insert(sign_in, expires);
    }

    /// Whether a sign-in has ended.
    pub(crate) fn contains(&self, sign_in: SignInId) -> bool {
        self.0.read().contains_key(&sign_in)
    }
}
