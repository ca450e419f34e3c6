//! Since when somebody who has lost his line could have come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::clock::from_millis;

/// Since when there has been some node to come back to, without a break; product time. A timer's rule that ends a
/// grace holds a clone of it.
#[derive(Clone, Debug)]
pub struct Ready(Arc<AtomicI64>);

impl Default for Ready {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MIN)))
    }
}

impl Ready {
    /// When a grace of this length may end that was to end at `due`: not before it has had its whole length since some
    /// node was ready. A server that was restarted gives everyone the whole grace to come back.
    pub fn grace_end(&self, due: Timestamp, length: SignedDuration) -> Timestamp {
        let whole = self.since().checked_add(length).unwrap_or(Timestamp::MAX);
        due.max(whole)
    }

    /// Since when.
    pub fn since(&self) -> Timestamp {
        from_millis(self.0.load(Ordering::Acquire))
    }

    pub(crate) fn set(&self, since: Timestamp) {
        self.0.store(since.as_millisecond(), Ordering::Release);
    }
}
