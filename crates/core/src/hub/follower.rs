//! One subscription as the hub sees it: whose eyes, which kinds, and where there is something new.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use super::Tail;
use crate::account::Account;
use crate::event::Signal;
use crate::handle::viewer;
use crate::ids::{ConversationId, Seq, SignInId};
use crate::notice::Notice;
use crate::visibility::Viewer;

/// Conversations in which one follower may have something unread before he counts as stuck.
const MAX_PLACES: usize = 4096;
/// Unheard signals of one follower beyond which those that may be dropped are.
const CROWDED: usize = 256;
/// Unheard signals of one follower before he counts as stuck. When everybody in a group of 128 sends as many receipts
/// at once as a burst allows, five thousand are committed sooner than they can be told to anybody, and nobody is slow.
/// A place here is eight bytes; a signal itself is shared by all who are to hear it.
const MAX_SIGNALS: usize = 8192;
/// Notices that one follower has yet to take: more are not held for him. They are kept, and he finds them in his next
/// list.
const MAX_NOTICES: usize = 256;

/// Why a subscription has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The sign-in is over: logged out, disabled, expired.
    SignedOut,
    /// What the person may do or see has changed: he has to connect anew.
    Changed,
    /// It could not keep up, and something it had to hear would have been lost.
    TooSlow,
    /// The server is shutting down.
    ShuttingDown,
    /// The store can't be read just now.
    Unavailable,
}

/// Something new at a place.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) conversation: ConversationId,
    pub(crate) seq: Seq,
}

/// A stretch of a conversation's log that a follower has yet to read.
#[derive(Clone)]
pub(crate) struct Stretch {
    pub(crate) conversation: ConversationId,
    pub(crate) from: Seq,
    pub(crate) to: Seq,
    /// Whether it holds events that were not announced to this follower, and so have to be checked.
    pub(crate) gaps: bool,
    /// Where to read; without one, from the store.
    pub(crate) tail: Option<Arc<Tail>>,
}

/// What a follower has yet to take.
#[derive(Default)]
pub(crate) struct Unread {
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) signals: VecDeque<Arc<Signal>>,
    pub(crate) notices: VecDeque<Arc<Notice>>,
    /// How many of the signals may be dropped.
    droppable: usize,
    pub(crate) ended: Option<Ended>,
}

#[derive(Default)]
struct Noted {
    unread: Unread,
    /// How far the conversations that are followed from a place were read when that began. What was committed by
    /// then may be announced only later, and has been noted already.
    begun: HashMap<ConversationId, Seq>,
}

/// A follower.
pub(crate) struct Follower {
    pub(crate) viewer: Viewer,
    /// As it was when this began.
    pub(crate) account: Arc<Account>,
    pub(crate) sign_in: SignInId,
    kinds: Vec<&'static str>,
    noted: Mutex<Noted>,
    waker: AtomicWaker,
}

impl Follower {
    /// `kinds`: those of the viewer's own conversations that he follows.
    pub(crate) fn new(account: Arc<Account>, sign_in: SignInId, kinds: Vec<&'static str>) -> Self {
        Self {
            viewer: viewer(&account),
            account,
            sign_in,
            kinds,
            noted: Mutex::default(),
            waker: AtomicWaker::new(),
        }
    }

    pub(crate) fn follows_kind(&self, kind: &str) -> bool {
        self.kinds.contains(&kind)
    }

