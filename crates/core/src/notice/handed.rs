//! Which notices have been handed over, between the moment of it and their going from the store.
//!
//! Whoever hands one over does not wait for a commit. Until it has gone from the store, and for some time after, it is
//! remembered here: a list that was read before must not show it again. What is here goes with a crash, and with it is
//! handed over twice; nothing is ever lost.

use std::collections::VecDeque;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::ids::NoticeId;

/// How many are remembered.
const REMEMBERED: usize = 16_384;

/// How a notice is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handing {
    /// To those of the person's sockets that are connected: each of them shows it.
    Live,
    /// From what was kept: one of them shows it.
    Kept,
}

/// Notices that have been handed over.
#[derive(Default)]
pub(crate) struct HandedOver {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    known: FxHashMap<NoticeId, Handing>,
    /// The same, oldest first.
    order: VecDeque<NoticeId>,
    /// Those that the store still keeps, oldest first.
    unwritten: VecDeque<NoticeId>,
    /// Whether the committer has been asked to take them away.
    asked: bool,
}

/// What comes of handing one over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Noted {
    /// Whether it is to be shown.
    pub(crate) shows: bool,
    /// Whether the committer has to be asked to take it away.
    pub(crate) asks: bool,
}

impl HandedOver {
    /// Notes that a notice is about to be shown, if it may be.
    pub(crate) fn note(&self, id: NoticeId, handing: Handing) -> Noted {
        let mut inner = self.inner.lock();
        if let Some(earlier) = inner.known.get(&id) {
            let shows = (*earlier, handing) == (Handing::Live, Handing::Live);
            return Noted { shows, asks: false };
        }
        inner.known.insert(id, handing);
        inner.order.push_back(id);
        inner.unwritten.push_back(id);
        // Beyond the bound one may be shown again: that is less than the memory it would take.
        while inner.order.len() > REMEMBERED {
            let Some(oldest) = inner.order.pop_front() else { break };
            inner.known.remove(&oldest);
        }
        while inner.unwritten.len() > REMEMBERED {
            inner.unwritten.pop_front();
        }
        let asks = !std::mem::replace(&mut inner.asked, true);
        Noted { shows: true, asks }
    }

    /// Whether one has been handed over lately.
    pub(crate) fn knows(&self, id: NoticeId) -> bool {
        self.inner.lock().known.contains_key(&id)
    }

    /// The committer could not be asked: whoever comes next asks again.
    pub(crate) fn not_asked(&self) {
        self.inner.lock().asked = false;
    }

    /// Takes those to be written now.
    pub(crate) fn take(&self) -> Vec<NoticeId> {
        let mut inner = self.inner.lock();
        inner.asked = false;
        std::mem::take(&mut inner.unwritten).into()
    }

    /// Takes back what could not be written.
    pub(crate) fn put_back(&self, ids: &[NoticeId]) {
        let mut inner = self.inner.lock();
        for id in ids.iter().rev() {
            inner.unwritten.push_front(*id);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(n: usize) -> NoticeId {
        NoticeId(Uuid::from_u128(n as u128))
    }

    #[test]
    fn one_is_shown_by_every_live_socket_or_by_one_list() {
        use Handing::{Kept, Live};
        /// Handed over in this order, which of them show it?
        #[track_caller]
        fn check(handings: &[Handing], expect: &[bool]) {
            let handed = HandedOver::default();
            let shown: Vec<_> = handings.iter().map(|handing| handed.note(id(1), *handing).shows).collect();
            assert_eq!(shown, expect, "{handings:?}");
            assert_eq!(handed.take(), [id(1)], "it goes once");
        }
        check(&[Live, Live, Live], &[true, true, true]);
        check(&[Kept, Kept], &[true, false]);
        check(&[Live, Kept, Live], &[true, false, true]);
        check(&[Kept, Live, Kept], &[true, false, false]);
    }

    #[test]
    fn the_committer_is_asked_once_until_it_has_come() {
        let handed = HandedOver::default();
        assert!(handed.note(id(1), Handing::Kept).asks);
        assert!(!handed.note(id(2), Handing::Kept).asks);
        handed.not_asked();
        assert!(handed.note(id(3), Handing::Kept).asks);
        assert_eq!(handed.take(), [id(1), id(2), id(3)]);
        assert!(handed.note(id(4), Handing::Live).asks);
        handed.put_back(&[id(1), id(2)]);
        assert_eq!(handed.take(), [id(1), id(2), id(4)]);
        assert!(handed.knows(id(1)), "it is remembered after it has gone");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let handed = HandedOver::default();
        for n in 0..REMEMBERED + 10 {
            handed.note(id(n), Handing::Live);
        }
        let inner = handed.inner.lock();
        assert_eq!(
            (inner.known.len(), inner.order.len(), inner.unwritten.len()),
            (REMEMBERED, REMEMBERED, REMEMBERED)
        );
        assert!(!inner.known.contains_key(&id(9)) && inner.known.contains_key(&id(10)));
    }
}
