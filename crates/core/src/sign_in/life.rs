//! The life of a sign-in: begun, prolonged, ended.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::refresh::RefreshToken;
use super::{Revoked, SignInError, Tokens};
use crate::account::{Account, Role};
use crate::actor::{Credential, Person};
use crate::aftermath::{Aftermath, EndedSignIn};
use crate::handle::Core;
use crate::ids::{AccountId, SignInId};
use crate::people::{NewAccount, PeopleError};
use crate::store::{
    AccountRef, Changes, DirectoryChange, KeptRecord, Record, RecordChange, RecordName, StoreError, Was,
};
use crate::token::Via;

pub(super) const SIGN_INS: &str = "sign_in";
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
    /// When its account was last changed before it began, milliseconds since the epoch, product time: so it is known
    /// which sign-ins a new password has not seen.
    #[serde(default)]
    account_at: i64,
}

impl Core {
    /// Makes an account for somebody who walks in as a guest, and signs him in (common.md, "guest of the desk").
    pub async fn sign_in_as_guest(&self, guest: NewAccount) -> Result<Tokens, PeopleError> {
        let new = NewAccount { guest: true, roles: vec![Role::Visitor], phone: None, ..guest };
        let prepared = self.prepare_accounts(vec![new]).await?;
        let account = prepared.accounts.first().ok_or(PeopleError::NoAccount)?;
        let after = Aftermath { accounts: prepared.accounts.clone(), ..Aftermath::default() };
        let tokens = self.begin_sign_in_with(account, prepared.changes.clone(), after).await;
        tokens.map_err(|error| match error {
            SignInError::Store(error) => error.into(),
            _ => PeopleError::NoAccount,
        })
    }

    /// Begins a sign-in of somebody who has proved who he is, committing `besides` with it. If the account is not any
    /// more as it was when he did (it may have another password now, or be disabled), that is a
    /// [`StoreError::Conflict`], and has to be looked at again.
    pub(super) async fn begin_sign_in(
        &self,
        account: &Arc<Account>,
        mut besides: Changes,
    ) -> Result<Tokens, SignInError> {
        besides.directory.push(DirectoryChange::AccountStillAt(account.id, account.updated_at));
        self.begin_sign_in_with(account, besides, Aftermath::default()).await
    }

    async fn begin_sign_in_with(
        &self,
        account: &Arc<Account>,
        mut changes: Changes,
        mut after: Aftermath,
    ) -> Result<Tokens, SignInError> {
        let sign_in = self.new_sign_in();
        let account_at = account.updated_at.as_millisecond();
        let life = Life { turn: 0, since: self.wall().as_millisecond(), account_at };
        let (crowded_out, ended) = self.crowded_out(account.id).await?;
        changes.records.extend(crowded_out);
        changes.records.push(RecordChange::Put(self.kept(sign_in, account.id, &life), Was::Absent));
        after.ended.extend(ended);
        self.carry_out(changes, after).await?;
        self.tokens(account, sign_in, life.turn)
    }

    /// Exchanges a refresh token for new tokens, once. One that is shown again ends its sign-in: somebody else has it.
    pub async fn refresh(&self, token: &str) -> Result<Tokens, SignInError> {
        let token = RefreshToken::read(token, &self.pepper()).ok_or(SignInError::Wrong)?;
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
        let Some(token) = RefreshToken::read(token, &self.pepper()) else { return Ok(None) };
        let kept = self.record(&name(token.sign_in)).await?;
        Ok(kept.and_then(|kept| kept.record.account).map(|account| (account, token.sign_in)))
    }

    /// Signs a person out: the sign-in that he shows ends, its tokens are refused, and its sockets close.
    pub async fn sign_out(&self, person: &Person) -> Result<(), StoreError> {
        match person.credential {
            Credential::SignIn { .. } => self.end_sign_in(person.account.id, person.sign_in).await,
            Credential::OperatorToken { expires } | Credential::OutsideToken { expires } => {
                let records = vec![Revoked::note(person.sign_in, expires)];
                self.end(person.account.id, person.sign_in, expires, records).await
            }
        }
    }

    /// Ends a sign-in; one that has ended already is no error.
    pub async fn end_sign_in(&self, account: AccountId, sign_in: SignInId) -> Result<(), StoreError> {
        let expires = self.tokens_end();
        let records =
            vec![RecordChange::Remove(name(sign_in), Was::Anything), Revoked::note(sign_in, expires)];
        self.end(account, sign_in, expires, records).await
    }

