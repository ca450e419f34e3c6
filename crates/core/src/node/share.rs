//! Which node does what of the work that any could do, as this node knows it.

use parking_lot::RwLock;

use super::port::Company;
use super::slices::Slices;
use crate::ids::NodeId;

/// Who is alive, and what is whose.
pub(crate) struct Share {
    company: Company,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    me: Option<NodeId>,
    live: Vec<NodeId>,
    mine: Option<Slices>,
    /// The other live nodes, and what is theirs: asked each second, and dear to work out.
    others: Vec<(NodeId, Slices)>,
}

impl Share {
    /// Of a node that is alone, everything is its own; of another, nothing until it has joined.
    pub(crate) fn new(company: Company) -> Self {
        Self { company, known: RwLock::default() }
    }

    /// Whether there can't be others.
    pub(crate) fn is_alone(&self) -> bool {
        self.company == Company::Alone
    }

    /// Whether there may be others, and this is one of them.
    pub(crate) fn is_shared(&self) -> bool {
        self.company == Company::Shared
    }

    /// Takes note of who is alive; says whether that is news.
    pub(crate) fn set(&self, me: NodeId, live: &[NodeId]) -> bool {
        let mut known = self.known.write();
        if known.me == Some(me) && known.live == live {
            return false;
        }
        let others = live.iter().filter(|node| **node != me);
        *known = Known {
            me: Some(me),
            live: live.to_vec(),
            mine: Some(Slices::owned_by(me, live)),
            others: others.map(|node| (*node, Slices::owned_by(*node, live))).collect(),
        };
        true
    }

    /// This node's slices.
    pub(crate) fn mine(&self) -> Slices {
        if self.is_alone() { Slices::ALL } else { self.known.read().mine.unwrap_or(Slices::NONE) }
    }

    /// The other live nodes, and what is theirs.
    pub(crate) fn others(&self) -> Vec<(NodeId, Slices)> {
        self.known.read().others.clone()
    }

    /// How many nodes are alive; one when there can't be others.
    pub(crate) fn live(&self) -> usize {
        if self.is_alone() { 1 } else { self.known.read().live.len() }
    }
}
