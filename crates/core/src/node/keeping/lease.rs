//! The lease: renewed in time, or everybody let go before it ends.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::timeout;

use super::{Keeping, RETRY};
use crate::ids::NodeId;
use crate::store::StoreError;

/// How often a lease is renewed.
const BEAT: Duration = Duration::from_secs(3);
/// How long a lease lives.
const LIFE: Duration = Duration::from_secs(10);
/// How long before its lease may end a node lets go of everybody.
const MARGIN: Duration = Duration::from_millis(1500);
/// How long a renewal may take before it is tried again.
const PATIENCE: Duration = Duration::from_secs(2);

impl Keeping {
    /// Joins under a new name. Answers until when the lease holds at least, by this machine's time.
    pub(super) async fn join(&self) -> Result<Duration, StoreError> {
        let inner = &self.core.0;
        let me = NodeId(inner.ids.next());
        let asked = inner.monotonic.elapsed();
        let ready_for = self.nodes.join(me, LIFE).await?;
        let live = self.nodes.renew(me, LIFE).await?.unwrap_or_else(|| vec![me]);
        let ready_for = SignedDuration::try_from(ready_for).unwrap_or_default();
        let now = self.core.now();
        inner.registry.ready().set(now.checked_sub(ready_for).unwrap_or(now));
        *self.me.lock() = Some(me);
        self.take_share(me, &live);
        Ok(asked + LIFE)
    }

    /// Renews the lease in time, and joins anew when it is lost.
    pub(super) async fn renew_until_stopped(self: Arc<Self>, mut until: Duration) {
        let mut wait = BEAT;
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait.min(self.left_of(until))) => {}
                () = self.fenced.notified() => {}
            }
            wait = match self.renew(&mut until).await {
                Ok(true) => BEAT,
                Ok(false) => {
                    until = self.join_anew("it has run out").await;
                    BEAT
                }
                Err(error) => {
                    tracing::warn!(%error, "this node's lease could not be renewed");
                    RETRY
                }
            };
            if self.left_of(until).is_zero() {
                until = self.join_anew("the store does not answer").await;
                wait = BEAT;
            }
        }
    }

    /// How long this node may go on without a renewal.
    fn left_of(&self, until: Duration) -> Duration {
        until.saturating_sub(MARGIN).saturating_sub(self.core.0.monotonic.elapsed())
    }

    /// `false` when the lease has run out.
    async fn renew(&self, until: &mut Duration) -> Result<bool, StoreError> {
        let Some(me) = self.me() else { return Ok(false) };
        let asked = self.core.0.monotonic.elapsed();
        let renewed = timeout(PATIENCE.min(self.left_of(*until)), self.nodes.renew(me, LIFE)).await;
        let renewed = renewed.unwrap_or_else(|_| Err(StoreError::Unavailable("it takes too long".into())));
        let Some(live) = renewed? else { return Ok(false) };
        *until = asked + LIFE;
        self.take_share(me, &live);
        self.look.notify_one();
        Ok(true)
    }

    fn take_share(&self, me: NodeId, live: &[NodeId]) {
        let inner = &self.core.0;
        if inner.share.set(me, live) {
            // At a start nobody wonders: it is one line that says whether it went well.
            tracing::debug!(node = %me, nodes = live.len(), "nodes are alive");
            inner.timers.share_out();
        }
    }

    /// Lets go of everybody, and comes back under another name as soon as the store answers.
    async fn join_anew(&self, why: &'static str) -> Duration {
        let inner = &self.core.0;
        tracing::error!(why, "this node has lost its lease, and lets go of everybody");
        *self.me.lock() = None;
        inner.lines.begin_term();
        inner.hub.pause();
        loop {
            match timeout(PATIENCE, self.join()).await {
                Ok(Ok(until)) => {
                    inner.hub.resume();
                    inner.lines.stirred.notify_one();
                    self.look.notify_one();
                    return until;
                }
                Ok(Err(error)) => tracing::warn!(%error, "this node can't join"),
                Err(_) => tracing::warn!("this node can't join: the store takes too long"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}
