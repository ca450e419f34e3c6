//! Signing in by e-mail address and password, and choosing a new one.
//!
//! Looking at a password takes a while, and waits in a queue: what was read before is looked at again after it, in the
//! commit, so that nobody gets in by a password that was replaced meanwhile.

use std::sync::Arc;

use super::{HashedPassword, SignInError, Slowed, Tokens, password};
use crate::account::Account;
use crate::actor::Person;
use crate::aftermath::to_its_end;
use crate::handle::Core;
use crate::ids::AccountId;
use crate::network::Network;
use crate::people::{AccountPatch, PeopleError};
use crate::store::{AccountRef, Changes, Record, RecordChange, RecordName, StoreError, Was};

const PASSWORDS: &str = "password";
/// How often a sign-in is begun again when its account was changed meanwhile.
const ROUNDS: usize = 4;

impl Core {
    /// Signs in by e-mail address and password. It takes as long for an address that nobody has, and says the same.
    pub async fn sign_in_by_password(
        &self,
        network: Network,
        email: &str,
        password: &str,
    ) -> Result<Tokens, SignInError> {
        let email = email.trim().to_lowercase();
        self.0.guesses.count(network, &email, self.elapsed()).map_err(slowed)?;
        let (account, hashed) = self.account_and_password(&email).await?;
        let right = self.0.passwords.verify(network, password, hashed.clone()).await;
        let right = right.map_err(|_| {
            // It was not looked at, so it was no guess; those before it were.
            self.0.guesses.not_looked_at(network, &email);
            SignInError::Busy
        })?;
        let mut account = account.filter(|account| right && !account.disabled).ok_or(SignInError::Wrong)?;
        self.0.guesses.right(network, &email);
        for _ in 0..ROUNDS {
            match self.begin_sign_in(&account, Changes::default()).await {
                Err(SignInError::Store(StoreError::Conflict)) => {}
                done => return done,
            }
            // Something about the account is not as it was. What was right counts on if it is still the password.
            let (now, hashed_now) = self.account_and_password(&email).await?;
            let same = |now: &Arc<Account>| now.id == account.id && !now.disabled && hashed_now == hashed;
            account = now.filter(same).ok_or(SignInError::Wrong)?;
        }
        Err(SignInError::Busy)
    }

    /// The account first: a password that is set after it was read changes it, and the commit will tell.
    async fn account_and_password(
        &self,
        email: &str,
    ) -> Result<(Option<Arc<Account>>, Option<HashedPassword>), StoreError> {
        let account = self.account(&AccountRef::Email(email.to_owned())).await?;
        // Where there is nobody, a look at the store all the same: it takes its time too.
        let id = account.as_ref().map_or(AccountId(uuid::Uuid::nil()), |account| account.id);
        let hashed = self.password_of(id).await?;
        Ok((account, hashed))
    }

    /// Hashes a password that somebody has chosen.
    pub async fn hash_password(&self, password: &str) -> Result<HashedPassword, PeopleError> {
        password::admissible(password)
            .map_err(|_| PeopleError::Invalid("a password has 8 to 200 characters"))?;
        self.0.passwords.hash(password).await.map_err(|_| PeopleError::Busy)
    }

    /// A person changes his own password, knowing the current one; `new` is an admissible one ([`admissible`]). It is
    /// hashed only after the current one was right, so that guessing costs no more than guessing. His other sign-ins
    /// end: whoever had the old password is out.
    ///
    /// [`admissible`]: super::admissible
    pub async fn change_password(
        &self,
        network: Network,
        person: &Person,
        current: &str,
        new: &str,
    ) -> Result<(), SignInError> {
        let account = person.account.id;
        let whom = account.to_string();
        self.0.guesses.count(network, &whom, self.elapsed()).map_err(slowed)?;
        let known = self.password_of(account).await?;
        let right = self.0.passwords.verify(network, current, known.clone()).await.map_err(|_| {
            self.0.guesses.not_looked_at(network, &whom);
            SignInError::Busy
        })?;
        if !right {
            return Err(SignInError::Wrong);
        }
        self.0.guesses.right(network, &whom);
        let hashed = self.0.passwords.hash(new).await.map_err(|_| SignInError::Busy)?;
        let (core, own) = (self.clone(), person.sign_in);
        let patch = AccountPatch { password: Some(hashed), ..AccountPatch::default() };
        let changed = to_its_end(async move { core.change_account(account, &patch, Some(own), known).await });
        changed.await.map(drop).map_err(|error| match error {
            // Somebody has set another one while this one was looked at.
            PeopleError::Store(StoreError::Conflict) => SignInError::Wrong,
            PeopleError::Store(error) => error.into(),
            PeopleError::Busy => SignInError::Busy,
            _ => SignInError::Wrong,
        })
    }

    pub(crate) async fn password_of(&self, account: AccountId) -> Result<Option<HashedPassword>, StoreError> {
        let kept = self.record(&RecordName::new(PASSWORDS, account.to_string())).await?;
        Ok(kept.and_then(|kept| String::from_utf8(kept.record.value).ok()).map(HashedPassword::stored))
    }
}

/// The record of an account's password.
pub(crate) fn password_record(account: AccountId, hashed: &HashedPassword) -> RecordChange {
    let name = RecordName::new(PASSWORDS, account.to_string());
    let value = hashed.as_str().as_bytes().to_vec();
    RecordChange::Put(Record { name, account: Some(account), expires: None, value }, Was::Anything)
}

fn slowed(Slowed(wait): Slowed) -> SignInError {
    SignInError::Slowed(wait)
}
