//! Account keeping and sign-in: making people and organisations, showing credentials, taking them back.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::account::{Account, Organisation, Phone, Role, is_email};
use crate::actor::{Actor, Credential, Person};
use crate::aftermath::{Aftermath, to_its_end};
use crate::bus::wire::Tidings;
use crate::clock::from_millis;
use crate::handle::Core;
use crate::hub::Ended;
use crate::ids::{AccountId, OrganisationId, SignInId};
use crate::sign_in::HashedPassword;
use crate::sign_in::password_record;
use crate::store::{
    AccountPage, AccountRef, Changes, DEFAULT_ORGANISATION, DirectoryChange, Record, RecordChange,
    RecordName, StoreError, Was,
};
use crate::token::{Keys, TokenError, Via};

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
    /// Whether it is for a guest: his e-mail address is contact data only.
    pub guest: bool,
    /// What he signs in with.
    pub password: Option<HashedPassword>,
    /// Whether he is shut out from the start.
    pub disabled: bool,
}

/// What is to be different about an account; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct AccountPatch {
    /// First or full name, or none.
    pub name: Option<Option<String>>,
    /// Family name, or none.
    pub last_name: Option<Option<String>>,
    /// The name shown to others, or none.
    pub display_name: Option<Option<String>>,
    /// E-mail address, or none.
    pub email: Option<Option<String>>,
    /// Phone number, or none.
    pub phone: Option<Option<Phone>>,
    /// What the person may do.
    pub roles: Option<Vec<Role>>,
    /// Whether he is shut out.
    pub disabled: Option<bool>,
    /// What he signs in with from now on.
    pub password: Option<HashedPassword>,
}

/// Accounts to be made, and the changes that make them: for whoever commits them together with something else.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// The accounts, as they will be.
    pub accounts: Vec<Arc<Account>>,
    /// What makes them.
    pub changes: Changes,
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
    /// Too much is asked for at this moment.
    #[error("the server is busy; try again")]
    Busy,
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
/// How often a change is made again when somebody else was first.
const ROUNDS: usize = 8;

impl Core {
    /// Makes an account.
    pub async fn add_account(&self, new: NewAccount) -> Result<Arc<Account>, PeopleError> {
        let mut added = self.add_accounts(vec![new]).await?;
        added.pop().ok_or(PeopleError::NoAccount)
    }

    /// Makes several accounts, all or none.
    pub async fn add_accounts(&self, new: Vec<NewAccount>) -> Result<Vec<Arc<Account>>, PeopleError> {
        self.make_accounts(self.prepare_accounts(new).await?).await
    }

    /// Makes accounts that were looked at, with whatever else their changes do; also when the caller goes away.
    pub async fn make_accounts(&self, prepared: Prepared) -> Result<Vec<Arc<Account>>, PeopleError> {
        let Prepared { accounts, changes } = prepared;
        let after = Aftermath { accounts: accounts.clone(), ..Aftermath::default() };
        self.carry_out(changes, after).await?;
        Ok(accounts)
    }

    /// Looks at several new accounts and says what makes them. Whether an address or number is taken shows only when
    /// they are committed; after that, [`Core::noticed`] has to be told.
    pub async fn prepare_accounts(&self, new: Vec<NewAccount>) -> Result<Prepared, PeopleError> {
        let organisations = self.organisations().await?;
        self.prepare_accounts_in(new, &organisations)
    }

    /// The same, in organisations that need not be there yet.
    pub fn prepare_accounts_in(
        &self,
        new: Vec<NewAccount>,
        organisations: &[Organisation],
    ) -> Result<Prepared, PeopleError> {
        let mut prepared = Prepared::default();
        for new in new {
            let found = organisations.iter().find(|organisation| match new.organisation {
                Some(id) => organisation.id == id,
                None => organisation.name == DEFAULT_ORGANISATION,
            });
            let organisation = found.ok_or(PeopleError::NoOrganisation)?.id;
            let password = new.password.clone();
            let account = self.account_from(new, organisation)?;
            prepared.changes.directory.push(DirectoryChange::AddAccount(account.clone()));
            prepared.changes.records.extend(password.map(|hashed| password_record(account.id, &hashed)));
            prepared.accounts.push(Arc::new(account));
        }
        Ok(prepared)
    }

