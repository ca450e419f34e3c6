//! What nodes know of each other in memory, against the suite that everything behind that port has to pass.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use hearken_core::clock::{ManualClock, from_millis};
use hearken_core::ids::{AccountId, CountingIds, Ids as _};
use hearken_core::node::{MemoryNodes, Nodes};
use hearken_testkit::node_conformance::NodesFixture;

struct Memory {
    clock: Arc<ManualClock>,
    ids: CountingIds,
    nodes: MemoryNodes,
}

impl NodesFixture for Memory {
    fn node(&self) -> Arc<dyn Nodes> {
        Arc::new(self.nodes.node())
    }

    fn account(&self) -> BoxFuture<'_, AccountId> {
        Box::pin(ready(AccountId(self.ids.next())))
    }

    fn pass(&self, span: Duration) -> BoxFuture<'_, ()> {
        self.clock.advance(span);
        Box::pin(ready(()))
    }
}

async fn memory() -> Memory {
    let clock = Arc::new(ManualClock::new(from_millis(0)));
    let nodes = MemoryNodes::new(clock.clone());
    Memory { clock, ids: CountingIds::default(), nodes }
}

hearken_testkit::nodes_conformance!(memory);
