//! The loop that commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use super::CommitSettings;
use super::again::somebody_was_first;
use super::apply::Pending;
use super::cache::Cache;
use super::job::{Job, Outcome, Place, Verdict};
use super::loading::{Aside, timer_now};
use super::queue::{CommitStats, Request};
use super::shards::Shards;
use super::turns::{ENOUGH, Turns};
use crate::actor::Actor;
use crate::clock::Clock;
use crate::conversation::{Conversation, Effects, Header, Identity, RawDraft, Target};
use crate::event::EventRef;
use crate::gone::Gone;
use crate::ids::{ConversationId, Ids};
use crate::link::Announcer;
use crate::notice::HandedOver;
use crate::store::{Batch, Ledger, StoreError};
use crate::timer::Timetable;

/// How often whoever is ready to ask for something is let before at most.
const YIELDS: usize = 8;

/// Runs rules and commits what they want; there is one per ledger, and where there are several, each sees to some of
/// the conversations. That is for speed alone: what they have at hand is compared with the store's at every commit.
pub(crate) struct Committer {
    pub(super) ledger: Box<dyn Ledger>,
    /// Whether others write to the same store.
    pub(super) shared: bool,
    /// Which one this is of those that work at once.
    pub(super) shard: usize,
    pub(super) shards: Arc<Shards>,
    turns: Arc<Turns>,
    queue: mpsc::Receiver<Request>,
    pub(super) cache: Cache,
    settings: CommitSettings,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    pub(super) hub: Announcer,
    timetable: Arc<Timetable>,
    pub(super) stats: Arc<CommitStats>,
    handed: Arc<HandedOver>,
    pub(super) gone: Arc<Gone>,
    /// Conversations that the batch has brought events of to hand.
    pub(super) grown: Vec<ConversationId>,
    /// How often the store has failed since it last took something.
    failures: u64,
    /// Whether the store may have left something to be done in time; at the start, before the last end.
    untidy: bool,
}

/// What a committer stands on.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) hub: Announcer,
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) stats: Arc<CommitStats>,
    pub(crate) handed: Arc<HandedOver>,
    pub(crate) gone: Arc<Gone>,
    pub(crate) shards: Arc<Shards>,
    pub(crate) turns: Arc<Turns>,
}

impl Committer {
    pub(crate) fn new(
        ledger: Box<dyn Ledger>,
        queue: mpsc::Receiver<Request>,
        shard: usize,
        settings: CommitSettings,
        ground: Ground,
    ) -> Self {
        let Ground { clock, ids, hub, timetable, stats, handed, gone, shards, turns } = ground;
        let cache = Cache::new(settings.cache / shards.count());
        Self {
            shared: ledger.is_shared(),
            ledger,
            shard,
            shards,
            turns,
            queue,
            cache,
            settings,
            clock,
            ids,
            hub,
            timetable,
            stats,
            handed,
            gone,
            grown: Vec::new(),
            failures: 0,
            untidy: true,
        }
    }

    /// Works until every handle to the queue is gone and what was queued is settled.
    pub(crate) async fn run(mut self) {
        let mut requests = Vec::with_capacity(self.settings.batch);
        let turns = Arc::clone(&self.turns);
        while self.next(&mut requests).await {
            let _turn = turns.begin(self.shard);
            let mut jobs = Vec::with_capacity(requests.len());
            for request in requests.drain(..) {
                match request {
                    Request::Update(job) => jobs.push(job),
                    // They go with whatever else is written now.
                    Request::Passed => {}
                    other => {
                        self.commit_group(std::mem::take(&mut jobs)).await;
                        self.do_other(other).await;
                    }
                }
            }
            self.commit_group(jobs).await;
            self.take_passed_away().await;
        }
    }

    /// Takes what has queued up; `false` at the end. While nothing has, what the store has left is done.
    async fn next(&mut self, requests: &mut Vec<Request>) -> bool {
        while self.untidy {
            let queued = self.queue.recv_many(requests, self.settings.batch).now_or_never();
            if let Some(taken) = queued {
                // A part between any two batches: it gets done, however much comes.
                self.tidy().await;
                return taken > 0;
            }
            self.tidy().await;
        }
        if self.queue.recv_many(requests, self.settings.batch).await == 0 {
            return false;
        }
        if self.turns.has_others() {
            self.gather(requests).await;
        }
        true
    }

