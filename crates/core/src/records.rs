//! Records as the rest of the core and the doors use them: read one, change some together.

use jiff::Timestamp;

use crate::commit::{ChangesJob, Request};
use crate::handle::Core;
use crate::ids::AccountId;
use crate::store::{Changes, KeptRecord, RecordName, StoreError};

impl Core {
    /// A record, unless it is not there. Whether it has expired is for the caller to see, by the clock that it counts
    /// with.
    pub async fn record(&self, name: &RecordName) -> Result<Option<KeptRecord>, StoreError> {
        self.0.store.record(name).await
    }

    /// Every record of an account, in parts: those after `after`, at most `limit`.
    pub async fn records_of(
        &self,
        account: AccountId,
        after: Option<&RecordName>,
        limit: usize,
    ) -> Result<Vec<KeptRecord>, StoreError> {
        self.0.store.records_of(account, after, limit).await
    }

    /// Commits changes beside conversations, all or none, together with whatever else is on its way.
    ///
    /// Accounts that change so are not noticed by who is connected: `people` has the ways to change those.
    pub async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        let stopping = || StoreError::Unavailable("the server is stopping".into());
        let (job, answer) = ChangesJob::job(changes);
        if !self.0.queue.send(Request::Update(job)).await {
            return Err(stopping());
        }
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Deletes records that have expired before this time by any clock, a bounded number at a time.
    pub async fn sweep_records(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let (done, answer) = tokio::sync::oneshot::channel();
        if !self.0.queue.send(Request::Sweep { before, limit, done }).await {
            return Err(StoreError::Unavailable("the server is stopping".into()));
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the committer has ended".into())))
    }
}
