//! The gate before the hub, where several nodes share a store: what this node's committers announce and what others say
//! on the bus meet here, and followers are told each conversation's events in order, each once.
//!
//! For each conversation it knows how far its followers have heard. What comes next is told; what came before is a
//! repeat. Where something is missing, what came is held, the store is read, and then all of it is told. A conversation
//! of which nothing was heard for long is not remembered: everything there up to the *watermark*, an arrival up to which
//! all is settled and told, has been heard, and what came after is read.

mod places;
mod reading;
mod watermark;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use rustc_hash::{FxBuildHasher, FxHashSet};
use tokio::sync::Notify;

use self::places::{Incoming, Places};
pub(crate) use self::reading::Reader;
pub(crate) use self::watermark::SETTLED;
use self::watermark::Watermark;
use crate::bus::wire::{Who, Word, fingerprint};
use crate::clock::Monotonic;
use crate::conversation::{Conversation, Member};
use crate::event::Event;
use crate::hub::{Announcement, Hub, Recipients};
use crate::ids::{ConversationId, NoticeId, Seq};
use crate::store::Grown;

/// Notices that were told lately, and are not told again.
const NOTICES: usize = 16_384;
/// Lists of members kept for what the bus brings.
const LISTS: usize = 1024;

/// The gate.
pub(crate) struct Gate {
    hub: Arc<Hub>,
    monotonic: Arc<dyn Monotonic>,
    inner: Mutex<Inner>,
    /// Somewhere something is missing.
    missing: Notify,
    /// Nothing is missing any more.
    whole: Notify,
}

struct Inner {
    places: Places,
    watermark: Watermark,
    members: LruCache<ConversationId, (u64, Arc<[Member]>), FxBuildHasher>,
    notices: FxHashSet<NoticeId>,
    notices_in_order: VecDeque<NoticeId>,
    /// Conversations being read.
    reading: usize,
}

/// What has to be read of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Missing {
    conversation: ConversationId,
    /// How far it was heard; `None` is up to the watermark.
    heard: Option<Seq>,
    watermark: i64,
    /// How far it goes.
    upto: Seq,
}

impl Gate {
    pub(crate) fn new(hub: Arc<Hub>, monotonic: Arc<dyn Monotonic>) -> Self {
        let lists = std::num::NonZeroUsize::new(LISTS).unwrap_or(std::num::NonZeroUsize::MIN);
        let inner = Inner {
            places: Places::default(),
            watermark: Watermark::default(),
            members: LruCache::with_hasher(lists, FxBuildHasher),
            notices: FxHashSet::default(),
            notices_in_order: VecDeque::new(),
            reading: 0,
        };
        Self { hub, monotonic, inner: Mutex::new(inner), missing: Notify::new(), whole: Notify::new() }
    }

    /// Takes what this node's committers announce.
    pub(crate) fn announce(&self, announcements: Vec<Announcement>) {
        self.pass(|inner, now, out| {
            for announcement in announcements {
                inner.take(incoming(announcement), now, out);
            }
        });
    }

    /// Takes what another node says, but what is about people.
    pub(crate) fn hear(&self, words: Vec<Word>) {
        self.pass(|inner, now, out| {
            for word in words {
                if let Some(incoming) = inner.understood(word) {
                    inner.take(incoming, now, out);
                }
            }
        });
    }

    /// What is told leaves under the lock: so it reaches the hub in the order in which it passed.
    fn pass(&self, work: impl FnOnce(&mut Inner, Duration, &mut Vec<Announcement>)) {
        let now = self.monotonic.elapsed();
        let mut out = Vec::new();
        let mut inner = self.inner.lock();
        work(&mut inner, now, &mut out);
        let missing = inner.places.is_missing();
        self.hub.publish(out);
        drop(inner);
        if missing {
            self.missing.notify_one();
        }
    }

    /// At the start: everything up to the watermark is settled, and these conversations have gone so far beyond.
    pub(crate) fn begin(&self, watermark: i64, grown: &[Grown]) {
        let now = self.monotonic.elapsed();
        let mut inner = self.inner.lock();
        inner.watermark.begin(watermark);
        for grown in grown {
            inner.places.begin(grown.conversation, grown.last, now);
        }
    }

    /// These notices are not news: they were kept before anybody followed here.
    pub(crate) fn know(&self, notices: impl Iterator<Item = NoticeId>) {
        let mut inner = self.inner.lock();
        for notice in notices {
            inner.is_new(notice);
        }
    }

    /// Notes how far arrivals go now.
    pub(crate) fn note_arrival(&self, at: Duration, arrival: i64) {
        self.inner.lock().watermark.note(at, arrival);
    }

    /// Everything that was committed up to this moment has been told: the watermark rises, and what lies below is
    /// forgotten.
    pub(crate) fn settle(&self, told: Duration) {
        let mut inner = self.inner.lock();
        if let Some(since) = inner.watermark.settle(told) {
            inner.places.forget_before(since);
        }
    }

    pub(crate) fn watermark(&self) -> i64 {
        self.inner.lock().watermark.now()
    }

    /// Takes note that a conversation has events after the watermark; what was not heard of them is read.
    pub(crate) fn grew(&self, grown: &[Grown]) {
        self.pass(|inner, now, _| grown.iter().for_each(|grown| inner.places.grew(grown, now)));
    }