    /// Takes note of accounts that have just been committed.
    pub fn noticed(&self, accounts: &[Arc<Account>]) {
        self.follow_up(&Aftermath { accounts: accounts.to_vec(), ..Aftermath::default() });
    }

    /// Takes note of an account that has just been removed: nobody finds it here any more, and its subscriptions end.
    pub fn removed(&self, id: AccountId) {
        let leaving = Some((id, Ended::SignedOut));
        self.follow_up(&Aftermath { removed: Some(id), leaving, ..Aftermath::default() });
    }

    fn account_from(&self, new: NewAccount, organisation: OrganisationId) -> Result<Account, PeopleError> {
        let now = self.now();
        checked(Account {
            id: AccountId(self.0.ids.next()),
            organisation_id: organisation,
            name: new.name,
            last_name: new.last_name,
            display_name: new.display_name,
            email: new.email,
            phone: new.phone,
            roles: new.roles,
            guest: new.guest,
            disabled: new.disabled,
            created_at: now,
            updated_at: now,
        })
    }

    /// Disables an account, which ends its sign-ins and open subscriptions, or enables it again.
    pub async fn set_disabled(&self, id: AccountId, disabled: bool) -> Result<Arc<Account>, PeopleError> {
        self.update_account(id, AccountPatch { disabled: Some(disabled), ..AccountPatch::default() }).await
    }

    /// Changes an account. Whoever is connected with it notices: one who is disabled, or whose password is changed by
    /// somebody else, is signed out; one with other roles or another number has to connect anew. What was begun is
    /// done to its end, also when the caller goes away.
    pub async fn update_account(
        &self,
        id: AccountId,
        patch: AccountPatch,
    ) -> Result<Arc<Account>, PeopleError> {
        let core = self.clone();
        to_its_end(async move { core.change_account(id, &patch, None, None).await }).await
    }

