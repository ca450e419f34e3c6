//! When a committer begins, where a node has several: a few rules wait until the commit that another one has under way is
//! done, and those that come meanwhile go with them. Without that, the first answer to a large commit begins a commit of
//! its own, and all that follow it within the same millisecond have to wait for that one.

use std::time::Duration;

use tokio::sync::watch;

/// So many rules share what a commit costs well enough: they wait for nobody.
pub(super) const ENOUGH: usize = 32;
/// How long others are waited for at most; one of theirs may itself wait for a row that another node has locked.
const PATIENCE: Duration = Duration::from_millis(20);

/// Which committers of a node have something under way.
pub(crate) struct Turns {
    under_way: Box<[watch::Sender<bool>]>,
}

/// Something under way; until it is dropped.
pub(super) struct Turn<'t> {
    under_way: &'t watch::Sender<bool>,
}

impl Turns {
    /// For so many committers.
    pub(crate) fn new(count: usize) -> Self {
        Self { under_way: (0..count).map(|_| watch::Sender::new(false)).collect() }
    }

    /// Whether others may have to be waited for.
    pub(super) fn has_others(&self) -> bool {
        self.under_way.len() > 1
    }

    /// This committer begins.
    pub(super) fn begin(&self, shard: usize) -> Option<Turn<'_>> {
        let under_way = self.under_way.get(shard).filter(|_| self.has_others())?;
        under_way.send_replace(true);
        Some(Turn { under_way })
    }

    /// Waits until what the others have under way now is done, but not for what they begin then.
    pub(super) async fn others(&self, shard: usize) {
        let busy = self.under_way.iter().enumerate().filter(|(other, _)| *other != shard).filter_map(
            |(_, under_way)| {
                let mut seen = under_way.subscribe();
                let busy = *seen.borrow_and_update();
                busy.then_some(seen)
            },
        );
        let busy: Vec<_> = busy.collect();
        if busy.is_empty() {
            return;
        }
        let done = async {
            for mut seen in busy {
                // An error says that there is nothing any more to be waited for.
                let _ = seen.changed().await;
            }
        };
        // Whether it was done in time or not, it is waited for no longer.
        let _ = tokio::time::timeout(PATIENCE, done).await;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.under_way.send_replace(false);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn what_others_have_under_way_is_waited_for_and_nothing_else() {
        let turns = Turns::new(3);
        let ours = turns.begin(0);
        assert!(turns.others(0).now_or_never().is_some(), "one's own is not waited for");
        let (one, other) = (turns.begin(1), turns.begin(2));
        let mut waiting = pin!(turns.others(0));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(one);
        assert!(waiting.as_mut().now_or_never().is_none(), "one of two is still under way");
        drop(other);
        let anew = turns.begin(2);
        assert!(waiting.as_mut().now_or_never().is_some(), "what was begun since is not waited for");
        assert!(turns.others(1).now_or_never().is_none());
        drop((ours, anew));
        assert!(turns.others(1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn nobody_is_waited_for_for_long() {
        let turns = Turns::new(2);
        let _stuck = turns.begin(1);
        // It would never end otherwise.
        turns.others(0).await;
    }

    #[tokio::test]
    async fn one_alone_waits_for_nobody() {
        let turns = Turns::new(1);
        assert!(!turns.has_others() && turns.begin(0).is_none());
        assert!(turns.others(0).now_or_never().is_some());
    }
}
