//! What follows from a change of accounts and sign-ins once it is on stable storage: who is at hand here is replaced,
//! tokens that have ended are refused, and open subscriptions end. One place for all of it, so that nothing of it is
//! forgotten, and the other nodes are told; and it is done to its end also when whoever asked for the change has gone meanwhile.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use tracing::Instrument as _;

use crate::account::Account;
use crate::bus::wire::Tidings;
use crate::handle::Core;
use crate::hub::Ended;
use crate::ids::{AccountId, SignInId};
use crate::store::{Changes, StoreError};

/// What follows from one change.
#[derive(Clone, Default)]
pub(crate) struct Aftermath {
    /// Accounts, as they are from now on.
    pub(crate) accounts: Vec<Arc<Account>>,
    /// An account that is gone.
    pub(crate) removed: Option<AccountId>,
    /// Sign-ins that have ended.
    pub(crate) ended: Vec<EndedSignIn>,
    /// Whose subscriptions end, all of them, and why.
    pub(crate) leaving: Option<(AccountId, Ended)>,
    /// Everybody is signed out: keys and secrets are not what they were.
    pub(crate) everybody: bool,
}

/// A sign-in that has ended before its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndedSignIn {
    /// Whose it was.
    pub(crate) account: AccountId,
    /// Its name.
    pub(crate) sign_in: SignInId,
    /// When the last of its tokens ends, wall time.
    pub(crate) tokens_end: Timestamp,
}

impl Core {
    /// Commits `changes` and does what follows from them, also when the caller goes away meanwhile.
    pub(crate) async fn carry_out(&self, changes: Changes, after: Aftermath) -> Result<(), StoreError> {
        let core = self.clone();
        to_its_end(async move {
            core.commit(changes).await?;
            core.follow_up(&after);
            Ok(())
        })
        .await
    }

    /// Does what follows from a change that has been committed.
    pub(crate) fn follow_up(&self, after: &Aftermath) {
        for account in &after.accounts {
            self.0.directory.changed(account);
            self.tell(Tidings::Account(account.id));
        }
        if let Some(id) = after.removed {
            self.0.directory.removed(id);
            self.tell(Tidings::Removed(id));
        }
        let now = self.wall();
        for EndedSignIn { account, sign_in, tokens_end } in &after.ended {
            self.0.revoked.add(*sign_in, *tokens_end, now);
            self.0.hub.end(*account, Some(*sign_in), Ended::SignedOut);
            self.tell(Tidings::SignedOut(*account, vec![*sign_in], *tokens_end));
        }
        if let Some((account, why)) = after.leaving {
            self.0.hub.end(account, None, why);
        }
        if after.everybody {
            self.0.hub.end_everybody(Ended::SignedOut);
        }
        self.tell_others(after);
    }

    /// Other nodes do the same.
    fn tell_others(&self, after: &Aftermath) {
        if self.0.link.is_none() {
            return;
        }
        for account in &after.accounts {
            self.tell(Tidings::Account(account.id));
        }
        if let Some(id) = after.removed {
            self.tell(Tidings::Removed(id));
        }
        for ended in after.ended.chunk_by(|one, next| one.account == next.account) {
            let Some(first) = ended.first() else { continue };
            let until = ended.iter().map(|ended| ended.tokens_end).max().unwrap_or(first.tokens_end);
            let sign_ins = ended.iter().map(|ended| ended.sign_in).collect();
            self.tell(Tidings::SignedOut(first.account, sign_ins, until));
        }
        if after.everybody {
            self.tell(Tidings::Keys);
        }
    }
}

/// Runs `work` in a task of its own and waits for it: a client that hangs up ends the wait, and not the work.
pub async fn to_its_end<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    // What it logs belongs to the request still.
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|_| Err(StoreError::Unavailable("the server is stopping".into()).into()))
}
