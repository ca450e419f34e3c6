//! A rule on its way through the committer: what it wants read, the rule itself, and who waits for the answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::actor::Actor;
use crate::body::Body;
use crate::conversation::{Draft, Kind, RawDraft, Target, TimerRule, Timing};
use crate::event::EventRef;
use crate::ids::ConversationId;
use crate::store::{Changes, StoreError};

/// Why an update did not happen.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError<E> {
    /// The rule refused.
    #[error("refused")]
    Refused(E),
    /// There is no such conversation.
    #[error("there is no such conversation")]
    NotFound,
    /// Too much is waiting already; nothing was done.
    #[error("the server is busy")]
    Busy,
    /// What the update brings along can't be: something is taken, or has changed meanwhile. Nothing was done.
    #[error(transparent)]
    Collided(StoreError),
    /// The store can't be written just now; nothing was acknowledged.
    #[error("the server can't save this just now")]
    Unavailable,
}

/// The answer to an update, once it is on stable storage.
pub struct Reply<R, E>(pub(crate) Answer<R, E>);

pub(crate) enum Answer<R, E> {
    Waiting(oneshot::Receiver<Result<R, UpdateError<E>>>),
    Busy,
    Stopped,
}

impl<R, E> Future for Reply<R, E> {
    type Output = Result<R, UpdateError<E>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Answer::Busy => Poll::Ready(Err(UpdateError::Busy)),
            Answer::Stopped => Poll::Ready(Err(UpdateError::Unavailable)),
            // A committer that went away without an answer has saved nothing that anybody was told of.
            Answer::Waiting(answer) => {
                Pin::new(answer).poll(context).map(|answer| answer.unwrap_or(Err(UpdateError::Unavailable)))
            }
        }
    }
}

/// How a rule ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What it asked for is to be done.
    Accepted,
    /// Nothing is to be done.
    Refused,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The rule ran, and what it read and wrote is on stable storage.
    Settled,
    /// There is no such conversation.
    NotFound,
    /// The rule panicked, or could never have run; nothing of it was done.
    Broken,
    /// What it brings along is taken, or is not any more as it was when it was read.
    Collided(StoreError),
    /// The store failed.
    Unavailable(StoreError),
}

impl From<StoreError> for Outcome {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(_) | StoreError::Conflict => Self::Collided(error),
            StoreError::Raced | StoreError::Full | StoreError::Away(_) | StoreError::Unavailable(_) => {
                Self::Unavailable(error)
            }
        }
    }
}

/// Which conversation a job is about.
pub(crate) struct Place {
    pub(crate) target: Target,
    /// Of which kind it must be; a timer takes any.
    pub(crate) kind: Option<&'static str>,
    pub(crate) events: Vec<EventRef>,
    pub(crate) timer: Option<String>,
    /// The state to open it with when it does not exist.
    pub(crate) initial: Option<Body>,
}

