//! Who is who: accounts, kept at hand so that the hot path asks the store for nobody twice.

use std::sync::Arc;

use parking_lot::RwLock;
use quick_cache::sync::Cache;

use crate::account::{Account, Phone};
use crate::ids::AccountId;
use crate::store::{AccountRef, Store, StoreError};

/// How many accounts are kept at hand.
const CAPACITY: usize = 100_000;

/// A cache of accounts that never shows one older than the last change made through this node, or heard of from another.
pub(crate) struct Directory {
    store: Arc<dyn Store>,
    accounts: Cache<AccountId, Arc<Account>>,
    phones: Cache<Phone, AccountId>,
    /// Counts changes: what was read before one is not kept after it.
    changes: RwLock<u64>,
}

impl Directory {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        let (accounts, phones) = (Cache::new(CAPACITY), Cache::new(CAPACITY));
        Self { store, accounts, phones, changes: RwLock::new(0) }
    }

    /// The account, if it is at hand.
    pub(crate) fn at_hand(&self, id: AccountId) -> Option<Arc<Account>> {
        self.accounts.get(&id)
    }

    /// The account with this number, if it is at hand.
    pub(crate) fn at_hand_by_phone(&self, phone: &Phone) -> Option<Arc<Account>> {
        let account = self.phones.get(phone).and_then(|id| self.at_hand(id));
        account.filter(|account| account.phone.as_ref() == Some(phone))
    }

    /// The account.
    pub(crate) async fn find(&self, which: &AccountRef) -> Result<Option<Arc<Account>>, StoreError> {
        let id = match which {
            AccountRef::Id(id) => Some(*id),
            AccountRef::Phone(phone) => self.phones.get(phone),
            // Asked for at a sign-in alone, which costs a thousand times as much.
            AccountRef::Email(_) => None,
        };
        if let Some(account) = id.and_then(|id| self.at_hand(id))
            && answers(&account, which)
        {
            return Ok(Some(account));
        }
        let seen = *self.changes.read();
        let Some(account) = self.store.account(which).await? else { return Ok(None) };
        let account = Arc::new(account);
        let changes = self.changes.read();
        if *changes == seen {
            self.keep(&account);
        }
        Ok(Some(account))
    }

    /// Takes in an account that has just been changed; unless a later change of it has been taken in already, of
    /// which this one is told late. Every change raises `updated_at` by a millisecond at least.
    pub(crate) fn changed(&self, account: &Arc<Account>) {
        let mut changes = self.changes.write();
        *changes += 1;
        let earlier = self.at_hand(account.id);
        let millis = |account: &Account| account.updated_at.as_millisecond();
        if earlier.as_ref().is_some_and(|earlier| millis(earlier) > millis(account)) {
            return;
        }
        if let Some(phone) = earlier.and_then(|earlier| earlier.phone.clone()) {
            self.phones.remove(&phone);
        }
        self.keep(account);
    }

    /// Forgets an account that is gone.
    pub(crate) fn removed(&self, id: AccountId) {
        let mut changes = self.changes.write();
        *changes += 1;
        if let Some((_, account)) = self.accounts.remove(&id)
            && let Some(phone) = &account.phone
        {
            self.phones.remove(phone);
        }
    }

    /// Forgets everybody: others may have changed them.
    pub(crate) fn clear(&self) {
        let mut changes = self.changes.write();
        *changes += 1;
        self.accounts.clear();
        self.phones.clear();
    }

    fn keep(&self, account: &Arc<Account>) {
        self.accounts.insert(account.id, Arc::clone(account));
        if let Some(phone) = &account.phone {
            self.phones.insert(phone.clone(), account.id);
        }
    }
}

fn answers(account: &Account, which: &AccountRef) -> bool {
    match which {
        AccountRef::Id(id) => account.id == *id,
        AccountRef::Phone(phone) => account.phone.as_ref() == Some(phone),
        AccountRef::Email(email) => !account.guest && account.email.as_ref() == Some(email),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_millis;
    use crate::ids::OrganisationId;
    use crate::memory::MemoryStore;

    fn account(name: &str, updated_at: i64) -> Arc<Account> {
        Arc::new(Account {
            id: AccountId(uuid::Uuid::from_u128(1)),
            organisation_id: OrganisationId(uuid::Uuid::nil()),
            name: Some(name.into()),
            last_name: None,
            display_name: None,
            email: None,
            phone: None,
            roles: Vec::new(),
            guest: false,
            disabled: false,
            created_at: from_millis(0),
            updated_at: from_millis(updated_at),
        })
    }

    #[test]
    fn what_is_told_late_replaces_nothing_newer() {
        for (told, expect) in [(4, "first"), (5, "told"), (6, "told")] {
            let directory = Directory::new(Arc::new(MemoryStore::new()));
            directory.changed(&account("first", 5));
            directory.changed(&account("told", told));
            let at_hand = directory.at_hand(AccountId(uuid::Uuid::from_u128(1)));
            assert_eq!(at_hand.and_then(|account| account.name.clone()).as_deref(), Some(expect), "{told}");
        }
    }
}
