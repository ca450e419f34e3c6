//! The life of a sign-in: begun, prolonged, ended.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::refresh::RefreshToken;
use super::{HashedPassword, Revoked, SignInError, Tokens, password};
use crate::account::{Account, Role};
use crate::actor::{Credential, Person};
use crate::bus::wire::Tidings;
use crate::handle::Core;
use crate::hub::Ended;
use crate::ids::{AccountId, SignInId};
use crate::network::Network;
use crate::people::{NewAccount, PeopleError};
use crate::store::{AccountRef, Changes, KeptRecord, Record, RecordChange, RecordName, StoreError, Was};
use crate::token::Via;

const SIGN_INS: &str = "sign_in";
pub(super) const PASSWORDS: &str = "password";
/// How many sign-ins one account holds; the oldest ends when one more begins.
const MOST: usize = 100;
/// The longest that `auth.access_ttl` may be.
const LONGEST_ACCESS: Duration = Duration::from_hours(24);

/// A sign-in as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Life {
    /// How often it has been refreshed: the turn of the one refresh token that is good.
    turn: u64,
    /// When it began, milliseconds since the epoch, wall time.
    since: i64,
    /// What a newer node has noted besides: it stays.
    #[serde(flatten)]
    besides: serde_json::Map<String, serde_json::Value>,
}

impl Core {
    /// Signs in by e-mail address and password. It takes as long for an address that nobody has, and says the same.
    pub async fn sign_in_by_password(
        &self,
        network: Network,
        email: &str,
        password: &str,
    ) -> Result<Tokens, SignInError> {
        let email = email.trim().to_lowercase();
        let slowed = |super::Slowed(wait)| SignInError::Slowed(wait);
        self.0.guesses.count(network, &email, self.elapsed()).map_err(slowed)?;
        let account = self.account(&AccountRef::Email(email.clone())).await?;
        let hashed = match &account {
            Some(account) => self.password_of(account.id).await?,
            // A look at the store all the same: it takes its time too.
            None => self.password_of(AccountId(uuid::Uuid::nil())).await?,
        };
        let right = self.0.passwords.verify(network, password, hashed).await;
        let right = right.map_err(|_| {
            // It was not looked at, so it was no guess; those before it were.
            self.0.guesses.not_looked_at(network, &email);
            SignInError::Busy
        })?;
        let account = account.filter(|account| right && !account.disabled).ok_or(SignInError::Wrong)?;
        self.0.guesses.right(network, &email);
        self.begin_sign_in(&account, Changes::default()).await
    }

    /// Makes an account for somebody who walks in as a guest, and signs him in (common.md, "guest of the desk").
    pub async fn sign_in_as_guest(&self, guest: NewAccount) -> Result<Tokens, PeopleError> {
        let new = NewAccount { guest: true, roles: vec![Role::Visitor], phone: None, ..guest };
        let prepared = self.prepare_accounts(vec![new]).await?;
        let account = prepared.accounts.first().ok_or(PeopleError::NoAccount)?;
        let tokens = self.begin_sign_in(account, prepared.changes.clone()).await;
        let tokens = tokens.map_err(|error| match error {
            SignInError::Store(error) => error.into(),
            _ => PeopleError::NoAccount,
        })?;
        self.noticed(&prepared.accounts);
        Ok(tokens)
    }

    /// Begins a sign-in of somebody who has proved who he is, committing `besides` with it.
    pub(super) async fn begin_sign_in(
        &self,
        account: &Arc<Account>,
        besides: Changes,
    ) -> Result<Tokens, SignInError> {
        let sign_in = self.new_sign_in();
        let now = self.wall();
        let life = Life { turn: 0, since: now.as_millisecond(), besides: serde_json::Map::new() };
        let mut changes = besides;
        let (crowded_out, ended) = self.crowded_out(account.id).await?;
        changes.records.extend(crowded_out);
        changes.records.push(RecordChange::Put(self.kept(sign_in, account.id, &life), Was::Absent));
        self.commit(changes).await?;
        self.have_ended(account.id, &ended);
        self.tokens(account, sign_in, life.turn)
    }

