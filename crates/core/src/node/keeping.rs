//! What a node among others keeps doing: renewing its lease, noting its lines, seeing to lost ones.

mod lease;
mod noting;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::port::Nodes;
use crate::handle::Core;
use crate::ids::NodeId;
use crate::store::StoreError;

/// How long to wait before asking a store again that did not answer.
const RETRY: Duration = Duration::from_millis(500);
/// How long a stop waits for lines to be noted and seen to; what is left then is for others.
const FAREWELL: Duration = Duration::from_secs(2);

/// A node's place among others.
pub(crate) struct Keeping {
    core: Core,
    nodes: Arc<dyn Nodes>,
    /// This node's name as long as it has a lease.
    me: Mutex<Option<NodeId>>,
    /// Told when the store has said that the lease is over.
    fenced: Notify,
    /// Told when there may be lost lines to see to.
    look: Notify,
}

/// What runs of it.
pub(crate) struct NodeTasks {
    keeping: Arc<Keeping>,
    /// In the order in which they have to end: what is noted as gone is then seen to.
    tasks: [(watch::Sender<bool>, JoinHandle<()>); 2],
    renewing: JoinHandle<()>,
}

impl Keeping {
    /// Joins, and keeps the lease from then on. Fails when the store does not answer: a node that never was one.
    pub(crate) async fn start(core: &Core) -> Result<NodeTasks, StoreError> {
        let (look, fenced) = (Notify::new(), Notify::new());
        let (core, nodes) = (core.clone(), Arc::clone(&core.0.nodes));
        let keeping = Arc::new(Self { core, nodes, me: Mutex::default(), fenced, look });
        let until = keeping.join().await?;
        let renewing = tokio::spawn(Arc::clone(&keeping).renew_until_stopped(until));
        let (stop_noting, stopping) = watch::channel(false);
        let noting = tokio::spawn(Arc::clone(&keeping).note_lines(stopping));
        let (stop_seeing, stopping) = watch::channel(false);
        let seeing = tokio::spawn(Arc::clone(&keeping).see_to_lost_lines(stopping));
        let tasks = [(stop_noting, noting), (stop_seeing, seeing)];
        Ok(NodeTasks { keeping, tasks, renewing })
    }

    fn me(&self) -> Option<NodeId> {
        *self.me.lock()
    }
}

impl NodeTasks {
    /// Notes the lines that have ended, sees to them, and leaves.
    pub(crate) async fn stop(self) {
        for (stop, mut task) in self.tasks {
            // An error means that nobody listens any more.
            let _ = stop.send(true);
            if tokio::time::timeout(FAREWELL, &mut task).await.is_err() {
                task.abort();
            }
        }
        self.renewing.abort();
        let _ = self.renewing.await;
        let me = self.keeping.me.lock().take();
        if let Some(me) = me {
            let left = tokio::time::timeout(FAREWELL, self.keeping.nodes.leave(me)).await;
            if !matches!(left, Ok(Ok(()))) {
                tracing::warn!("this node's lease is left to run out");
            }
        }
    }

    /// Ends it as a crash would: nothing is noted, and the lease runs out by itself.
    pub(crate) fn abandon(self) {
        self.renewing.abort();
        self.tasks.iter().for_each(|(_, task)| task.abort());
    }
}
