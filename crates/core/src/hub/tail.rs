//! The last events of a conversation, for followers who have not passed them yet.
//!
//! It lives exactly as long as some follower still has to read from it. Bodies stay here even when a receipt by
//! another device has already freed them in the store, so a receipt by one takes nothing from another that is
//! connected; what is withdrawn or erased goes from here too. It is bounded: a follower so far behind that his
//! place has fallen off reads on from the store.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Recipients;
use crate::event::Event;
use crate::ids::{AccountId, Seq};

const MAX_EVENTS: usize = 512;
const MAX_BYTES: usize = 256 << 10;

/// The end of a conversation's log, in memory.
#[derive(Default)]
pub(crate) struct Tail {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    events: VecDeque<(Arc<Event>, Recipients)>,
    /// Everything up to here has to be read from the store.
    dropped: Seq,
    bytes: usize,
    started: bool,
}

/// What a follower finds at his place.
pub(crate) enum TailRead {
    /// The next event.
    Event(Arc<Event>, Recipients),
    /// Nothing more in the range.
    Done,
    /// Up to and with this place, the store has to be asked.
    Before(Seq),
}

impl Tail {
    /// Adds an event at the end.
    pub(crate) fn push(&self, event: Arc<Event>, recipients: Recipients) {
        let mut inner = self.inner.lock();
        if !inner.started {
            inner.started = true;
            inner.dropped = event.seq - 1;
        }
        inner.bytes += weight(&event);
        inner.events.push_back((event, recipients));
        while inner.events.len() > MAX_EVENTS || (inner.bytes > MAX_BYTES && inner.events.len() > 1) {
            let Some((gone, _)) = inner.events.pop_front() else { break };
            inner.bytes -= weight(&gone);
            inner.dropped = gone.seq;
        }
    }

    /// The first event from `from` up to `to`.
    pub(crate) fn read(&self, from: Seq, to: Seq) -> TailRead {
        let inner = self.inner.lock();
        if from <= inner.dropped {
            return TailRead::Before(inner.dropped.min(to));
        }
        let start = inner.events.partition_point(|(event, _)| event.seq < from);
        match inner.events.get(start) {
            Some((event, recipients)) if event.seq <= to => {
                TailRead::Event(Arc::clone(event), recipients.clone())
            }
            _ => TailRead::Done,
        }
    }

    /// Takes an event out.
    pub(crate) fn withdraw(&self, seq: Seq) {
        let mut inner = self.inner.lock();
        let at = inner.events.partition_point(|(event, _)| event.seq < seq);
        if inner.events.get(at).is_some_and(|(event, _)| event.seq == seq)
            && let Some((gone, _)) = inner.events.remove(at)
        {
            inner.bytes -= weight(&gone);
        }
    }

    /// Takes out what this person has recorded, or everything.
    pub(crate) fn forget(&self, account: Option<AccountId>) {
        let mut inner = self.inner.lock();
        inner.events.retain(|(event, _)| account.is_some_and(|account| event.author != Some(account)));
        inner.bytes = inner.events.iter().map(|(event, _)| weight(event)).sum();
    }

    /// Lets go of all events: up to here the store has to be asked.
    pub(crate) fn drop_events(&self) {
        let mut inner = self.inner.lock();
        if let Some((last, _)) = inner.events.back() {
            inner.dropped = last.seq;
        }
        inner.events.clear();
        inner.bytes = 0;
    }

    /// Takes everything out up to a place.
    pub(crate) fn empty(&self, upto: Seq) {
        let mut inner = self.inner.lock();
        let end = inner.events.partition_point(|(event, _)| event.seq <= upto);
        let gone: usize = inner.events.drain(..end).map(|(event, _)| weight(&event)).sum();
        inner.bytes -= gone;
    }
}

/// Bodies are not encoded to be weighed: the JSON is there already when the store wrote it.
fn weight(event: &Event) -> usize {
    128 + event.body.as_ref().map_or(0, |body| body.json().len())
}