    /// Notes that there is an event; says whether the follower has to be woken for it.
    pub(crate) fn mark(&self, mark: Mark, tail: &Arc<Tail>) -> bool {
        let Noted { unread, begun } = &mut *self.noted.lock();
        if begun.get(&mark.conversation).is_some_and(|last| mark.seq <= *last) {
            return false;
        }
        let wakes = unread.is_empty();
        let full = unread.stretches.len() >= MAX_PLACES;
        match unread.stretches.iter_mut().rev().find(|stretch| stretch.conversation == mark.conversation) {
            Some(stretch) if mark.seq <= stretch.to => {}
            Some(stretch) => {
                stretch.gaps |= mark.seq > stretch.to + 1;
                stretch.to = mark.seq;
                stretch.tail.get_or_insert_with(|| Arc::clone(tail));
            }
            None if full => {
                unread.ended = Some(Ended::TooSlow);
                return true;
            }
            None => unread.stretches.push(Stretch {
                conversation: mark.conversation,
                from: mark.seq,
                to: mark.seq,
                gaps: false,
                tail: Some(Arc::clone(tail)),
            }),
        }
        wakes
    }

    /// Notes that a log is followed from after a place, and that up to `last` it is to be read from the store. To be
    /// called before anything is taken.
    pub(crate) fn begin(&self, conversation: ConversationId, after: Seq, last: Seq) {
        let Noted { unread, begun } = &mut *self.noted.lock();
        let began = begun.insert(conversation, last).is_some();
        let from = after.min(last) + 1;
        match unread.stretches.iter().position(|stretch| stretch.conversation == conversation) {
            Some(position) => {
                let stretch = &mut unread.stretches[position];
                // What was announced meanwhile may lie before the place; asked for twice, the lower place counts.
                stretch.from = if began { stretch.from.min(from) } else { from };
                stretch.to = stretch.to.max(last);
                stretch.gaps = true;
                if stretch.from > stretch.to {
                    unread.stretches.remove(position);
                }
            }
            None if from <= last => {
                unread.stretches.push(Stretch { conversation, from, to: last, gaps: true, tail: None });
            }
            None => {}
        }
    }

    /// Notes a signal; says whether the follower has to be woken for it.
    pub(crate) fn hear(&self, signal: Arc<Signal>) -> bool {
        let unread = &mut self.noted.lock().unread;
        let wakes = unread.is_empty();
        if unread.signals.len() >= CROWDED {
            if signal.droppable {
                return false;
            }
            if !unread.drop_one() && unread.signals.len() >= MAX_SIGNALS {
                unread.ended = Some(Ended::TooSlow);
                return true;
            }
        }
        unread.droppable += usize::from(signal.droppable);
        unread.signals.push_back(signal);
        wakes
    }

    /// Notes a notice; says whether the follower has to be woken for it.
    pub(crate) fn be_told(&self, notice: Arc<Notice>) -> bool {
        let unread = &mut self.noted.lock().unread;
        let wakes = unread.is_empty();
        if unread.notices.len() >= MAX_NOTICES {
            return false;
        }
        unread.notices.push_back(notice);
        wakes
    }

    /// Ends the subscription.
    pub(crate) fn end(&self, why: Ended) {
        self.noted.lock().unread.ended.get_or_insert(why);
        self.wake();
    }

    pub(crate) fn wake(&self) {
        self.waker.wake();
    }

    pub(crate) fn register_waker(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    pub(crate) fn ended(&self) -> Option<Ended> {
        self.noted.lock().unread.ended
    }

    pub(crate) fn has_unread(&self) -> bool {
        !self.noted.lock().unread.is_empty()
    }

    /// Takes everything unread; that it has ended stays known.
    pub(crate) fn take(&self) -> Unread {
        let unread = &mut self.noted.lock().unread;
        let ended = unread.ended;
        std::mem::replace(unread, Unread { ended, ..Unread::default() })
    }
}

impl Unread {
    /// Drops the oldest signal that may be dropped, if there is one.
    fn drop_one(&mut self) -> bool {
        let oldest = || self.signals.iter().position(|waiting| waiting.droppable);
        let Some(position) = (self.droppable > 0).then(oldest).flatten() else { return false };
        self.droppable -= 1;
        self.signals.remove(position).is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.stretches.is_empty()
            && self.signals.is_empty()
            && self.notices.is_empty()
            && self.ended.is_none()
    }
}
