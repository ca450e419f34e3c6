//! Account keeping and sign-in: making people and organisations, showing credentials, taking them back.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::account::{Account, Organisation, Phone, Role};
use crate::actor::{Actor, Credential, Person};
use crate::handle::Core;
use crate::hub::Ended;
use crate::ids::{AccountId, OrganisationId};
use crate::store::{AccountRef, Changes, DEFAULT_ORGANISATION, DirectoryChange, StoreError};
use crate::token::{Keys, TokenError};

/// What an account is made from.
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    /// Its organisation; without one, `default`.
    pub organisation: Option<OrganisationId>,
    /// First or full name.
    pub name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The name shown to others.
    pub display_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// What the person may do.
    pub roles: Vec<Role>,
}

/// Why account keeping failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    /// Another has it.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// A field that can't be so.
    #[error("{0}")]
    Invalid(&'static str),
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// There is no such organisation.
    #[error("there is no such organisation")]
    NoOrganisation,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for PeopleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(what) => Self::Taken(what),
            other => Self::Store(other),
        }
    }
}

/// The longest name, e-mail address or other line about a person, in characters.
const MAX_LINE: usize = 200;

impl Core {
    /// Makes an account.
    pub async fn add_account(&self, new: NewAccount) -> Result<Arc<Account>, PeopleError> {
        let mut added = self.add_accounts(vec![new]).await?;
        added.pop().ok_or(PeopleError::NoAccount)
    }

    /// Makes several accounts, all or none.
    pub async fn add_accounts(&self, new: Vec<NewAccount>) -> Result<Vec<Arc<Account>>, PeopleError> {
        let organisations = self.organisations().await?;
        let mut accounts = Vec::with_capacity(new.len());
        for new in new {
            let found = organisations.iter().find(|organisation| match new.organisation {
                Some(id) => organisation.id == id,
                None => organisation.name == DEFAULT_ORGANISATION,
            });
            let organisation = found.ok_or(PeopleError::NoOrganisation)?.id;
            accounts.push(self.account_from(new, organisation)?);
        }
        self.change(accounts.iter().cloned().map(DirectoryChange::AddAccount).collect()).await?;
        let accounts: Vec<_> = accounts.into_iter().map(Arc::new).collect();
        for account in &accounts {
            self.0.directory.changed(account);
        }
        Ok(accounts)
    }

    fn account_from(&self, new: NewAccount, organisation: OrganisationId) -> Result<Account, PeopleError> {
        let lines = [&new.name, &new.last_name, &new.display_name, &new.email];
        let fits = |line: &String| (1..=MAX_LINE).contains(&line.chars().count());
        if !lines.into_iter().flatten().all(fits) {
            return Err(PeopleError::Invalid("names and e-mail addresses have 1 to 200 characters"));
        }
        if new.email.as_ref().is_some_and(|email| !is_email(email)) {
            return Err(PeopleError::Invalid("this is not an e-mail address"));
        }
        let (mut roles, now) = (new.roles, self.now());
        roles.sort_unstable();
        roles.dedup();
        Ok(Account {
            id: AccountId(self.0.ids.next()),
            organisation_id: organisation,
            name: new.name,
            last_name: new.last_name,
            display_name: new.display_name,
            email: new.email.map(|email| email.to_lowercase()),
            phone: new.phone,
            roles,
            guest: false,
            disabled: false,
            created_at: now,
            updated_at: now,
        })
    }

    /// Disables an account, which ends its open subscriptions, or enables it again.
    pub async fn set_disabled(&self, id: AccountId, disabled: bool) -> Result<Arc<Account>, PeopleError> {
        let found = self.account(&AccountRef::Id(id)).await?.ok_or(PeopleError::NoAccount)?;
        let account = Account { disabled, updated_at: self.now(), ..(*found).clone() };
        self.change(vec![DirectoryChange::UpdateAccount(account.clone())]).await?;
        let account = Arc::new(account);
        self.0.directory.changed(&account);
        if disabled {
            self.0.hub.end(id, None, Ended::SignedOut);
        }
        Ok(account)
    }

