//! The port `Nodes` in memory, shared by several cores: for tests, on a clock that they move, with a switch by which
//! each node is cut off.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::port::{GoneLine, LineChange, LineKind, LineName, Nodes, Parting, Standing};
use crate::clock::Monotonic;
use crate::ids::{AccountId, NodeId};
use crate::store::{StoreError, StoreFuture};

/// What several nodes know of each other.
#[derive(Clone)]
pub struct MemoryNodes {
    shared: Arc<Mutex<Shared>>,
    clock: Arc<dyn Monotonic>,
}

#[derive(Default)]
struct Shared {
    nodes: BTreeMap<NodeId, Lease>,
    /// By line, and then by node: one that ended and was the last is marked as gone.
    lines: BTreeMap<(LineName, NodeId), Option<Gone>>,
    /// Since when some node has been live.
    ready_since: Duration,
    marks: i64,
}

#[derive(Clone, Copy)]
struct Lease {
    renewed: Duration,
    until: Duration,
}

#[derive(Clone, Copy)]
struct Gone {
    parting: Parting,
    at: Duration,
    mark: i64,
}

impl MemoryNodes {
    /// Nobody has joined yet; leases go by this clock.
    pub fn new(clock: Arc<dyn Monotonic>) -> Self {
        Self { shared: Arc::default(), clock }
    }

    /// A way in, for one node.
    pub fn node(&self) -> MemoryNode {
        MemoryNode { nodes: self.clone(), cut: Arc::default() }
    }

    /// How many rows there are of lines, and of nodes: nothing is to be left behind.
    pub fn rows(&self) -> (usize, usize) {
        let shared = self.shared.lock();
        (shared.lines.len(), shared.nodes.len())
    }
}

/// One node's way in.
#[derive(Clone)]
pub struct MemoryNode {
    nodes: MemoryNodes,
    cut: Arc<AtomicBool>,
}

impl MemoryNode {
    /// Cuts this node off from the others, or lets it in again: meanwhile nothing is answered.
    pub fn cut(&self, off: bool) {
        self.cut.store(off, Ordering::Release);
    }

    fn ask<'a, T: Send + 'a>(&self, work: impl FnOnce(&mut Shared, Duration) -> T) -> StoreFuture<'a, T> {
        if self.cut.load(Ordering::Acquire) {
            return Box::pin(ready(Err(StoreError::Unavailable("this node is cut off".into()))));
        }
        let now = self.nodes.clock.elapsed();
        Box::pin(ready(Ok(work(&mut self.nodes.shared.lock(), now))))
    }
}

