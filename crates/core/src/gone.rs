//! Who is being erased, or has been since the start: nobody acts as him, nobody seats him, and nothing that he said is
//! shown any more, whatever somebody still holds of him in memory.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use rustc_hash::FxHashSet as HashSet;

use crate::ids::AccountId;

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