/// A rule in the queue, its types erased. It may be run again when its first commit failed.
pub(crate) trait Job: Send {
    fn actor(&self) -> &Actor;
    fn places(&self) -> &[Place];
    /// What is to be written besides, if the rule accepts.
    fn changes(&self) -> Option<&Changes> {
        None
    }
    fn run(&mut self, drafts: &mut [RawDraft<'_>]) -> Verdict;
    fn answer(self: Box<Self>, outcome: Outcome);
}

/// An update of one conversation of kind `K`.
pub(crate) struct Update<K: Kind, R, E, F> {
    actor: Actor,
    place: [Place; 1],
    rule: F,
    result: Option<Result<R, E>>,
    caller: oneshot::Sender<Result<R, UpdateError<E>>>,
    kind: std::marker::PhantomData<fn() -> K>,
}

impl<K, R, E, F> Update<K, R, E, F>
where
    K: Kind,
    R: Send + 'static,
    E: Send + 'static,
    F: FnMut(&mut Draft<'_, '_, K>) -> Result<R, E> + Send + 'static,
{
    /// The job, and the answer to wait for.
    pub(crate) fn job(actor: Actor, place: Place, rule: F) -> (Box<dyn Job>, Reply<R, E>) {
        let (caller, answer) = oneshot::channel();
        let job = Self { actor, place: [place], rule, result: None, caller, kind: std::marker::PhantomData };
        (Box::new(job), Reply(Answer::Waiting(answer)))
    }
}

impl<K, R, E, F> Job for Update<K, R, E, F>
where
    K: Kind,
    R: Send + 'static,
    E: Send + 'static,
    F: FnMut(&mut Draft<'_, '_, K>) -> Result<R, E> + Send + 'static,
{
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn places(&self) -> &[Place] {
        &self.place
    }

    fn run(&mut self, drafts: &mut [RawDraft<'_>]) -> Verdict {
        self.result = None;
        let Some(mut draft) = drafts.first_mut().and_then(Draft::<K>::over) else { return Verdict::Refused };
        let result = (self.rule)(&mut draft);
        let verdict = if result.is_ok() { Verdict::Accepted } else { Verdict::Refused };
        draft.finish();
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, outcome: Outcome) {
        // A caller who has gone wants no answer; what was done stays done.
        let _ = self.caller.send(settle(outcome, self.result));
    }
}

/// The drafts of an update over several conversations, in the order they were asked for.
pub struct Drafts<'d, 'e> {
    drafts: &'d mut [RawDraft<'e>],
}

impl<'e> Drafts<'_, 'e> {
    /// Works on the draft at `index` as one of kind `K`. `None` when there is none, it is of another kind, or its
    /// state was written by a version that is not known here.
    pub fn with<K: Kind, T>(
        &mut self,
        index: usize,
        work: impl FnOnce(&mut Draft<'_, 'e, K>) -> T,
    ) -> Option<T> {
        let raw = self.drafts.get_mut(index)?;
        if raw.entry.conversation.identity.kind != K::NAME {
            return None;
        }
        let earlier = raw.effects.state.take();
        let mut draft = Draft::<K>::over_with(raw, earlier.as_ref())?;
        let done = work(&mut draft);
        draft.finish();
        Some(done)
    }
}

/// An update of several conversations, all or none.
pub(crate) struct UpdateMany<R, E, F> {
    actor: Actor,
    places: Vec<Place>,
    changes: Changes,
    rule: F,
    result: Option<Result<R, E>>,
    caller: oneshot::Sender<Result<R, UpdateError<E>>>,
}

impl<R, E, F> UpdateMany<R, E, F>
where
    R: Send + 'static,
    E: Send + 'static,
    F: FnMut(&mut Drafts<'_, '_>) -> Result<R, E> + Send + 'static,
{
    pub(crate) fn job(
        actor: Actor,
        places: Vec<Place>,
        changes: Changes,
        rule: F,
    ) -> (Box<dyn Job>, Reply<R, E>) {
        let (caller, answer) = oneshot::channel();
        let job = Self { actor, places, changes, rule, result: None, caller };
        (Box::new(job), Reply(Answer::Waiting(answer)))
    }
}

impl<R, E, F> Job for UpdateMany<R, E, F>
where
    R: Send + 'static,
    E: Send + 'static,
    F: FnMut(&mut Drafts<'_, '_>) -> Result<R, E> + Send + 'static,
{
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn places(&self) -> &[Place] {
        &self.places
    }

    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }

