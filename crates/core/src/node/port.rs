//! The port to what nodes know of each other. It is kept where everything else is kept, so a node that can't reach the
//! store can't reach this either; but by a way of its own, so that no long commit holds up a lease.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::handle::Core;
use crate::ids::{AccountId, NodeId};
use crate::store::{StoreError, StoreFuture};

/// A kind of line, for the store: `door.kind`. Never changed once released.
pub type LineKind = &'static str;

/// A line: all that a person has open of one kind at one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineName {
    /// Whose.
    pub account: AccountId,
    /// Of which kind.
    pub kind: LineKind,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parting {
    /// The person has said goodbye.
    Left,
    /// It was lost: no goodbye, or the node has died.
    #[default]
    Lost,
}

/// A line at this node that is to be noted in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// Which line.
    pub name: LineName,
    /// How it ended; `None` while it is open.
    pub ended: Option<Parting>,
}

/// Somebody's last line of a kind, which has ended, and about which something is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoneLine {
    /// Which line.
    pub name: LineName,
    /// How it ended.
    pub parting: Parting,
    /// How long ago: since the goodbye, or since the node that has died was last heard of.
    pub ago: Duration,
    /// Tells this end from a later one of the same line.
    pub mark: i64,
}

/// Whether somebody has a line of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is open at some node.
    Open,
    /// The last has ended, and what is to be done about it is not done yet.
    Going,
    /// There is none.
    Away,
}

/// In whose company a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// It has the store to itself: there is nobody to tell, and no lease is kept.
    Alone,
    /// It is one of those that share the store.
    Shared,
    /// Others have the store, and it does one thing and goes: it keeps no lease, fires no timer, holds no line.
    Passing,
}

/// What nodes know of each other. Durations go by the store's clock. `None` as an answer says that the asking node's
/// lease has run out: nothing was done, and it has to join anew.
pub trait Nodes: Send + Sync {
    /// In whose company this node is.
    fn company(&self) -> Company {
        Company::Shared
    }

    /// Joins under a fresh name, for as long as the lease lives. Answers since how long there has been some live node
    /// without a break; no time when this is the first.
    fn join(&self, node: NodeId, life: Duration) -> StoreFuture<'_, Duration>;

    /// Renews a lease that has not run out; answers the live nodes, this one among them, in order.
    fn renew(&self, node: NodeId, life: Duration) -> StoreFuture<'_, Option<Vec<NodeId>>>;

    /// Ends the lease at once: what lines it still has are taken over by others without waiting.
    fn leave(&self, node: NodeId) -> StoreFuture<'_, ()>;

    /// Notes lines of this node. One that has ended and was the person's last anywhere is kept as gone, for
    /// [`Nodes::gone`]; it counts as his last as long as no other node, alive or not yet taken over, has one open. Of two
    /// that end at the same time at two nodes, one is the last.
    fn note<'a>(&'a self, node: NodeId, changes: &'a [LineChange]) -> StoreFuture<'a, Option<()>>;

    /// Takes over lines of these kinds, at most `limit`, from nodes whose lease has run out. Those that were somebody's
    /// last are this node's from now on, as gone; of the others nothing is left. A dead node without lines is forgotten.
    /// Answers how many were taken over.
    fn take_over<'a>(
        &'a self,
        node: NodeId,
        kinds: &'a [LineKind],
        limit: usize,
    ) -> StoreFuture<'a, Option<usize>>;

    /// Lines of these kinds that this node keeps as gone, at most `limit`, the longest gone first.
    fn gone<'a>(
        &'a self,
        node: NodeId,
        kinds: &'a [LineKind],
        limit: usize,
    ) -> StoreFuture<'a, Option<Vec<GoneLine>>>;

    /// What was to be done about these is done: they are forgotten, but for those that have been opened since.
    fn settle<'a>(&'a self, node: NodeId, done: &'a [GoneLine]) -> StoreFuture<'a, Option<()>>;

    /// Whether these people have a line of this kind, in the order asked.
    fn standing<'a>(&'a self, kind: LineKind, accounts: &'a [AccountId]) -> StoreFuture<'a, Vec<Standing>>;
}

/// Whose lines are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One person's: his last of this kind, wherever.
    One(AccountId),
    /// Everybody's who was connected when a server that has the store to itself was last stopped or killed. Who that was
    /// only the door can tell, by what it keeps.
    Everybody,
}

/// Lines that are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostLine {
    /// Whose.
    pub whose: Whose,
    /// How the last one ended.
    pub parting: Parting,
    /// How long ago.
    pub ago: Duration,
}

/// What a door does about lines that are lost. It runs once for each last line that goes; once more when the node that
/// runs it dies before it is noted as done, so it must bear that. On an error it runs again, some seconds later. By the
/// time it runs the person may be back: whatever ends something for good asks [`Core::connected`] first.
pub type LineHook = Arc<dyn Fn(Core, LostLine) -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>;
