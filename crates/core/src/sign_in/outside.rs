//! People whom an outside issuer vouches for (common.md, "external issuer"): their account is found by the name that
//! the issuer has for them, and made on first use.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

use crate::account::Account;
use crate::actor::{Credential, Person};
use crate::aftermath::Aftermath;
use crate::handle::Core;
use crate::ids::SignInId;
use crate::issuer::{IssuerError, Outside};
use crate::people::{NewAccount, PeopleError};
use crate::store::{AccountRef, Changes, Record, RecordChange, RecordName, StoreError, Was};
use crate::token::TokenError;

pub(crate) const IDENTITIES: &str = "identity";
/// How often it is tried again when somebody else was first.
const ROUNDS: usize = 4;

impl Core {
    /// Whose ID token this is. A token is a sign-in of its own, as long as it lives.
    pub(crate) async fn authenticate_outside(&self, token: &str) -> Result<Person, TokenError> {
        let outside = self.0.issuers.verify(token).await.map_err(|error| match error {
            IssuerError::Unknown | IssuerError::Forged(_) => TokenError::Forged,
            IssuerError::Expired => TokenError::Expired,
            IssuerError::Unavailable => TokenError::Unavailable,
        })?;
        let account = self.account_of(&outside).await?;
        // Without the signature: one token can be given more than one that holds.
        let said = token.rsplit_once('.').map_or(token, |(said, _)| said);
        // Not by the installation's secret, which may be renewed: one that was signed out stays so.
        let mark = digest(&SHA256, format!("{} {said}", outside.issuer).as_bytes());
        let mut name = [0; 16];
        name.copy_from_slice(&mark.as_ref()[..16]);
        let sign_in = SignInId(uuid::Builder::from_custom_bytes(name).into_uuid());
        Ok(Person { account, sign_in, credential: Credential::OutsideToken { expires: outside.expires } })
    }

    async fn account_of(&self, outside: &Outside) -> Result<Arc<Account>, TokenError> {
        let key = serde_json::json!([outside.issuer, outside.subject]).to_string();
        let name = RecordName::new(IDENTITIES, key);
        for _ in 0..ROUNDS {
            let kept = self.record(&name).await.map_err(|_| TokenError::Unavailable)?;
            let known = kept.as_ref().and_then(|kept| kept.record.account);
            if let Some(id) = known {
                let found = self.account(&AccountRef::Id(id)).await.map_err(|_| TokenError::Unavailable)?;
                return found.ok_or(TokenError::Account);
            }
            match self.first_use(&name, outside).await {
                Ok(account) => return Ok(account),
                // Another of his requests was first, or somebody has just taken the address.
                Err(PeopleError::Taken(_) | PeopleError::Store(StoreError::Conflict)) => {}
                Err(PeopleError::Store(_)) => return Err(TokenError::Unavailable),
                Err(_) => return Err(TokenError::Account),
            }
        }
        Err(TokenError::Unavailable)
    }

    /// Ties an identity to the account whose address or number the issuer has verified, else to a new one.
    async fn first_use(&self, name: &RecordName, outside: &Outside) -> Result<Arc<Account>, PeopleError> {
        let found = self.known_as(outside).await?;
        let mut after = Aftermath::default();
        let (account, mut changes) = if let Some(account) = found {
            (account, Changes::default())
        } else {
            let prepared = self.prepare_accounts(vec![stranger(outside)]).await?;
            let account = prepared.accounts.first().cloned().ok_or(PeopleError::NoAccount)?;
            after.accounts = prepared.accounts;
            (account, prepared.changes)
        };
        let record =
            Record { name: name.clone(), account: Some(account.id), expires: None, value: b"{}".to_vec() };
        changes.records.push(RecordChange::Put(record, Was::Absent));
        self.carry_out(changes, after).await?;
        Ok(account)
    }

    async fn known_as(&self, outside: &Outside) -> Result<Option<Arc<Account>>, PeopleError> {
        if let Some(email) = outside.email.as_ref().filter(|_| outside.email_verified)
            && let Some(account) = self.account(&AccountRef::Email(email.clone())).await?
        {
            return Ok(Some(account));
        }
        match &outside.phone {
            Some(phone) => Ok(self.account(&AccountRef::Phone(phone.clone())).await?),
            None => Ok(None),
        }
    }
}

/// A new account. An address that is not verified is left out: whoever really has it would be led to this account.
fn stranger(outside: &Outside) -> NewAccount {
    let email = outside.email.clone().filter(|_| outside.email_verified);
    let (name, phone) = (outside.name.clone(), outside.phone.clone());
    NewAccount { name, email, phone, ..NewAccount::default() }
}
