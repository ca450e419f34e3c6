//! What a socket has begun and not acknowledged yet, in the order in which it was asked for: nothing overtakes, and nothing
//! is acknowledged before it is committed.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::task::noop_waker_ref;
use hearken_core::ids::ConversationId;

use crate::acts::Answer;
use crate::error::Fault;
use crate::wire::VisitorAsks;

/// How many may be on their way.
const MOST: usize = 64;

/// One event that has been begun.
pub(super) struct Work {
    /// What it is acknowledged with, if that is wanted.
    pub(super) ack: Option<u64>,
    /// The chat it is about, as far as that is known.
    pub(super) chat: Option<ConversationId>,
    pub(super) doing: Doing,
}

/// How it is done.
pub(super) enum Doing {
    /// It is not: refused already.
    Refused(Fault),
    /// By a rule that is queued.
    Act(Answer),
    /// By a rule that is queued, in the chat that this socket takes for the visitor's; if it is not, it is to be looked
    /// which is, and this done there.
    InOwn(Answer, Box<VisitorAsks>),
    /// By several steps. What comes after has to wait.
    Steps(BoxFuture<'static, Outcome>),
}

/// What came of it; with the visitor's open chat, where that has become known.
pub(super) type Outcome = Result<Option<ConversationId>, Fault>;

/// One that is done.
pub(super) struct Done {
    pub(super) ack: Option<u64>,
    pub(super) chat: Option<ConversationId>,
    pub(super) outcome: Outcome,
    /// What may have to be done elsewhere.
    pub(super) again: Option<Box<VisitorAsks>>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Works {
    queue: VecDeque<Work>,
    /// How many of them take several steps.
    stepping: usize,
}

impl Works {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether one more may be begun. `alone`: only when nothing else is on its way.
    pub(super) fn has_room(&self, alone: bool) -> bool {
        self.queue.is_empty() || (!alone && self.stepping == 0 && self.queue.len() < MOST)
    }

    /// Whether everything on its way is about this chat.
    pub(super) fn are_about(&self, chat: ConversationId) -> bool {
        self.queue.iter().all(|work| work.chat.is_none_or(|other| other == chat))
    }

    pub(super) fn push(&mut self, work: Work) {
        self.stepping += usize::from(matches!(work.doing, Doing::Steps(_)));
        self.queue.push_back(work);
    }

    /// Puts one back in front that has to be done elsewhere.
    pub(super) fn push_front(&mut self, work: Work) {
        self.stepping += usize::from(matches!(work.doing, Doing::Steps(_)));
        self.queue.push_front(work);
    }

    /// The next one to be acknowledged, once it is done. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Done {
        poll_fn(|context| self.poll(context)).await
    }

    /// The same, if it is done.
    pub(super) fn try_next(&mut self) -> Option<Done> {
        if self.queue.is_empty() {
            return None;
        }
        // Whoever waits in `next` registers a real waker; here we only look.
        match self.poll(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Done> {
        let Some(first) = self.queue.front_mut() else { return Poll::Pending };
        let polled = match &mut first.doing {
            Doing::Refused(fault) => Poll::Ready(Err(fault.clone())),
            Doing::Act(answer) | Doing::InOwn(answer, _) => {
                Pin::new(answer).poll(context).map(|done| done.map(|_| None).map_err(Fault::from))
            }
            Doing::Steps(steps) => steps.as_mut().poll(context),
        };
        let Poll::Ready(outcome) = polled else { return Poll::Pending };
        let Some(Work { ack, chat, doing }) = self.queue.pop_front() else { return Poll::Pending };
        if self.queue.is_empty() {
            // An idle socket holds nothing.
            self.queue.shrink_to_fit();
        }
        self.stepping -= usize::from(matches!(doing, Doing::Steps(_)));
        let again = match doing {
            Doing::InOwn(_, again) => Some(again),
            Doing::Refused(_) | Doing::Act(_) | Doing::Steps(_) => None,
        };
        Poll::Ready(Done { ack, chat, outcome, again })
    }
}