    /// Has more come along where there are but a few: what comes while others commit, and what is about to come.
    async fn gather(&mut self, requests: &mut Vec<Request>) {
        if requests.len() < ENOUGH {
            self.turns.others(self.shard).await;
            self.take_more(requests);
        }
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
            if !self.take_more(requests) {
                return;
            }
        }
    }

    /// Takes what is there already; `false` when nothing is, or no more fits.
    fn take_more(&mut self, requests: &mut Vec<Request>) -> bool {
        let room = self.settings.batch.saturating_sub(requests.len());
        room > 0 && self.queue.recv_many(requests, room).now_or_never().is_some_and(|taken| taken > 0)
    }

    async fn tidy(&mut self) {
        self.untidy = self.ledger.tidy().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what is left to be done in the store waits until somebody leaves again");
            false
        });
    }

    async fn do_other(&mut self, request: Request) {
        match request {
            Request::Update(job) => self.commit_group(vec![job]).await,
            Request::Trim { before, limit, done } => {
                let _ = done.send(self.ledger.trim(before, limit).await);
            }
            Request::Sweep { before, limit, done } => {
                let _ = done.send(self.ledger.sweep(before, limit).await);
            }
            Request::RaiseFloors(account, floors) => {
                if let Err(error) = self.ledger.raise_floors(account, &floors).await {
                    tracing::warn!(%error, "the floors of an inbox could not be raised");
                }
            }
            Request::Passed => {}
            Request::Erase(step) => self.erase(step).await,
            Request::Scrub { places, done } => {
                let _ = done.send(self.ledger.scrub(&places).await);
            }
            Request::Fold(done) => {
                let _ = done.send(self.ledger.fold().await);
            }
            Request::Settle(settled) => {
                self.take_passed_away().await;
                // Whoever asked may have gone.
                let _ = settled.send(());
            }
            Request::Stop => self.queue.close(),
        }
    }

    /// Runs the jobs in order, commits, and tells followers. On an error nothing has happened.
    pub(super) async fn try_commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Vec<Outcome>, StoreError> {
        let loaded = match self.load(jobs).await {
            Ok(loaded) => loaded,
            Err(error) if somebody_was_first(&error) => return Err(error),
            Err(error) => return Err(self.failed(error)),
        };
        let mut pending = Pending::default();
        pending.batch.passed = self.handed.take();
        let mut outcomes = Vec::with_capacity(jobs.len());
        let mut asides = loaded.into_iter();
        for job in jobs.iter_mut() {
            let asides: Vec<_> = asides.by_ref().take(job.places().len()).collect();
            let outcome = self.run_job(job.as_mut(), asides, &mut pending);
            outcomes.push(outcome);
        }
        self.stats.rules.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        let cache = &self.cache;
        pending.seal(|id| cache.peek(id).map(|entry| &entry.conversation));
        self.write(&pending).await?;
        let cache = &self.cache;
        self.timetable
            .note(&pending.batch.timers, |id| cache.peek(id).map(|entry| entry.conversation.identity.kind));
        let whole = pending.batch.forgotten.iter().filter(|forget| forget.account.is_none());
        whole.for_each(|forget| self.timetable.forget(forget.conversation));
        self.hub.publish(pending.announcements);
        let changed = pending.batch.conversations.iter().map(|row| row.conversation.identity.id);
        let recorded = pending.batch.events.iter().map(|row| row.event.conversation.id);
        for id in changed.chain(recorded).chain(self.grown.drain(..)) {
            self.cache.settle(id);
        }
        self.cache.shrink();
        Ok(outcomes)
    }

    async fn write(&mut self, pending: &Pending) -> Result<(), StoreError> {
        let batch = &pending.batch;
        if let Err(error) = self.ledger.commit(batch).await {
            self.grown.clear();
            self.handed.put_back(&batch.passed);
            if somebody_was_first(&error) {
                // Nothing is wrong with the store, nor with what is at hand of other conversations.
                batch.touched().into_iter().for_each(|id| self.cache.remove(id));
                return Err(error);
            }
            self.stats.failures.fetch_add(1, Ordering::Relaxed);
            // What is at hand may hold what was not written: read everything again. And it may have been written all the
            // same, with nobody told of it here.
            self.cache.clear();
            self.hub.unsure();
            return Err(self.failed(error));
        }
        if !batch.is_empty() {
            self.stats.commits.fetch_add(1, Ordering::Relaxed);
            self.succeeded();
        }
        if self.shared {
            batch.touched().into_iter().for_each(|id| self.cache.stamp(id));
        }
        self.stats.events.fetch_add(batch.events.len() as u64, Ordering::Relaxed);
        self.untidy |= !batch.cleared.is_empty();
        Ok(())
    }

    /// Notes that the store has failed; says so once, however often it fails on: the log may lie on the same full disk,
    /// and everybody's messages come here.
    fn failed(&mut self, error: StoreError) -> StoreError {
        if self.failures == 0 {
            tracing::error!(%error, "commits fail");
        }
        self.failures += 1;
        error
    }

    /// Notes that something was written.
    fn succeeded(&mut self) {
        let failures = std::mem::take(&mut self.failures);
        if failures > 0 {
            tracing::warn!(failures, "commits succeed again");
        }
    }

    fn run_job(&mut self, job: &mut dyn Job, mut asides: Vec<Aside>, pending: &mut Pending) -> Outcome {
        if self.gone.has_author(job.actor().account()) {
            return Outcome::NotFound;
        }
        let mut places = Vec::with_capacity(job.places().len());
        for place in job.places() {
            let found = match self.cache.resolve(&place.target) {
                Some(id) => self.may_touch(id, job, place).then_some((id, false)),
                None => self.open(job.actor(), place).map(|id| (id, true)),
            };
            let Some(found) = found else {
                self.abandon(&places);
                return Outcome::NotFound;
            };
            // Two drafts of one conversation would each overwrite the other's changes.
            if places.iter().any(|(id, _)| *id == found.0) {
                tracing::error!(conversation = %found.0, "a rule asks for one conversation twice");
                self.abandon(&places);
                return Outcome::Broken;
            }
            places.push(found);
        }
        for ((place, aside), (id, _)) in job.places().iter().zip(&mut asides).zip(&places) {
            aside.timer = timer_now(place, aside.timer, *id, &pending.batch);
        }
        let effects = match self.run_rule(job, &places, &asides) {
            Ok(effects) => effects,
            Err(outcome) => {
                self.abandon(&places);
                return outcome;
            }
        };
        if self.brings_back(&places, &effects, job.changes()) {
            self.abandon(&places);
            return Outcome::NotFound;
        }
        for ((id, is_new), effects) in places.into_iter().zip(effects) {
            if effects.unopened {
                pending.pass(effects);
                self.cache.remove(id);
            } else if let Some(entry) = self.cache.get_mut(id) {
                pending.accept(entry, effects, is_new, &*self.ids, &self.gone);
            }
        }
        if let Some(changes) = job.changes() {
            pending.bring_along(changes);
        }
        Outcome::Settled
    }

    /// Runs the rule over drafts and hands back what it asked for, or how it ended otherwise. One that panics has
    /// asked for nothing, and its caller hears that nothing was saved.
    fn run_rule(
        &self,
        job: &mut dyn Job,
        places: &[(ConversationId, bool)],
        asides: &[Aside],
    ) -> Result<Vec<Effects>, Outcome> {
        let now = self.clock.now();
        let actor = job.actor().clone();
        // Only the check that a rule reads nothing it has not asked for needs these; it is a debug assertion.
        let asked = |place: &Place| if cfg!(debug_assertions) { place.events.clone() } else { Vec::new() };
        let wanted: Vec<Vec<EventRef>> = job.places().iter().map(asked).collect();
        let mut drafts = Vec::with_capacity(places.len());
        for (((id, is_new), wanted), aside) in places.iter().zip(&wanted).zip(asides) {
            let entry = self.cache.peek(*id).ok_or(Outcome::Broken)?;
            drafts.push(RawDraft {
                entry,
                wanted,
                actor: &actor,
                now,
                is_new: *is_new,
                timer: aside.timer,
                bodies: &aside.bodies,
                effects: Effects::default(),
            });
        }
        match catch_unwind(AssertUnwindSafe(|| job.run(&mut drafts))) {
            Ok(Verdict::Accepted) => Ok(drafts.into_iter().map(|draft| draft.effects).collect()),
            Ok(Verdict::Refused) => Err(Outcome::Settled),
            Err(_) => {
                tracing::error!("a rule panicked");
                Err(Outcome::Broken)
            }
        }
    }

    /// Another organisation's conversations, and those of another kind, do not exist for whoever asks.
    fn may_touch(&self, id: ConversationId, job: &dyn Job, place: &Place) -> bool {
        let Some(entry) = self.cache.peek(id) else { return false };
        let identity = &entry.conversation.identity;
        let ours =
            job.actor().organisation().is_none_or(|organisation| organisation == identity.organisation);
        ours && place.kind.is_none_or(|kind| kind == identity.kind)
    }

    /// Opens a conversation that does not exist, where its place says how; nobody does so in another organisation.
    fn open(&mut self, actor: &Actor, place: &Place) -> Option<ConversationId> {
        let (Target::Key { kind, organisation, key }, Some(state)) = (&place.target, &place.initial) else {
            return None;
        };
        if actor.organisation().is_some_and(|ours| ours != *organisation) {
            return None;
        }
        let id = ConversationId(self.ids.next());
        let identity = Identity { id, kind, organisation: *organisation, key: Some(Arc::clone(key)) };
        let conversation = Conversation {
            identity: Arc::new(identity),
            header: Header::new(),
            members: Arc::new([]),
            state: state.clone(),
        };
        self.cache.insert(conversation, 0);
        self.shards.note(id, self.shard);
        Some(id)
    }

    /// Drops what was opened for a rule that then did not happen.
    fn abandon(&mut self, places: &[(ConversationId, bool)]) {
        for (id, is_new) in places {
            if *is_new {
                self.cache.remove(*id);
            }
        }
    }

    /// Takes away those handed-over notices that no rule has taken along.
    async fn take_passed_away(&mut self) {
        let batch = Batch { passed: self.handed.take(), ..Batch::default() };
        if batch.passed.is_empty() {
            return;
        }
        let gone = self.write_alone(&batch).await;
        if let Err(error) = gone {
            self.handed.put_back(&batch.passed);
            tracing::warn!(%error, "notices that were handed over are still kept");
        }
    }
}