    /// The same, for a caller who sees to it that it goes on without him. The sign-in `except` lives on. Where the
    /// password has to be `known` still and is another, that is a [`StoreError::Conflict`].
    pub(crate) async fn change_account(
        &self,
        id: AccountId,
        patch: &AccountPatch,
        except: Option<SignInId>,
        known: Option<HashedPassword>,
    ) -> Result<Arc<Account>, PeopleError> {
        for _ in 0..ROUNDS {
            // Not the one at hand: another node may have changed it.
            let found = self.0.store.account(&AccountRef::Id(id)).await?.ok_or(PeopleError::NoAccount)?;
            if known.is_some() && self.password_of(id).await? != known {
                return Err(StoreError::Conflict.into());
            }
            let account = Arc::new(checked(patched(&found, patch, self.now()))?);
            let signs_out = account.disabled || patch.password.is_some();
            let (mut records, ended) =
                if signs_out { self.ending_sign_ins(id, except).await? } else { Default::default() };
            records.extend(patch.password.as_ref().map(|hashed| password_record(id, hashed)));
            let directory = vec![
                DirectoryChange::AccountStillAt(id, found.updated_at),
                DirectoryChange::UpdateAccount((*account).clone()),
            ];
            match self.commit(Changes { directory, records }).await {
                Ok(()) => {
                    let connects_anew = account.roles != found.roles || account.phone != found.phone;
                    let leaving = if account.disabled {
                        Some((id, Ended::SignedOut))
                    } else {
                        connects_anew.then_some((id, Ended::Changed))
                    };
                    let accounts = vec![Arc::clone(&account)];
                    self.follow_up(&Aftermath { accounts, ended, leaving, ..Aftermath::default() });
                    if signs_out {
                        self.end_earlier_sign_ins(&account, except).await?;
                    }
                    return Ok(account);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(PeopleError::Busy)
    }

    /// A page of an organisation's accounts, and how many there are in all.
    pub async fn account_page(&self, page: &AccountPage) -> Result<(Vec<Account>, usize), StoreError> {
        self.0.store.account_page(page).await
    }

    /// Accounts in order of their identifiers, after `after`.
    pub async fn accounts(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<Account>, StoreError> {
        self.0.store.accounts(after, limit).await
    }

    /// Makes an organisation.
    pub async fn add_organisation(&self, name: &str) -> Result<Organisation, PeopleError> {
        let organisation = self.prepare_organisation(name)?;
        self.change(vec![DirectoryChange::AddOrganisation(organisation.clone())]).await?;
        Ok(organisation)
    }

    /// An organisation as it will be, for whoever commits it together with something else.
    pub fn prepare_organisation(&self, name: &str) -> Result<Organisation, PeopleError> {
        if !(1..=MAX_LINE).contains(&name.chars().count()) {
            return Err(PeopleError::Invalid("a name has 1 to 200 characters"));
        }
        Ok(Organisation { id: OrganisationId(self.0.ids.next()), name: name.to_owned() })
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
        let span = SignedDuration::try_from(ttl).ok();
        let expires = span.and_then(|span| self.wall().checked_add(span).ok());
        let expires = expires.ok_or(PeopleError::Invalid("a token can't live that long"))?;
        Ok(self.sign_token(&account, self.new_sign_in(), Via::Operator, expires)?)
    }

    /// Signs an access token.
    pub(crate) fn sign_token(
        &self,
        account: &Arc<Account>,
        sign_in: SignInId,
        via: Via,
        expires: Timestamp,
    ) -> Result<String, StoreError> {
        let keys = Arc::clone(&self.0.keys.read());
        let issued = keys.issue(account, sign_in, via, self.wall(), expires);
        issued.map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    /// Who shows this token: one of ours, or of an outside issuer that is known here.
    pub async fn authenticate(&self, token: &str) -> Result<Actor, TokenError> {
        let person = if self.0.issuers.knows(token) {
            self.authenticate_outside(token).await?
        } else {
            self.authenticate_ours(token).await?
        };
        if person.account.disabled || self.0.revoked.contains(person.sign_in) {
            return Err(TokenError::Account);
        }
        Ok(Actor::Person(person))
    }

    async fn authenticate_ours(&self, token: &str) -> Result<Person, TokenError> {
        let keys = Arc::clone(&self.0.keys.read());
        let claims = keys.verify(token, self.wall())?;
        let found = self.account(&AccountRef::Id(claims.sub)).await;
        let account = found.map_err(|_| TokenError::Unavailable)?.ok_or(TokenError::Account)?;
        if account.organisation_id != claims.org {
            return Err(TokenError::Account);
        }
        let expires = Timestamp::from_second(claims.exp).map_err(|_| TokenError::Forged)?;
        let credential = match claims.via {
            Via::Operator => Credential::OperatorToken { expires },
            Via::SignIn => Credential::SignIn { expires },
        };
        Ok(Person { account, sign_in: claims.sid, credential })
    }

    /// The public keys that tokens can be checked against, as (name, raw Ed25519 key).
    pub fn public_keys(&self) -> Vec<(String, Vec<u8>)> {
        let keys = Arc::clone(&self.0.keys.read());
        keys.public().map(|(id, key)| (id.to_owned(), key.to_vec())).collect()
    }

    /// Reads the signing keys, making the first one where there is none; and the secret that is renewed with them.
    pub(crate) async fn load_keys(&self) -> Result<(), PeopleError> {
        self.load_pepper().await?;
        let mut stored = self.0.store.signing_keys().await?;
        if stored.is_empty() {
            let key = Keys::generate(self.wall()).map_err(|error| unreadable(&error))?;
            // Of nodes that start at once one makes the first key, and all sign with it.
            let record = Record { name: first_key(), account: None, expires: None, value: b"null".to_vec() };
            let records = vec![RecordChange::Put(record, Was::Absent)];
            let directory = vec![DirectoryChange::AddSigningKey(key)];
            match self.commit(Changes { directory, records }).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
            stored = self.0.store.signing_keys().await?;
        }
        *self.0.keys.write() = Arc::new(Keys::new(&stored).map_err(|error| unreadable(&error))?);
        Ok(())
    }

    /// Makes a new signing key: tokens are signed with it from now on, and those signed before stay good. Answers its
    /// name.
    pub async fn rotate_keys(&self) -> Result<String, PeopleError> {
        let latest = self.0.store.signing_keys().await?.last().map(|key| key.created_at.as_millisecond());
        let at = self.wall().as_millisecond().max(latest.map_or(i64::MIN, |latest| latest + 1));
        let key = Keys::generate(from_millis(at)).map_err(|error| unreadable(&error))?;
        let name = key.id.clone();
        self.change(vec![DirectoryChange::AddSigningKey(key)]).await?;
        self.load_keys().await?;
        self.tell(Tidings::Keys);
        Ok(name)
    }

    /// Takes a signing key away: no token signed with it is good any more. The last one stays.
    pub async fn retire_key(&self, name: &str) -> Result<(), PeopleError> {
        let keys = self.0.store.signing_keys().await?;
        if !keys.iter().any(|key| key.id == name) {
            return Err(PeopleError::Invalid("there is no such key"));
        }
        if keys.last().is_some_and(|last| last.id == name) {
            return Err(PeopleError::Invalid("this key signs new tokens; make another one first"));
        }
        self.change(vec![DirectoryChange::RemoveSigningKey(name.to_owned())]).await?;
        self.load_keys().await?;
        self.tell(Tidings::Keys);
        Ok(())
    }

    /// Makes the organisation that exists from the start.
    pub(crate) async fn ensure_default_organisation(&self) -> Result<(), PeopleError> {
        if self.organisations().await?.is_empty() {
            match self.add_organisation(DEFAULT_ORGANISATION).await {
                // Taken: another node has made it meanwhile.
                Ok(_) | Err(PeopleError::Taken(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn change(&self, directory: Vec<DirectoryChange>) -> Result<(), StoreError> {
        self.commit(Changes { directory, ..Changes::default() }).await
    }
}

/// The record that says that somebody has made the first signing key.
fn first_key() -> RecordName {
    RecordName::new("core.signing", "first")
}

/// An account with something changed. The time of its last change always goes on, so that two changes differ in it.
fn patched(found: &Account, patch: &AccountPatch, now: Timestamp) -> Account {
    let put = |new: &Option<Option<String>>, old: &Option<String>| new.clone().unwrap_or_else(|| old.clone());
    let later = Timestamp::from_millisecond(found.updated_at.as_millisecond() + 1).unwrap_or(now);
    Account {
        name: put(&patch.name, &found.name),
        last_name: put(&patch.last_name, &found.last_name),
        display_name: put(&patch.display_name, &found.display_name),
        email: put(&patch.email, &found.email),
        phone: patch.phone.clone().unwrap_or_else(|| found.phone.clone()),
        roles: patch.roles.clone().unwrap_or_else(|| found.roles.clone()),
        disabled: patch.disabled.unwrap_or(found.disabled),
        updated_at: now.max(later),
        ..found.clone()
    }
}

/// An account as it may be kept: roles in order, the address in lower case; or what is wrong with it.
fn checked(mut account: Account) -> Result<Account, PeopleError> {
    let lines = [&account.name, &account.last_name, &account.display_name, &account.email];
    let fits = |line: &String| (1..=MAX_LINE).contains(&line.chars().count());
    if !lines.into_iter().flatten().all(fits) {
        return Err(PeopleError::Invalid("names and e-mail addresses have 1 to 200 characters"));
    }
    // A name is one line; and not every store takes a text with a zero in it.
    if lines.into_iter().flatten().any(|line| line.contains(char::is_control)) {
        return Err(PeopleError::Invalid("names and e-mail addresses have no control characters"));
    }
    if account.email.as_ref().is_some_and(|email| !is_email(email)) {
        return Err(PeopleError::Invalid("this is not an e-mail address"));
    }
    account.email = account.email.map(|email| email.to_lowercase());
    account.roles.sort_unstable();
    account.roles.dedup();
    Ok(account)
}

fn unreadable(error: &crate::token::BadKey) -> PeopleError {
    PeopleError::Store(StoreError::Unavailable(error.to_string()))
}
