//! Erasing a person (common.md, `hearken erase`): when it is done, nothing of him is in any answer, nor in any byte of
//! the store's files.
//!
//! He is disabled first, which ends his sockets, and is gone for the committer and for whoever holds something of him
//! in memory: nothing new of him can come. Then conversation after conversation forgets him by its kind's rule, while
//! everything else goes on. His account, with his records and notices, goes last, so that after a crash the same command
//! goes on where it was. At the end whatever the store's files still hold of removed rows is overwritten.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::account::Account;
use crate::bus::wire::Tidings;
use crate::commit::{EraseStep, Reached, Request};
use crate::gone::going;
use crate::handle::Core;
use crate::ids::AccountId;
use crate::people::PeopleError;
use crate::store::{Changes, DirectoryChange, RecordChange, StoreError, Was};

/// How many conversations are looked up at once.
const PAGE: usize = 256;
/// How many are gone through in one transaction: a few milliseconds.
const AT_ONCE: usize = 8;
/// How many places are overwritten in one transaction: a few milliseconds.
const SCRUBBED_AT_ONCE: usize = 128;
/// How often the store's log is tried to be folded while readers are in the way, and how long apart.
const FOLDINGS: usize = 1000;
const PAUSE: Duration = Duration::from_millis(30);

/// Within this time every other node knows who is going: it has heard it, or has read it in the store.
const HEARD: Duration = Duration::from_secs(2);

/// A person who is being erased: nobody acts as him any more. Dropped before its end, the account stays disabled and can
/// be erased again.
pub struct Erasing {
    core: Core,
    account: Arc<Account>,
}

/// What erasing somebody has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// In how many conversations he was.
    pub conversations: usize,
    /// How many pages of the store's files held something of removed rows, his or others', and were cleaned.
    pub cleaned: usize,
}

impl Core {
    /// Begins to erase a person: disables the account, ends its subscriptions, and lets nobody act as him or seat him
    /// any more. Doors that have something to end first do it now, as the server's own act; then [`Erasing::finish`].
    pub async fn begin_erasing(&self, id: AccountId) -> Result<Erasing, PeopleError> {
        let account = self.set_disabled(id, true).await?;
        if self.0.link.is_some() && !self.0.hub.gone.has(id) {
            self.commit(Changes { records: vec![going(id)], ..Changes::default() }).await?;
            self.tell(Tidings::Gone(id));
        }
        self.0.hub.gone.add(id);
        // What was asked before is done or refused once this is answered.
        if !self.settle().await {
            return Err(PeopleError::Store(stopping()));
        }
        Ok(Erasing { core: self.clone(), account })
    }

    /// Overwrites whatever the store's files still hold of what was removed, a bounded part at a time, and answers how
    /// many pages did.
    pub async fn scrub(&self) -> Result<usize, StoreError> {
        let (mut from, mut cleaned) = (Some(0), 0);
        while let Some(looked) = from {
            let residue = self.0.store.residue(looked).await?;
            for places in residue.places.chunks(SCRUBBED_AT_ONCE) {
                let (done, answer) = oneshot::channel();
                self.ask(Request::Scrub { places: places.to_vec(), done }, answer).await?;
                cleaned += places.len();
            }
            from = residue.next;
        }
        for _ in 0..FOLDINGS {
            let (done, answer) = oneshot::channel();
            if self.ask(Request::Fold(done), answer).await? {
                return Ok(cleaned);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(StoreError::Unavailable("readers keep the store's log from being cut".into()))
    }

    async fn ask<T>(
        &self,
        request: Request,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if !self.0.queue.send(request).await {
            return Err(stopping());
        }
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }
}

impl Erasing {
    /// Who is being erased.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Erases him everywhere. After an error the same can be asked again.
    pub async fn finish(self) -> Result<Erased, StoreError> {
        let mut conversations = self.forget_all().await?;
        if self.core.has_others() {
            // What another node was doing for him when it had not yet heard of this.
            tokio::time::sleep(HEARD).await;
            conversations += self.forget_all().await?;
        }
        self.remove_account().await?;
        self.core.removed(self.account.id);
        let cleaned = self.core.scrub().await?;
        Ok(Erased { conversations, cleaned })
    }

    /// Goes through all conversations that have something of him; answers how many that were.
    async fn forget_all(&self) -> Result<usize, StoreError> {
        let core = &self.core.0;
        let mut conversations = 0;
        loop {
            // Each that is done is listed no more.
            let mut found = core.store.places_of(self.account.id, None, PAGE).await?;
            if found.is_empty() {
                found = core.store.traces_of(self.account.id, PAGE).await?;
            }
            if found.is_empty() {
                return Ok(conversations);
            }
            conversations += found.len();
            for some in found.chunks(AT_ONCE) {
                self.forget(some.iter().map(|id| (*id, 0)).collect()).await?;
            }
        }
    }

    async fn forget(&self, mut conversations: Vec<Reached>) -> Result<(), StoreError> {
        while !conversations.is_empty() {
            let (done, answer) = oneshot::channel();
            let registry = Arc::clone(&self.core.0.registry);
            let step = EraseStep { account: self.account.id, conversations, registry, done };
            conversations = self.core.ask(Request::Erase(step), answer).await?;
        }
        Ok(())
    }

    /// Takes away the account, what is kept for it, and what is kept for others and names him: an answer kept for a
    /// repeat, a code on its way.
    async fn remove_account(&self) -> Result<(), StoreError> {
        let Account { id, email, phone, .. } = &*self.account;
        let words = [Some(id.to_string()), email.clone(), phone.as_ref().map(ToString::to_string)];
        let words: Vec<_> = words.into_iter().flatten().collect();
        let named = self.core.0.store.records_naming(&words).await?;
        // What counts his codes names nobody, and is found by his number alone.
        let counted = phone.as_ref().map(|phone| self.core.code_limit_of(phone));
        let records =
            named.into_iter().chain(counted).map(|name| RecordChange::Remove(name, Was::Anything)).collect();
        let directory = vec![DirectoryChange::RemoveAccount(*id)];
        self.core.commit(Changes { directory, records }).await
    }
}

fn stopping() -> StoreError {
    StoreError::Unavailable("the server is stopping".into())
}
