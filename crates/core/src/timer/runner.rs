//! Firing timers when they are due.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::time::MissedTickBehavior;

use super::Timetable;
use super::stand_in::StandIn;
use crate::clock::{Clock, RunningClock};
use crate::commit::{CommitQueue, Fired, Request, TimerJob};
use crate::conversation::Registry;
use crate::ids::ConversationId;
use crate::node::{Share, Slices};
use crate::store::{DueTimer, Store, StoreError};

/// How many timers are on their way through the committer at once.
pub(super) const BATCH: usize = 64;
/// The longest wait between two tries of one that fails.
const MAX_BACKOFF: Duration = Duration::from_mins(5);
/// How long to wait before asking an unreachable store again.
const STORE_RETRY: Duration = Duration::from_secs(1);
/// How often a node among others looks whether another leaves its timers lying.
const LOOK: Duration = Duration::from_secs(1);
/// At every how many looks it reads what others have set of its own.
const LOOKS_PER_REFRESH: u32 = 3;

/// Fires timers.
pub(crate) struct Timers {
    pub(super) timetable: Arc<Timetable>,
    pub(super) store: Arc<dyn Store>,
    pub(super) registry: Arc<Registry>,
    queue: CommitQueue,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) share: Arc<Share>,
    /// How often each failing timer has been tried.
    tries: Mutex<HashMap<(ConversationId, String), u32>>,
    /// Held while timers fire, so that a clock moved by hand and the clock's own course do not mix.
    firing: tokio::sync::Mutex<()>,
}

/// What firing timers stands on.
pub(crate) struct TimerGround {
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) queue: CommitQueue,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) share: Arc<Share>,
}

impl Timers {
    pub(crate) fn new(ground: TimerGround) -> Self {
        let TimerGround { timetable, store, registry, queue, clock, share } = ground;
        let (tries, firing) = (Mutex::default(), tokio::sync::Mutex::new(()));
        let timers = Self { timetable, store, registry, queue, clock, share, tries, firing };
        timers.share_out();
        timers
    }

    /// Fires timers as they come due, until dropped.
    pub(crate) async fn run(&self) {
        let mut moves = self.clock.moves();
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut stand_in, mut look) = (StandIn::default(), 0_u32);
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
                _ = looks.tick(), if self.share.is_shared() => {
                    look = look.wrapping_add(1);
                    if let Err(error) = self.look(&mut stand_in, look).await {
                        tracing::warn!(%error, "timers of others wait for the store");
                    }
                }
            }
        }
    }

    /// Looks after what other nodes set, and leave.
    async fn look(&self, stand_in: &mut StandIn, look: u32) -> Result<(), StoreError> {
        let _firing = self.firing.lock().await;
        if look.is_multiple_of(LOOKS_PER_REFRESH) {
            let slices = self.timetable.begin_fill();
            let limit = self.timetable.capacity();
            let timers = self.store.timers(&self.registry, &slices, limit).await?;
            let more = timers.len() == limit;
            self.timetable.refresh(&slices, timers, more);
        }
        stand_in.look(self).await
    }

    /// Takes up the timers that are this node's now.
    pub(crate) fn share_out(&self) {
        self.timetable.share_out(self.share.mine(), self.share.is_shared());
    }

    /// Moves a clock to `to`; on the way, every timer due by then fires, in order, each seeing its own time. The clock is
    /// this node's alone, so the timers are too, whoever else might fire them.
    pub(crate) async fn move_clock(&self, clock: &RunningClock, to: Timestamp) -> Result<(), StoreError> {
        let _firing = self.firing.lock().await;
        let held = Held(clock);
        let all = AllOfThem::taken_up(self);
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
        drop(all);
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
            let slices = self.timetable.begin_fill();
            let limit = self.timetable.capacity();
            let timers = self.store.timers(&self.registry, &slices, limit).await?;
            let more = timers.len() == limit;
            if self.timetable.fill(&slices, timers, more) {
                break;
            }
        }
        Ok(())
    }

    /// Fires one batch of those due by `now`; answers how many.
    async fn fire_until(&self, now: Timestamp) -> usize {
        let due = self.timetable.take_due(now, BATCH);
        let count = due.len();
        self.fire(due).await;
        count
    }

    /// Fires these; says whether nobody else was at work on them, and the store took it.
    pub(super) async fn fire(&self, timers: Vec<DueTimer>) -> bool {
        let mut taken = Taken { timetable: &self.timetable, timers: timers.into() };
        let mut firing = Vec::with_capacity(taken.timers.len());
        for timer in &taken.timers {
            firing.push(self.start(timer).await);
        }
        let mut ours = true;
        for fired in firing {
            let fired = match fired {
                Some(fired) => fired.await.unwrap_or(Fired::Unavailable),
                None => Fired::Unavailable,
            };
            ours &= !matches!(fired, Fired::NotSet | Fired::Unavailable);
            if let Some(timer) = taken.timers.pop_front() {
                self.finish(timer, &fired);
            }
        }
        ours
    }

    /// Sends a timer on its way; `None` when nothing is taken any more.
    async fn start(&self, timer: &DueTimer) -> Option<tokio::sync::oneshot::Receiver<Fired>> {
        let timing = self.registry.timing(timer.kind)?;
        let (job, fired) = TimerJob::job(timer.conversation, timer.key.clone(), timer.due, timing);
        self.queue.send(Request::Update(job)).await.then_some(fired)
    }

    fn finish(&self, timer: DueTimer, fired: &Fired) {
        let name = (timer.conversation, timer.key.clone());
        match fired {
            Fired::Done | Fired::NotSet => drop(self.tries.lock().remove(&name)),
            Fired::Unreadable => self.timetable.rest(&timer),
            // It has lost no try.
            Fired::Unavailable => self.retry(timer, STORE_RETRY),
            Fired::Broken => {
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

/// The timers of every slice, for as long as a clock is moved.
struct AllOfThem<'a>(&'a Timers);

impl<'a> AllOfThem<'a> {
    fn taken_up(timers: &'a Timers) -> Self {
        timers.timetable.share_out(Slices::ALL, timers.share.is_shared());
        Self(timers)
    }
}

impl Drop for AllOfThem<'_> {
    fn drop(&mut self) {
        self.0.share_out();
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