    /// Accounts in order of their identifiers, after `after`.
    pub async fn accounts(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<Account>, StoreError> {
        self.0.store.accounts(after, limit).await
    }

    /// Makes an organisation.
    pub async fn add_organisation(&self, name: &str) -> Result<Organisation, PeopleError> {
        if !(1..=MAX_LINE).contains(&name.chars().count()) {
            return Err(PeopleError::Invalid("a name has 1 to 200 characters"));
        }
        let organisation = Organisation { id: OrganisationId(self.0.ids.next()), name: name.to_owned() };
        self.change(vec![DirectoryChange::AddOrganisation(organisation.clone())]).await?;
        Ok(organisation)
    }

    /// Every organisation.
    pub async fn organisations(&self) -> Result<Vec<Organisation>, StoreError> {
        self.0.store.organisations().await
    }

    /// Makes an access token for a new sign-in of an account, good for `ttl` (common.md, `hearken token`).
    pub async fn issue(&self, id: AccountId, ttl: Duration) -> Result<String, PeopleError> {
        let account = self.account(&AccountRef::Id(id)).await?.ok_or(PeopleError::NoAccount)?;
        if account.disabled {
            return Err(PeopleError::Invalid("this account is disabled"));
        }
        let now = self.wall();
        let span = SignedDuration::try_from(ttl).ok();
        let expires = span.and_then(|span| now.checked_add(span).ok());
        let expires = expires.ok_or(PeopleError::Invalid("a token can't live that long"))?;
        let keys = Arc::clone(&self.0.keys.read());
        let issued = keys.issue(&account, self.new_sign_in(), now, expires);
        issued.map_err(|error| PeopleError::Store(StoreError::Unavailable(error.to_string())))
    }

    /// Who shows this access token.
    pub async fn authenticate(&self, token: &str) -> Result<Actor, TokenError> {
        let keys = Arc::clone(&self.0.keys.read());
        let claims = keys.verify(token, self.wall())?;
        let found = self.account(&AccountRef::Id(claims.sub)).await;
        let account = found.map_err(|_| TokenError::Unavailable)?.ok_or(TokenError::Account)?;
        if account.disabled || account.organisation_id != claims.org {
            return Err(TokenError::Account);
        }
        let expires = Timestamp::from_second(claims.exp).map_err(|_| TokenError::Forged)?;
        let credential = Credential::OperatorToken { expires };
        Ok(Actor::Person(Person { account, sign_in: claims.sid, credential }))
    }

    /// The public keys that tokens can be checked against, as (name, raw Ed25519 key).
    pub fn public_keys(&self) -> Vec<(String, Vec<u8>)> {
        let keys = Arc::clone(&self.0.keys.read());
        keys.public().map(|(id, key)| (id.to_owned(), key.to_vec())).collect()
    }

    /// Reads the signing keys, making the first one where there is none.
    pub(crate) async fn load_keys(&self) -> Result<(), PeopleError> {
        let mut stored = self.0.store.signing_keys().await?;
        if stored.is_empty() {
            let key = Keys::generate(self.wall()).map_err(|error| unreadable(&error))?;
            self.change(vec![DirectoryChange::AddSigningKey(key.clone())]).await?;
            stored.push(key);
        }
        *self.0.keys.write() = Arc::new(Keys::new(&stored).map_err(|error| unreadable(&error))?);
        Ok(())
    }

    /// Makes the organisation that exists from the start.
    pub(crate) async fn ensure_default_organisation(&self) -> Result<(), PeopleError> {
        if self.organisations().await?.is_empty() {
            self.add_organisation(DEFAULT_ORGANISATION).await?;
        }
        Ok(())
    }

    async fn change(&self, directory: Vec<DirectoryChange>) -> Result<(), StoreError> {
        self.commit(Changes { directory, ..Changes::default() }).await
    }
}

fn unreadable(error: &crate::token::BadKey) -> PeopleError {
    PeopleError::Store(StoreError::Unavailable(error.to_string()))
}

/// Only what can't be an address is refused; whether mail arrives there nobody can tell from its form.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    plain && parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'))
}