impl Nodes for MemoryNode {
    fn join(&self, node: NodeId, life: Duration) -> StoreFuture<'_, Duration> {
        self.ask(|shared, now| {
            if !shared.nodes.values().any(|lease| lease.until > now) {
                shared.ready_since = now;
            }
            shared.nodes.insert(node, Lease { renewed: now, until: now + life });
            now.saturating_sub(shared.ready_since)
        })
    }

    fn renew(&self, node: NodeId, life: Duration) -> StoreFuture<'_, Option<Vec<NodeId>>> {
        self.ask(|shared, now| {
            shared.fence(node, now)?;
            shared.nodes.insert(node, Lease { renewed: now, until: now + life });
            let alive = shared.nodes.iter().filter(|(_, lease)| lease.until > now);
            Some(alive.map(|(node, _)| *node).collect())
        })
    }

    fn leave(&self, node: NodeId) -> StoreFuture<'_, ()> {
        self.ask(|shared, now| {
            if let Some(lease) = shared.nodes.get_mut(&node) {
                *lease = Lease { renewed: now, until: now };
            }
            shared.forget_if_bare(node);
        })
    }

    fn note<'a>(&'a self, node: NodeId, changes: &'a [LineChange]) -> StoreFuture<'a, Option<()>> {
        self.ask(|shared, now| {
            shared.fence(node, now)?;
            for change in changes {
                match change.ended {
                    None => drop(shared.lines.insert((change.name, node), None)),
                    Some(parting) => shared.close(change.name, node, parting, now),
                }
            }
            Some(())
        })
    }

    fn take_over<'a>(
        &'a self,
        node: NodeId,
        kinds: &'a [LineKind],
        limit: usize,
    ) -> StoreFuture<'a, Option<usize>> {
        self.ask(|shared, now| {
            shared.fence(node, now)?;
            let dead = |node: &NodeId| shared.nodes.get(node).is_none_or(|lease| lease.until <= now);
            let lost = shared.lines.keys().filter(|(name, node)| kinds.contains(&name.kind) && dead(node));
            let lost: Vec<_> = lost.take(limit).copied().collect();
            for (name, from) in &lost {
                shared.inherit(*name, *from, node);
            }
            let nodes: Vec<_> = shared.nodes.iter().filter(|(_, lease)| lease.until <= now).collect();
            let bare: Vec<_> = nodes.into_iter().map(|(node, _)| *node).collect();
            for node in bare {
                shared.forget_if_bare(node);
            }
            Some(lost.len())
        })
    }

    fn gone<'a>(
        &'a self,
        node: NodeId,
        kinds: &'a [LineKind],
        limit: usize,
    ) -> StoreFuture<'a, Option<Vec<GoneLine>>> {
        self.ask(|shared, now| {
            shared.fence(node, now)?;
            let ours = shared.lines.iter().filter(|((_, owner), _)| *owner == node);
            let gone = ours.filter_map(|((name, _), gone)| Some((*name, (*gone)?)));
            let mut gone: Vec<_> = gone.filter(|(name, _)| kinds.contains(&name.kind)).collect();
            gone.sort_by_key(|(_, gone)| gone.mark);
            let line = |(name, Gone { parting, at, mark }): (LineName, Gone)| GoneLine {
                name,
                parting,
                ago: now.saturating_sub(at),
                mark,
            };
            Some(gone.into_iter().take(limit).map(line).collect())
        })
    }

    fn settle<'a>(&'a self, node: NodeId, done: &'a [GoneLine]) -> StoreFuture<'a, Option<()>> {
        self.ask(|shared, now| {
            shared.fence(node, now)?;
            for line in done {
                let found = shared.lines.get(&(line.name, node)).copied().flatten();
                if found.is_some_and(|gone| gone.mark == line.mark) {
                    shared.lines.remove(&(line.name, node));
                }
            }
            Some(())
        })
    }

    fn standing<'a>(&'a self, kind: LineKind, accounts: &'a [AccountId]) -> StoreFuture<'a, Vec<Standing>> {
        self.ask(|shared, _| {
            let of = |account: &AccountId| {
                let name = LineName { account: *account, kind };
                let rows = shared.lines.iter().filter(|((line, _), _)| *line == name);
                rows.fold(Standing::Away, |so_far, (_, gone)| match (so_far, gone) {
                    (Standing::Open, _) | (_, None) => Standing::Open,
                    (_, Some(_)) => Standing::Going,
                })
            };
            accounts.iter().map(of).collect()
        })
    }
}

impl Shared {
    fn fence(&self, node: NodeId, now: Duration) -> Option<()> {
        self.nodes.get(&node).filter(|lease| lease.until > now).map(|_| ())
    }

    fn forget_if_bare(&mut self, node: NodeId) {
        if !self.lines.keys().any(|(_, owner)| *owner == node) {
            self.nodes.remove(&node);
        }
    }

    fn open_elsewhere(&self, name: LineName, node: NodeId) -> bool {
        let mut rows = self.lines.iter().filter(|((line, _), gone)| *line == name && gone.is_none());
        rows.any(|((_, owner), _)| *owner != node)
    }

    fn close(&mut self, name: LineName, node: NodeId, parting: Parting, at: Duration) {
        if self.open_elsewhere(name, node) {
            self.lines.remove(&(name, node));
        } else {
            self.marks += 1;
            let mark = self.marks;
            self.lines.insert((name, node), Some(Gone { parting, at, mark }));
        }
    }

    fn inherit(&mut self, name: LineName, from: NodeId, to: NodeId) {
        match self.lines.remove(&(name, from)) {
            // Where this node has something of its own to say of it, that is what counts.
            Some(Some(gone)) => drop(self.lines.entry((name, to)).or_insert(Some(gone))),
            // Where the person has one open here, he is not gone.
            Some(None) if !self.lines.iter().any(|((line, _), gone)| *line == name && gone.is_none()) => {
                let at = self.nodes.get(&from).map_or(Duration::ZERO, |lease| lease.renewed);
                self.close(name, to, Parting::Lost, at);
            }
            Some(None) | None => {}
        }
    }
}
