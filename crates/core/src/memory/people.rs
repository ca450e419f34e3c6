//! Organisations, accounts and signing keys, with what must be unique about them.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::to_millis;
use crate::account::{Account, Organisation};
use crate::ids::{AccountId, OrganisationId};
use crate::store::{AccountPage, AccountRef, DirectoryChange, SigningKey, StoreError};

/// What is known of people.
#[derive(Clone, Default)]
pub(super) struct People {
    pub(super) organisations: BTreeMap<OrganisationId, Organisation>,
    pub(super) accounts: BTreeMap<AccountId, Account>,
    /// Oldest first.
    pub(super) keys: Vec<SigningKey>,
}

impl People {
    pub(super) fn account(&self, which: &AccountRef) -> Option<Account> {
        match which {
            AccountRef::Id(id) => self.accounts.get(id).cloned(),
            AccountRef::Phone(phone) => {
                self.accounts.values().find(|account| account.phone.as_ref() == Some(phone)).cloned()
            }
            AccountRef::Email(email) => {
                let holds = |account: &&Account| !account.guest && account.email.as_ref() == Some(email);
                self.accounts.values().find(holds).cloned()
            }
        }
    }

    pub(super) fn page(&self, after: Option<AccountId>, limit: usize) -> Vec<Account> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.accounts
            .range((after, Bound::Unbounded))
            .take(limit)
            .map(|(_, account)| account.clone())
            .collect()
    }

    /// A page of an organisation's accounts, and how many there are in all.
    pub(super) fn listed(&self, page: &AccountPage) -> (Vec<Account>, usize) {
        let meant = |account: &&Account| {
            account.organisation_id == page.organisation
                && page.role.is_none_or(|role| account.roles.contains(&role))
        };
        let all = || self.accounts.values().filter(meant);
        (all().skip(page.offset).take(page.limit).cloned().collect(), all().count())
    }

    /// Makes one change. After an error this is not to be used any more: a batch is all or nothing.
    pub(super) fn change(&mut self, change: &DirectoryChange) -> Result<(), StoreError> {
        match change {
            DirectoryChange::AddOrganisation(new) => self.add_organisation(new),
            DirectoryChange::AddAccount(new) if self.accounts.contains_key(&new.id) => {
                Err(StoreError::Unavailable("an account of this identifier exists".into()))
            }
            DirectoryChange::AddAccount(new) => self.put_account(new),
            DirectoryChange::UpdateAccount(changed) if self.accounts.contains_key(&changed.id) => {
                self.put_account(changed)
            }
            // An update of nobody changes nothing.
            DirectoryChange::UpdateAccount(_) => Ok(()),
            DirectoryChange::AccountStillAt(id, at) => {
                let still = self.accounts.get(id).is_some_and(|account| account.updated_at == to_millis(*at));
                if still { Ok(()) } else { Err(StoreError::Conflict) }
            }
            DirectoryChange::RemoveAccount(id) => {
                self.accounts.remove(id);
                Ok(())
            }
            DirectoryChange::RemoveSigningKey(id) => {
                self.keys.retain(|key| key.id != *id);
                Ok(())
            }
            DirectoryChange::AddSigningKey(new) => {
                let at =
                    self.keys.partition_point(|key| (key.created_at, &key.id) <= (new.created_at, &new.id));
                self.keys.insert(at, new.clone());
                Ok(())
            }
        }
    }

    fn add_organisation(&mut self, new: &Organisation) -> Result<(), StoreError> {
        if self.organisations.values().any(|organisation| organisation.name == new.name) {
            return Err(StoreError::Taken("name"));
        }
        self.organisations.insert(new.id, new.clone());
        Ok(())
    }

    fn put_account(&mut self, account: &Account) -> Result<(), StoreError> {
        for other in self.accounts.values().filter(|other| other.id != account.id) {
            if account.phone.is_some() && other.phone == account.phone {
                return Err(StoreError::Taken("phone"));
            }
            let sign_in = !account.guest && !other.guest;
            if sign_in && account.email.is_some() && other.email == account.email {
                return Err(StoreError::Taken("e-mail"));
            }
        }
        self.accounts.insert(account.id, account.clone());
        Ok(())
    }
}