    /// Exchanges a refresh token for new tokens, once. One that is shown again ends its sign-in: somebody else has it.
    pub async fn refresh(&self, token: &str) -> Result<Tokens, SignInError> {
        let token = RefreshToken::read(token, &self.0.pepper).ok_or(SignInError::Wrong)?;
        let kept = self.record(&name(token.sign_in)).await?.ok_or(SignInError::Wrong)?;
        let (Some(owner), Some(mut life)) = (kept.record.account, read(&kept)) else {
            return Err(SignInError::Wrong);
        };
        if kept.record.expires.is_none_or(|expires| expires <= self.wall()) {
            return Err(SignInError::Wrong);
        }
        if life.turn != token.turn {
            tracing::warn!(account = %owner, "a spent refresh token was shown; its sign-in ends");
            self.end_sign_in(owner, token.sign_in).await?;
            return Err(SignInError::Wrong);
        }
        let account = self.account(&AccountRef::Id(owner)).await?;
        let account = account.filter(|account| !account.disabled).ok_or(SignInError::Wrong)?;
        life.turn += 1;
        let prolonged = self.kept(token.sign_in, owner, &life);
        let change = RecordChange::Put(prolonged, Was::Version(kept.version));
        match self.commit(Changes { records: vec![change], ..Changes::default() }).await {
            Ok(()) => self.tokens(&account, token.sign_in, life.turn),
            Err(StoreError::Conflict) => {
                // Shown twice at the same moment: one of the two has it from somewhere else.
                tracing::warn!(account = %owner, "a refresh token was shown twice at once; its sign-in ends");
                self.end_sign_in(owner, token.sign_in).await?;
                Err(SignInError::Wrong)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whose sign-in a refresh token belongs to, if it is one; spent or not.
    pub async fn holder_of_refresh(&self, token: &str) -> Result<Option<(AccountId, SignInId)>, StoreError> {
        let Some(token) = RefreshToken::read(token, &self.0.pepper) else { return Ok(None) };
        let kept = self.record(&name(token.sign_in)).await?;
        Ok(kept.and_then(|kept| kept.record.account).map(|account| (account, token.sign_in)))
    }

    /// Signs a person out: the sign-in that he shows ends, its tokens are refused, and its sockets close.
    pub async fn sign_out(&self, person: &Person) -> Result<(), StoreError> {
        match person.credential {
            Credential::SignIn { .. } => self.end_sign_in(person.account.id, person.sign_in).await,
            Credential::OperatorToken { expires } | Credential::OutsideToken { expires } => {
                let records = vec![Revoked::note(person.sign_in, expires)];
                self.commit(Changes { records, ..Changes::default() }).await?;
                self.end_here(person.account.id, &[person.sign_in], expires);
                Ok(())
            }
        }
    }

    /// Ends a sign-in; one that has ended already is no error.
    pub async fn end_sign_in(&self, account: AccountId, sign_in: SignInId) -> Result<(), StoreError> {
        let expires = self.tokens_end();
        let records =
            vec![RecordChange::Remove(name(sign_in), Was::Anything), Revoked::note(sign_in, expires)];
        self.commit(Changes { records, ..Changes::default() }).await?;
        self.end_here(account, &[sign_in], expires);
        Ok(())
    }

    /// What ends every sign-in of an account but this one; and their names, for `have_ended` once it is committed.
    pub(crate) async fn ending_sign_ins(
        &self,
        account: AccountId,
        except: Option<SignInId>,
    ) -> Result<(Vec<RecordChange>, Vec<SignInId>), StoreError> {
        Ok(self.ending(self.sign_ins_of(account).await?, except))
    }

    /// Makes it known that sign-ins have ended.
    pub(crate) fn have_ended(&self, account: AccountId, sign_ins: &[SignInId]) {
        self.end_here(account, sign_ins, self.tokens_end());
    }

    fn end_here(&self, account: AccountId, sign_ins: &[SignInId], expires: Timestamp) {
        for sign_in in sign_ins {
            self.0.revoked.add(*sign_in, expires, self.wall());
            self.0.hub.end(account, Some(*sign_in), Ended::SignedOut);
        }
        if !sign_ins.is_empty() {
            self.tell(Tidings::SignedOut(account, sign_ins.to_vec(), expires));
        }
    }

    /// Until when the open socket of a person lives on whose token has ended: as long as the sign-in behind it. `None`
    /// when that is over, or there is none.
    pub async fn lives_on_until(&self, person: &Person) -> Result<Option<Timestamp>, StoreError> {
        if !matches!(person.credential, Credential::SignIn { .. }) {
            return Ok(None);
        }
        let kept = self.record(&name(person.sign_in)).await?;
        let expires = kept.and_then(|kept| kept.record.expires);
        Ok(expires.filter(|expires| *expires > self.wall()))
    }

    /// Hashes a password that somebody has chosen.
    pub async fn hash_password(&self, password: &str) -> Result<HashedPassword, PeopleError> {
        password::admissible(password)
            .map_err(|_| PeopleError::Invalid("a password has 8 to 200 characters"))?;
        self.0.passwords.hash(password).await.map_err(|_| PeopleError::Busy)
    }

    /// Gives an account a password, and ends its sign-ins but this one: whoever had the old one is out.
    pub async fn set_password(
        &self,
        account: AccountId,
        hashed: HashedPassword,
        except: Option<SignInId>,
    ) -> Result<(), PeopleError> {
        self.account(&AccountRef::Id(account)).await?.ok_or(PeopleError::NoAccount)?;
        let (mut records, ended) = self.ending_sign_ins(account, except).await?;
        records.push(password_record(account, &hashed));
        self.commit(Changes { records, ..Changes::default() }).await?;
        self.have_ended(account, &ended);
        Ok(())
    }

    /// A person changes his own password, knowing the current one; `new` is an admissible one ([`admissible`]). It is
    /// hashed only after the current one was right, so that guessing costs no more than guessing.
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
        let slowed = |super::Slowed(wait)| SignInError::Slowed(wait);
        self.0.guesses.count(network, &whom, self.elapsed()).map_err(slowed)?;
        let hashed = self.password_of(account).await?;
        let right = self.0.passwords.verify(network, current, hashed).await.map_err(|_| {
            self.0.guesses.not_looked_at(network, &whom);
            SignInError::Busy
        })?;
        if !right {
            return Err(SignInError::Wrong);
        }
        self.0.guesses.right(network, &whom);
        let hashed = self.0.passwords.hash(new).await.map_err(|_| SignInError::Busy)?;
        let set = self.set_password(account, hashed, Some(person.sign_in)).await;
        set.map_err(|error| match error {
            PeopleError::Store(error) => error.into(),
            _ => SignInError::Wrong,
        })
    }

    async fn password_of(&self, account: AccountId) -> Result<Option<HashedPassword>, StoreError> {
        let kept = self.record(&RecordName::new(PASSWORDS, account.to_string())).await?;
        Ok(kept.and_then(|kept| String::from_utf8(kept.record.value).ok()).map(HashedPassword::stored))
    }

    async fn sign_ins_of(&self, account: AccountId) -> Result<Vec<KeptRecord>, StoreError> {
        let from = RecordName::new(SIGN_INS, "");
        let kept = self.records_of(account, Some(&from), 2 * MOST).await?;
        Ok(kept.into_iter().filter(|kept| kept.record.name.space == SIGN_INS).collect())
    }

    /// What ends the oldest sign-ins of an account that has too many, and their names, as of [`Self::ending_sign_ins`].
    async fn crowded_out(
        &self,
        account: AccountId,
    ) -> Result<(Vec<RecordChange>, Vec<SignInId>), StoreError> {
        let mut all = self.sign_ins_of(account).await?;
        all.sort_by_key(|kept| read(kept).map_or(0, |life| life.since));
        all.truncate((all.len() + 1).saturating_sub(MOST));
        Ok(self.ending(all, None))
    }

    /// What ends these sign-ins but one, and their names.
    fn ending(
        &self,
        sign_ins: Vec<KeptRecord>,
        except: Option<SignInId>,
    ) -> (Vec<RecordChange>, Vec<SignInId>) {
        let expires = self.tokens_end();
        let mut changes = Vec::new();
        let mut ended = Vec::new();
        for kept in sign_ins {
            if let Ok(sign_in) = kept.record.name.key.parse::<SignInId>()
                && Some(sign_in) != except
            {
                changes.push(RecordChange::Remove(kept.record.name, Was::Anything));
                changes.push(Revoked::note(sign_in, expires));
                ended.push(sign_in);
            }
        }
        (changes, ended)
    }

    fn tokens(&self, account: &Arc<Account>, sign_in: SignInId, turn: u64) -> Result<Tokens, SignInError> {
        let settings = self.0.sign_in;
        // An access token never outlives its sign-in.
        let expires_in = settings.access_ttl.min(settings.refresh_ttl);
        let access = self.sign_token(account, sign_in, Via::SignIn, later(self.wall(), expires_in))?;
        let refresh = RefreshToken { sign_in, turn }.written(&self.0.pepper);
        let refresh_in = settings.refresh_ttl;
        Ok(Tokens { access, refresh, expires_in, refresh_in, account: Arc::clone(account) })
    }

    fn kept(&self, sign_in: SignInId, account: AccountId, life: &Life) -> Record {
        Record {
            name: name(sign_in),
            account: Some(account),
            expires: Some(self.sign_in_end()),
            // Plain data always encodes.
            value: serde_json::to_vec(life).unwrap_or_default(),
        }
    }

    /// When the last access token of a sign-in that ends now would end; so long its end is remembered. It may
    /// have been made under another setting.
    fn tokens_end(&self) -> Timestamp {
        later(self.wall(), LONGEST_ACCESS.max(self.0.sign_in.access_ttl))
    }

    /// When a sign-in that is begun or prolonged now ends.
    fn sign_in_end(&self) -> Timestamp {
        later(self.wall(), self.0.sign_in.refresh_ttl)
    }
}

/// The record of an account's password.
pub(crate) fn password_record(account: AccountId, hashed: &HashedPassword) -> RecordChange {
    let name = RecordName::new(PASSWORDS, account.to_string());
    let value = hashed.as_str().as_bytes().to_vec();
    RecordChange::Put(Record { name, account: Some(account), expires: None, value }, Was::Anything)
}

fn name(sign_in: SignInId) -> RecordName {
    RecordName::new(SIGN_INS, sign_in.to_string())
}

fn read(kept: &KeptRecord) -> Option<Life> {
    serde_json::from_slice(&kept.record.value).ok()
}

/// `now` and so much more, or the end of time.
pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    let span = SignedDuration::try_from(by).ok();
    span.and_then(|span| now.checked_add(span).ok()).unwrap_or(Timestamp::MAX)
}