    fn run(&mut self, drafts: &mut [RawDraft<'_>]) -> Verdict {
        let result = (self.rule)(&mut Drafts { drafts });
        let verdict = if result.is_ok() { Verdict::Accepted } else { Verdict::Refused };
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, outcome: Outcome) {
        let _ = self.caller.send(settle(outcome, self.result));
    }
}

fn settle<R, E>(outcome: Outcome, result: Option<Result<R, E>>) -> Result<R, UpdateError<E>> {
    match (outcome, result) {
        (Outcome::Settled, Some(result)) => result.map_err(UpdateError::Refused),
        (Outcome::NotFound, _) => Err(UpdateError::NotFound),
        (Outcome::Collided(error), _) => Err(UpdateError::Collided(error)),
        _ => Err(UpdateError::Unavailable),
    }
}

/// Changes beside conversations, by themselves.
pub(crate) struct ChangesJob {
    actor: Actor,
    changes: Changes,
    caller: oneshot::Sender<Result<(), StoreError>>,
}

impl ChangesJob {
    /// The job, and the answer to wait for.
    pub(crate) fn job(changes: Changes) -> (Box<dyn Job>, oneshot::Receiver<Result<(), StoreError>>) {
        let (caller, answer) = oneshot::channel();
        (Box::new(Self { actor: Actor::System("people"), changes, caller }), answer)
    }
}

impl Job for ChangesJob {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn places(&self) -> &[Place] {
        &[]
    }

    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }

    fn run(&mut self, _: &mut [RawDraft<'_>]) -> Verdict {
        Verdict::Accepted
    }

    fn answer(self: Box<Self>, outcome: Outcome) {
        let answer = match outcome {
            Outcome::Settled => Ok(()),
            Outcome::Collided(error) | Outcome::Unavailable(error) => Err(error),
            Outcome::NotFound | Outcome::Broken => Err(StoreError::Unavailable("it could not be run".into())),
        };
        let _ = self.caller.send(answer);
    }
}

/// A timer that is due. It goes in the commit of its effect; if it has been cancelled or moved, nothing happens.
pub(crate) struct TimerJob {
    actor: Actor,
    place: [Place; 1],
    rule: TimerRule,
    due: Timestamp,
    fired: Fired,
    done: oneshot::Sender<Fired>,
}

/// What became of a timer that was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fired {
    /// It has fired.
    Done,
    /// It was not set any more: cancelled, moved, or fired by another node.
    NotSet,
    /// Its conversation can't be read here: it is for a newer node.
    Unreadable,
    /// Its rule panicked.
    Broken,
    /// The store failed.
    Unavailable,
}

impl TimerJob {
    pub(crate) fn job(
        conversation: ConversationId,
        key: String,
        due: Timestamp,
        timing: Timing,
    ) -> (Box<dyn Job>, oneshot::Receiver<Fired>) {
        let (done, answer) = oneshot::channel();
        let target = Target::Id(conversation);
        let Timing { rule, reads } = timing;
        let place = Place { target, kind: None, events: reads(&key), timer: Some(key), initial: None };
        let (actor, place, fired) = (Actor::System("timer"), [place], Fired::NotSet);
        (Box::new(Self { actor, place, rule, due, fired, done }), answer)
    }
}

impl Job for TimerJob {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn places(&self) -> &[Place] {
        &self.place
    }

    fn run(&mut self, drafts: &mut [RawDraft<'_>]) -> Verdict {
        self.fired = Fired::NotSet;
        let Some(draft) = drafts.first_mut() else { return Verdict::Refused };
        let key = self.place[0].timer.clone().unwrap_or_default();
        if draft.timer != Some(self.due) {
            return Verdict::Refused;
        }
        draft.effects.timers.push(crate::conversation::TimerChange::Cancel { key: key.clone() });
        // One of a conversation that only a newer node can read is left to it.
        if (self.rule)(draft, &key, self.due) {
            self.fired = Fired::Done;
            Verdict::Accepted
        } else {
            self.fired = Fired::Unreadable;
            Verdict::Refused
        }
    }

    fn answer(self: Box<Self>, outcome: Outcome) {
        let fired = match outcome {
            Outcome::Settled => self.fired,
            Outcome::NotFound => Fired::NotSet,
            Outcome::Broken => Fired::Broken,
            // That the store can't be written just now says nothing about this timer.
            Outcome::Unavailable(_) | Outcome::Collided(_) => Fired::Unavailable,
        };
        let _ = self.done.send(fired);
    }
}
