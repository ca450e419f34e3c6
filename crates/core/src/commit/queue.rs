//! The way into the committers: bounded, and never waited on. What does not fit is told that the server is busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::erasing::EraseStep;
use super::job::Job;
use super::shards::Shards;
use crate::ids::{AccountId, ConversationId, Seq};
use crate::store::StoreError;

/// Something for the committer to do.
pub(crate) enum Request {
    /// A rule.
    Update(Box<dyn Job>),
    /// Rows that nobody needs any more.
    Trim { before: Timestamp, limit: usize, done: oneshot::Sender<Result<usize, StoreError>> },
    /// Records that have expired.
    Sweep { before: Timestamp, limit: usize, done: oneshot::Sender<Result<usize, StoreError>> },
    /// Places up to which nothing waits for a person.
    RaiseFloors(AccountId, Vec<(ConversationId, Seq)>),
    /// Notices have been handed over, and are to go.
    Passed,
    /// A person is erased from a conversation.
    Erase(EraseStep),
    /// What was removed, and still lies at these places, is overwritten.
    Scrub { places: Vec<u64>, done: oneshot::Sender<Result<(), StoreError>> },
    /// The store's log is folded into its file.
    Fold(oneshot::Sender<Result<bool, StoreError>>),
    /// Nothing, but an answer once everything queued before is settled; see [`CommitQueue::settle`].
    Settle(oneshot::Sender<()>),
    /// Nothing more is taken; what is queued is settled, and then the committer ends; see [`CommitQueue::stop`].
    Stop,
}

/// What the committer has done since the start.
#[derive(Debug, Default)]
pub struct CommitStats {
    /// Transactions.
    pub commits: AtomicU64,
    /// Rules that ran.
    pub rules: AtomicU64,
    /// Events written.
    pub events: AtomicU64,
    /// Transactions that failed.
    pub failures: AtomicU64,
    /// Groups of rules that were run again because another node, or another committer, was first.
    pub races: AtomicU64,
    /// Rules turned away because too many waited.
    pub refused_busy: AtomicU64,
}

/// Why a rule was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// There is no room.
    Busy,
    /// Nothing is taken any more.
    Stopped,
}

/// The near end of the committers' queues, one each.
#[derive(Clone)]
pub(crate) struct CommitQueue {
    senders: Arc<[mpsc::Sender<Request>]>,
    shards: Arc<Shards>,
    stats: Arc<CommitStats>,
}

impl CommitQueue {
    /// Queues for so many committers, each of which takes `capacity`: what a whole group says at once comes to one.
    pub(crate) fn new(capacity: usize, committers: usize) -> (Self, Vec<mpsc::Receiver<Request>>) {
        let shards = Arc::new(Shards::new(committers));
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..shards.count()).map(|_| mpsc::channel(capacity)).unzip();
        (Self { senders: senders.into(), shards, stats: Arc::default() }, receivers)
    }

    pub(crate) fn stats(&self) -> &Arc<CommitStats> {
        &self.stats
    }

    pub(crate) fn shards(&self) -> &Arc<Shards> {
        &self.shards
    }

    /// Queues a rule, if there is room.
    pub(crate) fn offer(&self, job: Box<dyn Job>) -> Result<(), NotTaken> {
        let sender = &self.senders[self.shards.of(job.places())];
        sender.try_send(Request::Update(job)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.stats.refused_busy.fetch_add(1, Ordering::Relaxed);
                NotTaken::Busy
            }
            mpsc::error::TrySendError::Closed(_) => NotTaken::Stopped,
        })
    }

    /// Queues a request, waiting for room: for the server's own work, which can't be turned away.
    pub(crate) async fn send(&self, request: Request) -> bool {
        let shard = match &request {
            Request::Update(job) => self.shards.of(job.places()),
            _ => 0,
        };
        self.senders[shard].send(request).await.is_ok()
    }

    /// Waits until everything queued before is settled; `false` when a committer has ended.
    pub(crate) async fn settle(&self) -> bool {
        let mut answers = Vec::with_capacity(self.senders.len());
        for sender in &*self.senders {
            let (settled, answer) = oneshot::channel();
            if sender.send(Request::Settle(settled)).await.is_err() {
                return false;
            }
            answers.push(answer);
        }
        for answer in answers {
            if answer.await.is_err() {
                return false;
            }
        }
        true
    }

    /// Has every committer end once what is queued is settled.
    pub(crate) async fn stop(&self) {
        for sender in &*self.senders {
            // One that has ended is to be stopped no more.
            let _ = sender.send(Request::Stop).await;
        }
    }

    /// Queues work that nobody waits for, if there is room.
    pub(crate) fn offer_floors_if_any(&self, account: AccountId, floors: Vec<(ConversationId, Seq)>) {
        if floors.is_empty() {
            return;
        }
        // Only a saving of later work: when there is no room, the next reading says the same again.
        let _ = self.senders[0].try_send(Request::RaiseFloors(account, floors));
    }

    /// Asks for handed-over notices to be taken away, if there is room; the next rule to come takes them along anyway.
    pub(crate) fn offer_passed(&self) -> bool {
        self.senders[0].try_send(Request::Passed).is_ok()
    }

    /// How many wait.
    pub(crate) fn depth(&self) -> usize {
        self.senders.iter().map(|sender| sender.max_capacity() - sender.capacity()).sum()
    }
}
