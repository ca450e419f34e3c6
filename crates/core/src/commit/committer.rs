//! The loop that commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use super::CommitSettings;
use super::apply::Pending;
use super::cache::Cache;
use super::job::{Job, Outcome, Place, Verdict};
use super::queue::{CommitStats, Request};
use crate::actor::Actor;
use crate::body::Body;
use crate::clock::Clock;
use crate::conversation::{Conversation, Effects, Header, Identity, RawDraft, Target, TimerChange};
use crate::event::EventRef;
use crate::gone::Gone;
use crate::hub::Hub;
use crate::ids::{ConversationId, Ids, Seq};
use crate::notice::HandedOver;
use crate::store::{Batch, Ledger, Loaded, StoreError, Wanted};
use crate::timer::Timetable;

/// Runs rules and commits what they want; there is one per ledger.
pub(crate) struct Committer {
    pub(super) ledger: Box<dyn Ledger>,
    queue: mpsc::Receiver<Request>,
    pub(super) cache: Cache,
    settings: CommitSettings,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    pub(super) hub: Arc<Hub>,
    timetable: Arc<Timetable>,
    stats: Arc<CommitStats>,
    handed: Arc<HandedOver>,
    pub(super) gone: Arc<Gone>,
    /// Conversations that the batch has brought events of to hand.
    grown: Vec<ConversationId>,
    /// How often the store has failed since it last took something.
    failures: u64,
    /// Whether the store may have left something to be done in time; at the start, before the last end.
    untidy: bool,
}

/// What a committer stands on.
pub(crate) struct Ground {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) stats: Arc<CommitStats>,
    pub(crate) handed: Arc<HandedOver>,
    pub(crate) gone: Arc<Gone>,
}

impl Committer {
    pub(crate) fn new(
        ledger: Box<dyn Ledger>,
        queue: mpsc::Receiver<Request>,
        settings: CommitSettings,
        ground: Ground,
    ) -> Self {
        let Ground { clock, ids, hub, timetable, stats, handed, gone } = ground;
        let cache = Cache::new(settings.cache);
        Self {
            ledger,
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
        while self.next(&mut requests).await {
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
        self.queue.recv_many(requests, self.settings.batch).await > 0
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

    /// Commits jobs together; if that fails, each alone, so that one that can't be written costs no other.
    pub(super) async fn commit_group(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        if jobs.is_empty() {
            return;
        }
        match self.try_commit(&mut jobs).await {
            Ok(outcomes) => answer_all(jobs, outcomes),
            Err(error) if jobs.len() == 1 => answer_all(jobs, vec![error.into()]),
            Err(_) => {
                for job in jobs {
                    let mut alone = vec![job];
                    let outcomes = self.try_commit(&mut alone).await;
                    answer_all(alone, outcomes.unwrap_or_else(|error| vec![error.into()]));
                }
            }
        }
    }

    /// Runs the jobs in order, commits, and tells followers. On an error nothing has happened.
    async fn try_commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Vec<Outcome>, StoreError> {
        let loaded = match self.load(jobs).await {
            Ok(loaded) => loaded,
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
            if matches!(error, StoreError::Taken(_) | StoreError::Conflict) {
                // Nothing is wrong with the store: somebody was first.
                self.cache.clear();
                self.grown.clear();
                return Err(error);
            }
            self.stats.failures.fetch_add(1, Ordering::Relaxed);
            // What is at hand may hold what was not written: read everything again.
            self.cache.clear();
            self.grown.clear();
            self.handed.put_back(&batch.passed);
            return Err(self.failed(error));
        }
        if !pending.is_empty() {
            self.stats.commits.fetch_add(1, Ordering::Relaxed);
            self.succeeded();
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

    /// Brings to hand what the jobs want and is not there. Answers, for each place of each job, what it alone asked for.
    async fn load(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Vec<Aside>, StoreError> {
        let mut wanted = Vec::new();
        let mut asked = Vec::new();
        for place in jobs.iter().flat_map(|job| job.places()) {
            let ask = self.missing(place);
            asked.push(ask.is_some());
            wanted.extend(ask);
        }
        let mut answers = if wanted.is_empty() {
            Vec::new().into_iter()
        } else {
            self.ledger.load(&wanted).await?.into_iter()
        };
        let mut asides = Vec::with_capacity(asked.len());
        for (place, asked) in jobs.iter().flat_map(|job| job.places()).zip(asked) {
            let mut answer = if asked { answers.next().unwrap_or_default() } else { Loaded::default() };
            asides.push(Aside { timer: answer.timer, bodies: std::mem::take(&mut answer.bodies) });
            self.take_in(&place.target, answer);
        }
        Ok(asides)
    }

    /// What has to be read for a place, if anything.
    fn missing(&self, place: &Place) -> Option<Wanted> {
        let at_hand = self.cache.resolve(&place.target).and_then(|id| self.cache.peek(id));
        let settled = |which: &&EventRef| at_hand.is_some_and(|entry| entry.recent.settles(which));
        let events: Vec<_> = place.events.iter().filter(|which| !settled(which)).cloned().collect();
        let conversation = at_hand.is_none();
        if !conversation && events.is_empty() && place.timer.is_none() {
            return None;
        }
        let target =
            at_hand.map_or_else(|| place.target.clone(), |entry| Target::Id(entry.conversation.identity.id));
        Some(Wanted { target, conversation, events, timer: place.timer.clone() })
    }

    fn take_in(&mut self, target: &Target, answer: Loaded) {
        if let Some(conversation) = answer.conversation {
            self.cache.insert(conversation);
        }
        if answer.events.is_empty() {
            return;
        }
        if let Some(id) = self.cache.resolve(target)
            && let Some(entry) = self.cache.get_mut(id)
        {
            self.grown.push(id);
            // Pushed to the front one by one, so the last first keeps them in log order.
            answer.events.into_iter().rev().for_each(|logged| entry.recent.note_loaded(logged));
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
        self.cache.insert(Conversation {
            identity: Arc::new(identity),
            header: Header::new(),
            members: Arc::new([]),
            state: state.clone(),
        });
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
        let gone = self.ledger.commit(&batch).await;
        if let Err(error) = gone {
            self.handed.put_back(&batch.passed);
            tracing::warn!(%error, "notices that were handed over are still kept");
        }
    }
}

/// What was read for one place of one job alone.
struct Aside {
    /// When its timer is due, if it is set.
    timer: Option<jiff::Timestamp>,
    /// Bodies of the events that it wants because they wait.
    bodies: Vec<(Seq, Body)>,
}

/// When a timer is due as things stand within the batch: an earlier rule may have cancelled or moved it.
fn timer_now(
    place: &Place,
    loaded: Option<jiff::Timestamp>,
    id: ConversationId,
    batch: &Batch,
) -> Option<jiff::Timestamp> {
    let key = place.timer.as_ref()?;
    let ours = batch.timers.iter().filter(|(conversation, _)| *conversation == id).map(|(_, change)| change);
    ours.fold(loaded, |now, change| match change {
        TimerChange::SetOnce { key: set, due } if set == key => now.or(Some(*due)),
        TimerChange::Set { key: set, due } if set == key => Some(*due),
        TimerChange::Cancel { key: cancelled } if cancelled == key => None,
        _ => now,
    })
}

fn answer_all(jobs: Vec<Box<dyn Job>>, outcomes: Vec<Outcome>) {
    for (job, outcome) in jobs.into_iter().zip(outcomes) {
        job.answer(outcome);
    }
}
