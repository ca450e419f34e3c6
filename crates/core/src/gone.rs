//! Who is being erased, or has been since the start: nobody acts as him, nobody seats him, and nothing that he said is
//! shown any more, whatever somebody still holds of him in memory. While it is under way a record says so to the other
//! nodes of a shared store; it goes with his account.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use rustc_hash::FxHashSet as HashSet;

use crate::ids::AccountId;
use crate::store::{Record, RecordChange, RecordName, Was};

/// Who is being erased from a shared store.
pub(crate) const GOING: &str = "going";

/// What says that somebody is being erased.
pub(crate) fn going(account: AccountId) -> RecordChange {
    let name = RecordName::new(GOING, account.to_string());
    let record = Record { name, account: Some(account), expires: None, value: b"{}".to_vec() };
    RecordChange::Put(record, Was::Anything)
}

/// The accounts that are gone. It grows by an identifier with each person erased, until the server is started anew.
#[derive(Default)]
pub(crate) struct Gone {
    any: AtomicBool,
    accounts: RwLock<HashSet<AccountId>>,
}

impl Gone {
    /// From now on this account is gone.
    pub(crate) fn add(&self, account: AccountId) {
        self.accounts.write().insert(account);
        self.any.store(true, Ordering::Release);
    }

    /// Whether this account is gone. Costs next to nothing while nobody is.
    pub(crate) fn has(&self, account: AccountId) -> bool {
        self.any.load(Ordering::Acquire) && self.accounts.read().contains(&account)
    }

    /// The same of nobody in particular.
    pub(crate) fn has_author(&self, author: Option<AccountId>) -> bool {
        author.is_some_and(|author| self.has(author))
    }
}