    /// Waits until nothing is missing.
    pub(crate) async fn until_whole(&self) {
        loop {
            let whole = self.whole.notified();
            tokio::pin!(whole);
            whole.as_mut().enable();
            {
                let inner = self.inner.lock();
                if !inner.places.is_missing() && inner.reading == 0 {
                    return;
                }
            }
            whole.await;
        }
    }

    /// Whether anybody follows a conversation here.
    fn is_followed(&self, conversation: &Conversation) -> bool {
        self.hub.is_followed(&conversation.identity, &conversation.members)
    }

    /// The next conversation to be read. Whoever takes one brings [`Gate::fill`] or [`Gate::failed`].
    fn next_missing(&self) -> Option<Missing> {
        let mut inner = self.inner.lock();
        let watermark = inner.watermark.now();
        let missing = inner.places.next_missing(watermark)?;
        inner.reading += 1;
        Some(missing)
    }

    /// Takes a part of what was missing: everything there is from where it was heard up to and with `upto`.
    fn fill(&self, conversation: &Conversation, events: Vec<Arc<Event>>, upto: Seq) {
        self.pass(|inner, now, out| {
            let (id, members) = (conversation.identity.id, &conversation.members);
            inner.members.put(id, (fingerprint(members), Arc::clone(members)));
            inner.places.fill(id, members, events, upto, now, out);
        });
        self.done();
    }

    /// A conversation is not there any more: whatever comes of it is told to nobody.
    fn is_gone(&self, conversation: ConversationId) {
        let now = self.monotonic.elapsed();
        self.inner.lock().places.close(conversation, now);
        self.done();
    }

    /// What is missing could not be read, and is to be tried again.
    fn failed(&self, conversation: ConversationId) {
        self.inner.lock().places.try_again(conversation);
        self.done();
    }

    fn done(&self) {
        let mut inner = self.inner.lock();
        inner.reading -= 1;
        if inner.reading == 0 && !inner.places.is_missing() {
            self.whole.notify_waiters();
        }
    }
}

impl Inner {
    fn take(&mut self, incoming: Incoming, now: Duration, out: &mut Vec<Announcement>) {
        if let Incoming::Ready(Announcement::Notice(notice), _) = &incoming
            && !self.is_new(notice.id)
        {
            return;
        }
        self.places.take(incoming, now, out);
    }

    /// Whether a notice was not met before; from now on it was.
    fn is_new(&mut self, notice: NoticeId) -> bool {
        let is_new = self.notices.insert(notice);
        if is_new {
            self.notices_in_order.push_back(notice);
            if self.notices_in_order.len() > NOTICES
                && let Some(oldest) = self.notices_in_order.pop_front()
            {
                self.notices.remove(&oldest);
            }
        }
        is_new
    }

    /// A word with the members it is for, if they are known here; without them it is held until they are read.
    fn understood(&mut self, word: Word) -> Option<Incoming> {
        Some(match word {
            Word::Event(event, who) => {
                let recipients = self.recipients(event.conversation.id, who);
                Incoming::Event(event, recipients)
            }
            Word::Head(conversation, seq) => Incoming::Head(conversation, seq),
            Word::Signal(signal, who) => {
                let head = match &who {
                    Who::Known(recipients) => recipients.head(),
                    Who::Members(_, head) => *head,
                };
                let recipients = self.recipients(signal.conversation.id, who);
                Incoming::Signal(signal, recipients, head)
            }
            Word::Notice(notice) => Incoming::Ready(Announcement::Notice(notice), None),
            Word::Withdrawn(conversation, seq) => {
                Incoming::Ready(Announcement::Withdrawn(conversation, seq), Some((conversation, seq)))
            }
            Word::Emptied(conversation, upto) => {
                Incoming::Ready(Announcement::Emptied(conversation, upto), Some((conversation, upto)))
            }
            Word::Forgotten(forget) => incoming(Announcement::Forgotten(forget)),
            Word::Tidings(_) | Word::Count(_) | Word::Farewell(_) => return None,
        })
    }

    fn recipients(&mut self, conversation: ConversationId, who: Who) -> Option<Recipients> {
        match who {
            Who::Known(recipients) => Some(recipients),
            Who::Members(fingerprint, head) => {
                let (known, members) = self.members.get(&conversation)?;
                (*known == fingerprint).then(|| Recipients::shared(Arc::clone(members), head))
            }
        }
    }
}

fn incoming(announcement: Announcement) -> Incoming {
    match announcement {
        Announcement::Event(event, recipients) => Incoming::Event(event, Some(recipients)),
        Announcement::Signal(signal, recipients) => {
            let head = recipients.head();
            Incoming::Signal(signal, Some(recipients), head)
        }
        Announcement::Withdrawn(id, seq) | Announcement::Emptied(id, seq) => {
            Incoming::Ready(announcement, Some((id, seq)))
        }
        Announcement::Forgotten(forget) if forget.account.is_none() => {
            Incoming::Closed(announcement, forget.conversation)
        }
        Announcement::Forgotten(_) | Announcement::Notice(_) => Incoming::Ready(announcement, None),
    }
}
