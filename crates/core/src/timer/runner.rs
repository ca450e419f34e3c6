//! Firing timers when they are due.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::Timetable;
use super::timetable::CAPACITY;
use crate::clock::{Clock, RunningClock};
use crate::commit::{CommitQueue, Outcome, Request, TimerJob};
use crate::conversation::{Registry, Target};
use crate::ids::ConversationId;
use crate::store::{DueTimer, Store, StoreError};

/// How many timers are on their way through the committer at once.
const BATCH: usize = 64;
/// The longest wait between two tries of one that fails.
const MAX_BACKOFF: Duration = Duration::from_mins(5);
/// How long to wait before asking an unreachable store again.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Fires timers.
pub(crate) struct Timers {
    timetable: Arc<Timetable>,
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    queue: CommitQueue,
    clock: Arc<dyn Clock>,
    /// How often each failing timer has been tried.
    tries: Mutex<HashMap<(ConversationId, String), u32>>,
    /// Held while timers fire, so that a clock moved by hand and the clock's own course do not mix.
    firing: tokio::sync::Mutex<()>,
}

impl Timers {
    pub(crate) fn new(
        timetable: Arc<Timetable>,
        store: Arc<dyn Store>,
        registry: Arc<Registry>,
        queue: CommitQueue,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let tries = Mutex::default();
        Self { timetable, store, registry, queue, clock, tries, firing: tokio::sync::Mutex::new(()) }
    }

    /// Fires timers as they come due, until dropped.
    pub(crate) async fn run(&self) {
        let mut moves = self.clock.moves();
        loop {
            let changed = self.timetable.changed.notified();
            moves.mark_unchanged();
            let wait = match self.fire_due().await {
                Ok(()) => self.timetable.next_due().and_then(|due| self.clock.until(due)),
                Err(error) => {
                    tracing::warn!(%error, "timers wait for the store");
                    Some(STORE_RETRY)
                }
            };
            tokio::select! {
                () = changed => {}
                still = moves.changed() => if still.is_err() { return },
                () = sleep(wait) => {}
            }
        }
    }

    /// Moves a clock to `to`; on the way, every timer due by then fires, in order, each seeing its own time.
    pub(crate) async fn move_clock(&self, clock: &RunningClock, to: Timestamp) -> Result<(), StoreError> {
        let _firing = self.firing.lock().await;
        let held = Held(clock);
        loop {
            self.refill().await?;
            match self.timetable.next_due() {
                Some(due) if due <= to => {
                    clock.hold(due.max(clock.now()));
                    self.fire_until(due).await;
                }
                _ => break,
            }
        }
        drop(held);
        clock.set(to);
        Ok(())
    }

    async fn fire_due(&self) -> Result<(), StoreError> {
        let _firing = self.firing.lock().await;
        loop {
            self.refill().await?;
            if self.fire_until(self.clock.now()).await == 0 {
                return Ok(());
            }
        }
    }

    async fn refill(&self) -> Result<(), StoreError> {
        while self.timetable.is_low() {
            self.timetable.begin_fill();
            let timers = self.store.timers(CAPACITY).await?;
            let more = timers.len() == CAPACITY;
            if self.timetable.fill(timers, more) {
                break;
            }
        }
        Ok(())
    }

    /// Fires one batch of those due by `now`; answers how many.
    async fn fire_until(&self, now: Timestamp) -> usize {
        let mut taken =
            Taken { timetable: &self.timetable, timers: self.timetable.take_due(now, BATCH).into() };
        let count = taken.timers.len();
        let mut fired = Vec::with_capacity(count);
        for timer in &taken.timers {
            fired.push(self.start(timer).await);
        }
        for outcome in fired {
            let outcome = match outcome {
                Some(outcome) => Some(outcome.await.unwrap_or(Outcome::Broken)),
                None => None,
            };
            match (taken.timers.pop_front(), outcome) {
                (Some(timer), Some(outcome)) => self.finish(timer, &outcome),
                (Some(timer), None) => self.timetable.rest(&timer),
                (None, _) => {}
            }
        }
        count
    }

    /// Sends a timer on its way; `None` when it is not this node's to fire.
    async fn start(&self, timer: &DueTimer) -> Option<tokio::sync::oneshot::Receiver<Outcome>> {
        let target = Target::Id(timer.conversation);
        // A kind that only a newer node knows is left to it.
        let kind = match self.store.conversation(&self.registry, &target).await {
            Ok(conversation) => conversation?.identity.kind,
            Err(error) => {
                tracing::warn!(%error, "a timer waits for the store");
                let (unsent, failed) = tokio::sync::oneshot::channel();
                drop(unsent);
                return Some(failed);
            }
        };
        let timing = self.registry.timing(kind)?;
        let (job, outcome) = TimerJob::job(timer.conversation, timer.key.clone(), timer.due, timing);
        self.queue.send(Request::Update(job)).await.then_some(outcome)
    }

    fn finish(&self, timer: DueTimer, outcome: &Outcome) {
        let name = (timer.conversation, timer.key.clone());
        match outcome {
            Outcome::Settled | Outcome::NotFound => drop(self.tries.lock().remove(&name)),
            // That the store can't be written just now says nothing about this timer: it has lost no try.
            Outcome::Unavailable(_) | Outcome::Collided(_) => self.retry(timer, STORE_RETRY),
            Outcome::Broken => {
                let mut tries = self.tries.lock();
                let failed = tries.entry(name).or_default();
                *failed += 1;
                let wait = Duration::from_secs(1 << (*failed - 1).min(9)).min(MAX_BACKOFF);
                tracing::warn!(
                    conversation = %timer.conversation, key = timer.key, tries = *failed, ?wait, "a timer failed"
                );
                self.retry(timer, wait);
            }
        }
    }

    /// Puts a timer back once the wait is over. Waiting goes by the machine's time: product time may stand still.
    fn retry(&self, timer: DueTimer, wait: Duration) {
        self.timetable.rest(&timer);
        let timetable = Arc::clone(&self.timetable);
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            timetable.wake(timer);
        });
    }
}

/// A clock that may be held while timers fire; when that ends, or is given up, it runs on from where it stands.
struct Held<'a>(&'a RunningClock);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.now());
    }
}

/// Timers on their way. Whoever waits for them may give up: those whose end is not known go back, and one that has
/// fired nevertheless is found to be gone.
struct Taken<'a> {
    timetable: &'a Timetable,
    timers: VecDeque<DueTimer>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        for timer in self.timers.drain(..) {
            self.timetable.put_back(timer);
        }
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        // Long sleeps are cut, so that a machine that was suspended is not late by as much.
        Some(wait) => tokio::time::sleep(wait.min(Duration::from_mins(1))).await,
        None => std::future::pending().await,
    }
}
