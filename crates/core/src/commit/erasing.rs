//! Erasing a person from one conversation: the one thing for which the committer looks twice.
//!
//! A conversation may hold more of him than one transaction should take away. So the kind's rule is first only asked
//! what is to remain; what he has recorded goes in parts, with other commits in between; and only when the last part
//! is left is the rule run for good, and its effects and the rest go in one commit. Whoever stops in the middle starts
//! again with the same.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::committer::Committer;
use super::job::{Job, Outcome, Place, Verdict};
use crate::actor::Actor;
use crate::conversation::{RawDraft, Registry, Remains, Target};
use crate::hub::Announcement;
use crate::ids::{AccountId, ConversationId, Seq};
use crate::store::{Batch, Forget, StoreError};

/// How many events are looked at in one transaction: a few milliseconds.
const PART: usize = 1000;

/// One step of erasing a person from a conversation.
pub(crate) struct EraseStep {
    pub(crate) account: AccountId,
    pub(crate) conversation: ConversationId,
    /// Up to where the steps before have come.
    pub(crate) after: Seq,
    pub(crate) registry: Arc<Registry>,
    /// Hears from where to go on; `None` when he is erased from it.
    pub(crate) done: oneshot::Sender<Result<Option<Seq>, StoreError>>,
}

/// What the rule has said.
#[derive(Clone, Copy)]
struct Said {
    forget: Forget,
    /// How far the log goes.
    last: Seq,
}

impl Committer {
    pub(super) async fn erase(&mut self, step: EraseStep) {
        let done = self.take_step(&step).await;
        // What is at hand of it may hold him.
        self.drop_at_hand(step.conversation);
        let _ = step.done.send(done);
    }

    async fn take_step(&mut self, step: &EraseStep) -> Result<Option<Seq>, StoreError> {
        let said = self.run_erasing(step, false).await?;
        // Where no rule can be run (a kind, or a state, that only a newer version knows) what is his goes all the same.
        let unread = Forget {
            conversation: step.conversation,
            account: Some(step.account),
            gaps: false,
            after: step.after,
        };
        let forget = said.map_or(unread, |said| said.forget);
        if said.is_none_or(|said| said.last > step.after + PART as Seq)
            && let Some(upto) = self.ledger().forget(&forget, PART).await?
        {
            self.hub().publish(vec![Announcement::Forgotten(forget)]);
            return Ok(Some(upto));
        }
        if said.is_some() {
            self.run_erasing(step, true).await?;
        } else {
            let batch = Batch { forgotten: vec![forget], ..Batch::default() };
            self.ledger().commit(&batch).await?;
            self.hub().publish(vec![Announcement::Forgotten(forget)]);
        }
        Ok(None)
    }

    /// Runs the rule, for good or only to hear what it says; it says nothing where there is none.
    async fn run_erasing(&mut self, step: &EraseStep, for_good: bool) -> Result<Option<Said>, StoreError> {
        let (job, ended) = EraseJob::of(step, for_good);
        self.commit_group(vec![job]).await;
        match ended.await {
            Ok((Outcome::Settled | Outcome::NotFound, said)) => Ok(said),
            Ok((Outcome::Unavailable(error) | Outcome::Collided(error), _)) => Err(error),
            Ok((Outcome::Broken, _)) | Err(_) => {
                Err(StoreError::Unavailable("a rule of erasing has failed; the log says more".into()))
            }
        }
    }
}

/// How the rule ended, and what it said.
type Ended = (Outcome, Option<Said>);

/// The rule of the conversation's kind, on its way through the committer.
struct EraseJob {
    actor: Actor,
    place: [Place; 1],
    account: AccountId,
    after: Seq,
    registry: Arc<Registry>,
    for_good: bool,
    said: Option<Said>,
    ended: oneshot::Sender<Ended>,
}

impl EraseJob {
    fn of(step: &EraseStep, for_good: bool) -> (Box<dyn Job>, oneshot::Receiver<Ended>) {
        let (ended, answer) = oneshot::channel();
        let target = Target::Id(step.conversation);
        let place = Place { target, kind: None, events: Vec::new(), timer: None, initial: None };
        let job = Self {
            actor: Actor::System("erase"),
            place: [place],
            account: step.account,
            after: step.after,
            registry: Arc::clone(&step.registry),
            for_good,
            said: None,
            ended,
        };
        (Box::new(job), answer)
    }
}

impl Job for EraseJob {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn places(&self) -> &[Place] {
        &self.place
    }

    fn run(&mut self, drafts: &mut [RawDraft<'_>]) -> Verdict {
        self.said = None;
        let Some(draft) = drafts.first_mut() else { return Verdict::Refused };
        let (kind, conversation) =
            (draft.entry.conversation.identity.kind, draft.entry.conversation.identity.id);
        let Some(remains) = self.registry.erase(kind).and_then(|rule| rule(draft, self.account)) else {
            return Verdict::Refused;
        };
        let account = (remains == Remains::Others).then_some(self.account);
        let gaps = self.registry.forwards(kind).unwrap_or(false);
        let forget = Forget { conversation, account, gaps, after: self.after };
        self.said = Some(Said { forget, last: draft.entry.conversation.header.last_seq });
        if !self.for_good {
            return Verdict::Refused;
        }
        draft.effects.forgotten = Some(forget);
        Verdict::Accepted
    }

    fn answer(self: Box<Self>, outcome: Outcome) {
        let _ = self.ended.send((outcome, self.said));
    }
}