    async fn end(
        &self,
        account: AccountId,
        sign_in: SignInId,
        tokens_end: Timestamp,
        records: Vec<RecordChange>,
    ) -> Result<(), StoreError> {
        let ended = vec![EndedSignIn { account, sign_in, tokens_end }];
        let after = Aftermath { ended, ..Aftermath::default() };
        self.carry_out(Changes { records, ..Changes::default() }, after).await
    }

    /// What ends every sign-in of an account but this one, and which they are.
    pub(crate) async fn ending_sign_ins(
        &self,
        account: AccountId,
        except: Option<SignInId>,
    ) -> Result<(Vec<RecordChange>, Vec<EndedSignIn>), StoreError> {
        Ok(self.ending(account, self.sign_ins_of(account).await?, except))
    }

    /// Ends the sign-ins of an account, but this one, that began before it was changed so: those whose commit came
    /// between the listing for that change and its own. Later ones were proved by what counts since.
    pub(crate) async fn end_earlier_sign_ins(
        &self,
        account: &Account,
        except: Option<SignInId>,
    ) -> Result<(), StoreError> {
        let mut all = self.sign_ins_of(account.id).await?;
        let changed = account.updated_at.as_millisecond();
        all.retain(|kept| read(kept).is_none_or(|life| life.account_at < changed));
        let (records, ended) = self.ending(account.id, all, except);
        if ended.is_empty() {
            return Ok(());
        }
        let after = Aftermath { ended, ..Aftermath::default() };
        self.carry_out(Changes { records, ..Changes::default() }, after).await
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

    async fn sign_ins_of(&self, account: AccountId) -> Result<Vec<KeptRecord>, StoreError> {
        let from = RecordName::new(SIGN_INS, "");
        let kept = self.records_of(account, Some(&from), 2 * MOST).await?;
        Ok(kept.into_iter().filter(|kept| kept.record.name.space == SIGN_INS).collect())
    }

    /// What ends the oldest sign-ins of an account that has too many, and which they are.
    async fn crowded_out(
        &self,
        account: AccountId,
    ) -> Result<(Vec<RecordChange>, Vec<EndedSignIn>), StoreError> {
        let mut all = self.sign_ins_of(account).await?;
        all.sort_by_key(|kept| read(kept).map_or(0, |life| life.since));
        all.truncate((all.len() + 1).saturating_sub(MOST));
        Ok(self.ending(account, all, None))
    }

    /// What ends these sign-ins but one, and which they are.
    fn ending(
        &self,
        account: AccountId,
        sign_ins: Vec<KeptRecord>,
        except: Option<SignInId>,
    ) -> (Vec<RecordChange>, Vec<EndedSignIn>) {
        let tokens_end = self.tokens_end();
        let mut changes = Vec::new();
        let mut ended = Vec::new();
        for kept in sign_ins {
            if let Ok(sign_in) = kept.record.name.key.parse::<SignInId>()
                && Some(sign_in) != except
            {
                changes.push(RecordChange::Remove(kept.record.name, Was::Anything));
                changes.push(Revoked::note(sign_in, tokens_end));
                ended.push(EndedSignIn { account, sign_in, tokens_end });
            }
        }
        (changes, ended)
    }

    fn tokens(&self, account: &Arc<Account>, sign_in: SignInId, turn: u64) -> Result<Tokens, SignInError> {
        let settings = self.0.sign_in;
        // An access token never outlives its sign-in.
        let expires_in = settings.access_ttl.min(settings.refresh_ttl);
        let access = self.sign_token(account, sign_in, Via::SignIn, later(self.wall(), expires_in))?;
        let refresh = RefreshToken { sign_in, turn }.written(&self.pepper());
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

fn name(sign_in: SignInId) -> RecordName {
    RecordName::new(SIGN_INS, sign_in.to_string())
}

/// When a sign-in began, milliseconds since the epoch, wall time.
pub(super) fn since(kept: &KeptRecord) -> Option<i64> {
    read(kept).map(|life| life.since)
}

fn read(kept: &KeptRecord) -> Option<Life> {
    serde_json::from_slice(&kept.record.value).ok()
}

/// `now` and so much more, or the end of time.
pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    let span = SignedDuration::try_from(by).ok();
    span.and_then(|span| now.checked_add(span).ok()).unwrap_or(Timestamp::MAX)
}
