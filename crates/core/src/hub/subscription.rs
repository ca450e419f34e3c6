//! Following: committed events in order, each once, from wherever one stood, and signals as they pass.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use super::follower::Stretch;
use super::tail::TailRead;
use super::{Ended, Follower, Hub, Topic};
use crate::account::Role;
use crate::conversation::{Registry, Target};
use crate::event::{Event, Signal};
use crate::ids::{ConversationId, Seq};
use crate::notice::Notice;
use crate::store::{Store, StoreError};
use crate::visibility::sees_event;

/// How many events are read from the store at once when a follower catches up.
const CATCH_UP: usize = 50;

/// What to follow.
#[derive(Clone, Copy, Debug)]
pub enum Follow {
    /// Every conversation of these kinds that the viewer is a member of, those born later too, from now on.
    Mine(&'static [&'static str]),
    /// One conversation, from after this place.
    Conversation(ConversationId, Seq),
    /// Events of a kind that are for holders of this role, which the viewer must hold, from now on.
    Role(&'static str, Role),
}

/// Something to show.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// A committed event that the viewer may see; its body is there unless it was freed before it was read.
    Event(Arc<Event>),
    /// A signal.
    Signal(Arc<Signal>),
    /// A notice. Whoever shows it says so beforehand, by `Core::hand_over`.
    Notice(Arc<Notice>),
    /// The subscription is over; it says so again each time it is asked.
    Ended(Ended),
}

/// A cursor over all that one viewer follows.
pub struct Subscription {
    hub: Arc<Hub>,
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    follower: Arc<Follower>,
    topics: Vec<Topic>,
    stretches: VecDeque<Stretch>,
    signals: VecDeque<Arc<Signal>>,
    notices: VecDeque<Arc<Notice>>,
    caught_up: VecDeque<Arc<Event>>,
    ended: Option<Ended>,
}

enum Step {
    Ready(Delivery),
    Store,
    Idle,
}

impl Subscription {
    /// Starts following. What happens from this call on is not missed.
    pub(crate) fn open(
        hub: Arc<Hub>,
        store: Arc<dyn Store>,
        registry: Arc<Registry>,
        follower: Arc<Follower>,
        topics: Vec<Topic>,
    ) -> Self {
        hub.register(&follower, &topics);
        Self {
            hub,
            store,
            registry,
            follower,
            topics,
            stretches: VecDeque::new(),
            signals: VecDeque::new(),
            notices: VecDeque::new(),
            caught_up: VecDeque::new(),
            ended: None,
        }
    }

    pub(crate) fn follower(&self) -> &Arc<Follower> {
        &self.follower
    }

    /// The next thing to show. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Delivery {
        loop {
            match self.step() {
                Step::Ready(delivery) => return delivery,
                Step::Idle => self.wait().await,
                Step::Store => {
                    // On the heap: it is rare, and its room would be part of each idle socket's.
                    if let Err(error) = Box::pin(self.catch_up()).await {
                        tracing::warn!(%error, "a follower could not be caught up");
                        self.ended = Some(Ended::Unavailable);
                    }
                }
            }
        }
    }

    /// The next thing to show, if it is at hand.
    pub fn try_next(&mut self) -> Option<Delivery> {
        match self.step() {
            Step::Ready(delivery) => Some(delivery),
            Step::Store | Step::Idle => None,
        }
    }

    /// Whether the subscription is over, though there may be more to show before it says so.
    pub fn ended(&self) -> Option<Ended> {
        self.ended.or_else(|| self.follower.ended())
    }

    /// Waits until the subscription is over, and takes nothing of what there is to show. Dropping the future loses
    /// nothing.
    pub async fn over(&mut self) -> Ended {
        poll_fn(|context| {
            self.follower.register_waker(context.waker());
            self.ended().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn step(&mut self) -> Step {
        if let Some(ended) = self.ended {
            return Step::Ready(Delivery::Ended(ended));
        }
        loop {
            // First what has changed, then what was said since: a message of a group comes after its making.
            if let Some(notice) = self.notices.pop_front() {
                return Step::Ready(Delivery::Notice(notice));
            }
            if let Some(event) = self.caught_up.pop_front() {
                if self.hub.gone.has_author(event.author) {
                    continue;
                }
                return Step::Ready(Delivery::Event(event));
            }
            if let Some(step) = self.step_in_stretch() {
                return step;
            }
            if let Some(signal) = self.signals.pop_front() {
                if self.hub.gone.has_author(signal.author) {
                    continue;
                }
                return Step::Ready(Delivery::Signal(signal));
            }
            let unread = self.follower.take();
            if let Some(ended) = unread.ended {
                self.ended = Some(ended);
                return Step::Ready(Delivery::Ended(ended));
            }
            if unread.is_empty() {
                return Step::Idle;
            }
            self.stretches = unread.stretches.into();
            self.signals = unread.signals;
            self.notices = unread.notices;
        }
    }

    /// Goes on in the stretches taken; `None` when they are read.
    fn step_in_stretch(&mut self) -> Option<Step> {
        while let Some(stretch) = self.stretches.front_mut() {
            let read = match &stretch.tail {
                Some(tail) => tail.read(stretch.from, stretch.to),
                None => TailRead::Before(stretch.to),
            };
            match read {
                TailRead::Before(_) if stretch.from <= stretch.to => return Some(Step::Store),
                TailRead::Event(event, recipients) => {
                    stretch.from = event.seq + 1;
                    let hidden = stretch.gaps && !recipients.show(&self.follower.viewer, &event);
                    if hidden || self.hub.gone.has_author(event.author) {
                        continue;
                    }
                    return Some(Step::Ready(Delivery::Event(event)));
                }
                TailRead::Done | TailRead::Before(_) => drop(self.stretches.pop_front()),
            }
        }
        None
    }

    /// Reads the next part of the first stretch from the store.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let Some(stretch) = self.stretches.front() else { return Ok(()) };
        let upto = match stretch.tail.as_ref().map(|tail| tail.read(stretch.from, stretch.to)) {
            Some(TailRead::Before(upto)) => upto,
            Some(_) => return Ok(()),
            None => stretch.to,
        };
        let from = stretch.from;
        let target = Target::Id(stretch.conversation);
        let conversation = self.store.conversation(&self.registry, &target).await?;
        let mut next = upto + 1;
        if let Some(conversation) = conversation {
            let events = self.store.events(&conversation, from - 1, upto, CATCH_UP).await?;
            if events.len() == CATCH_UP {
                next = events.last().map_or(next, |last| last.event.seq + 1);
            }
            let viewer = &self.follower.viewer;
            let organisation = conversation.identity.organisation;
            let membership = conversation.members.iter().find(|member| member.account == viewer.account);
            let seen = events
                .into_iter()
                .map(|stored| stored.event)
                .filter(|event| sees_event(viewer, organisation, membership, &event.audience, event.seq));
            self.caught_up.extend(seen);
        }
        if let Some(stretch) = self.stretches.front_mut() {
            stretch.from = next;
        }
        Ok(())
    }

    async fn wait(&mut self) {
        poll_fn(|context| {
            self.follower.register_waker(context.waker());
            if self.follower.has_unread() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.unregister(&self.follower, &self.topics);
    }
}
