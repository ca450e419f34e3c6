//! Noting this node's lines in the store, and seeing to those that are lost, its own and those of nodes that have died.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::watch;

use super::{Keeping, RETRY};
use crate::ids::NodeId;
use crate::node::port::{GoneLine, LineKind, LostLine, Parting, Whose};
use crate::store::StoreError;

/// How many lines are noted, taken over or seen to at once.
const AT_ONCE: usize = 512;
/// How many hooks run at once: their commits go together.
const HOOKS: usize = 64;

impl Keeping {
    /// Notes lines as they come and go, until the node stops.
    pub(super) async fn note_lines(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        loop {
            let stopped = *stopping.borrow_and_update();
            let retry = self.note_all().await.is_err();
            if stopped {
                return;
            }
            tokio::select! {
                () = self.core.0.lines.stirred.notified(), if !retry => {}
                () = tokio::time::sleep(RETRY), if retry => {}
                changed = stopping.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn note_all(&self) -> Result<(), StoreError> {
        let lines = &self.core.0.lines;
        // Without a lease nothing can be noted; once there is one again, this is woken.
        while let Some(me) = self.me() {
            let (term, changes) = lines.take(AT_ONCE);
            if changes.is_empty() {
                return Ok(());
            }
            match self.nodes.note(me, &changes).await {
                Ok(Some(())) => {
                    lines.noted(term, &changes);
                    if changes.iter().any(|change| change.ended.is_some()) {
                        self.look.notify_one();
                    }
                }
                Ok(None) => {
                    lines.put_back(term, &changes);
                    self.fenced.notify_one();
                    return Ok(());
                }
                Err(error) => {
                    tracing::warn!(%error, "lines could not be noted");
                    lines.put_back(term, &changes);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Sees to lost lines, whenever there may be some.
    pub(super) async fn see_to_lost_lines(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        loop {
            let stopped = *stopping.borrow_and_update();
            if let Err(error) = self.see_to_all().await {
                tracing::warn!(%error, "lost lines wait for the store");
            }
            if stopped {
                return;
            }
            tokio::select! {
                () = self.look.notified() => {}
                changed = stopping.changed() => if changed.is_err() { return },
            }
            self.core.refresh_keys().await;
        }
    }

    async fn see_to_all(&self) -> Result<(), StoreError> {
        // A kind that only a newer node knows is left to it.
        let kinds: Vec<LineKind> = self.core.0.registry.lines().map(|(kind, _)| kind).collect();
        while let Some(me) = self.me() {
            let taken = self.nodes.take_over(me, &kinds, AT_ONCE).await?;
            if let Some(count @ 1..) = taken {
                tracing::info!(count, "lines of a node that is gone were taken over");
            }
            let settled = self.see_to_gone(me, &kinds).await?;
            if taken != Some(AT_ONCE) || !settled {
                break;
            }
        }
        Ok(())
    }

    /// Sees to what is kept as gone; `false` when that was not all, and is to be tried again later.
    async fn see_to_gone(&self, me: NodeId, kinds: &[LineKind]) -> Result<bool, StoreError> {
        while let Some(gone) = self.nodes.gone(me, kinds, AT_ONCE).await? {
            if gone.is_empty() {
                return Ok(true);
            }
            let seeing: Vec<_> = gone.iter().map(|line| self.see_to(*line)).collect();
            let seen_to = stream::iter(seeing).buffer_unordered(HOOKS);
            let done: Vec<GoneLine> = seen_to.filter_map(std::future::ready).collect().await;
            if self.nodes.settle(me, &done).await?.is_none() || done.len() < gone.len() {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Does what is to be done about a lost line; nothing when it is to be tried again.
    async fn see_to(&self, line: GoneLine) -> Option<GoneLine> {
        let kind = line.name.kind;
        let hook = self.core.0.registry.line(kind)?;
        if line.parting == Parting::Lost && self.core.0.lines.is_open(line.name) {
            // Back already.
            return Some(line);
        }
        let (whose, parting, ago) = (Whose::One(line.name.account), line.parting, line.ago);
        let lost = LostLine { whose, parting, ago };
        let done = AssertUnwindSafe(async { hook(self.core.clone(), lost).await }).catch_unwind().await;
        match done {
            Ok(Ok(())) => Some(line),
            Ok(Err(error)) => {
                tracing::warn!(kind, %error, "a lost line waits for the store");
                None
            }
            // Again and again would be no better.
            Err(_) => {
                tracing::error!(kind, "what is to be done about a lost line panicked");
                Some(line)
            }
        }
    }
}
