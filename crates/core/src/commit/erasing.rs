//! Erasing a person from one conversation: the one thing for which the committer looks twice.
//!
//! A conversation may hold more of him than one transaction should take away. Then the kind's rule is first only asked
//! what is to remain; what he has recorded goes in parts, with other commits in between; and only when the last part
//! is left is the rule run for good, and its effects and the rest go in one commit. Whoever stops in the middle starts
//! again with the same.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::committer::Committer;
use super::job::{Job, Outcome, Place, Verdict};
use crate::actor::Actor;
use crate::conversation::{Effects, RawDraft, Registry, Remains, Target};
use crate::hub::Announcement;
use crate::ids::{AccountId, ConversationId, Seq};
use crate::store::{Batch, Changes, Forget, RecordChange, StoreError};

/// How many events are looked at in one transaction: a few milliseconds.
const PART: usize = 1000;

/// A conversation, and up to where what is in it has been looked at.
pub(crate) type Reached = (ConversationId, Seq);

/// One step of erasing a person from some conversations.
pub(crate) struct EraseStep {
    pub(crate) account: AccountId,
    pub(crate) conversations: Vec<Reached>,
    pub(crate) registry: Arc<Registry>,
    /// Hears which of them need another step.
    pub(crate) done: oneshot::Sender<Result<Vec<Reached>, StoreError>>,
}

/// What the rule has said.
#[derive(Clone, Copy)]
struct Said {
    forget: Forget,
    /// Whether this was for good.
    done: bool,
}

impl Committer {
    pub(super) async fn erase(&mut self, step: EraseStep) {
        let more = self.take_step(&step).await;
        for (conversation, _) in &step.conversations {
            // What is at hand of it may hold him.
            self.cache.remove(*conversation);
        }
        let _ = step.done.send(more);
    }

    async fn take_step(&mut self, step: &EraseStep) -> Result<Vec<Reached>, StoreError> {
        let (mut jobs, mut endings) = (Vec::new(), Vec::new());
        for reached in &step.conversations {
            let (job, ended) = EraseJob::of(step, *reached, false);
            jobs.push(job);
            endings.push((*reached, ended));
        }
        self.commit_group(jobs).await;
        let mut more = Vec::new();
        for (reached, ended) in endings {
            match heard(ended).await? {
                Some(said) if said.done => {}
                said => more.extend(self.forget_part(step, reached, said).await?),
            }
        }
        Ok(more)
    }

    /// Takes the next part of a conversation that holds much; the last goes with the rule.
    async fn forget_part(
        &mut self,
        step: &EraseStep,
        (conversation, after): Reached,
        said: Option<Said>,
    ) -> Result<Option<Reached>, StoreError> {
        // Where no rule can be run (a kind, or a state, that only a newer version knows) what is his goes all the same.
        let unread = Forget { conversation, account: Some(step.account), gaps: false, after };
        let forget = said.map_or(unread, |said| said.forget);
        let upto = self.ledger.forget(&forget, PART).await?;
        if upto.is_none() && said.is_some() {
            let (job, ended) = EraseJob::of(step, (conversation, after), true);
            self.commit_group(vec![job]).await;
            heard(ended).await?;
            return Ok(None);
        }
        if upto.is_none() {
            let batch = Batch { forgotten: vec![forget], ..Batch::default() };
            self.write_alone(&batch).await?;
        }
        self.hub.publish(vec![Announcement::Forgotten(forget)]);
        Ok(upto.map(|upto| (conversation, upto)))
    }

    /// Whether a rule would seat somebody who is gone, or keep a record for him: whoever it found when it was made, there
    /// is nobody like that any more.
    pub(super) fn brings_back(
        &self,
        places: &[(ConversationId, bool)],
        effects: &[Effects],
        changes: Option<&Changes>,
    ) -> bool {
        let kept = |change: &RecordChange| match change {
            RecordChange::Put(record, _) => self.gone.has_author(record.account),
            RecordChange::Remove(..) => false,
        };
        let seats = |((id, _), effects): (&(ConversationId, bool), &Effects)| {
            let now = effects.members.iter().flatten().filter(|member| member.is_in());
            let mut gone = now.filter(|member| self.gone.has(member.account));
            gone.any(|member| {
                let before = self.cache.peek(*id).map(|entry| &entry.conversation.members);
                !before.is_some_and(|before| before.iter().any(|other| other.account == member.account))
            })
        };
        changes.is_some_and(|changes| changes.records.iter().any(kept))
            || effects.iter().any(|effects| effects.records.iter().any(kept))
            || places.iter().zip(effects).any(seats)
    }
}

/// How the rule ended, and what it said.
type Ended = (Outcome, Option<Said>);

async fn heard(ended: oneshot::Receiver<Ended>) -> Result<Option<Said>, StoreError> {
    match ended.await {
        Ok((Outcome::Settled | Outcome::NotFound, said)) => Ok(said),
        Ok((Outcome::Unavailable(error) | Outcome::Collided(error), _)) => Err(error),
        Ok((Outcome::Broken, _)) | Err(_) => {
            Err(StoreError::Unavailable("a rule of erasing has failed; the log says more".into()))
        }
    }
}

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
    /// For good, or only where little is left.
    fn of(
        step: &EraseStep,
        (conversation, after): Reached,
        for_good: bool,
    ) -> (Box<dyn Job>, oneshot::Receiver<Ended>) {
        let (ended, answer) = oneshot::channel();
        let target = Target::Id(conversation);
        let place = Place { target, kind: None, events: Vec::new(), timer: None, initial: None };
        let job = Self {
            actor: Actor::System("erase"),
            place: [place],
            account: step.account,
            after,
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
        let last = draft.entry.conversation.header.last_seq;
        let done = self.for_good || last <= self.after + PART as Seq;
        self.said = Some(Said { forget, done });
        if !done {
            return Verdict::Refused;
        }
        draft.effects.forgotten = Some(forget);
        Verdict::Accepted
    }

    fn answer(self: Box<Self>, outcome: Outcome) {
        let _ = self.ended.send((outcome, self.said));
    }
}
