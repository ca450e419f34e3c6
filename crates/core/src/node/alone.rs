//! Processes that are no nodes among others: one that has its store to itself, and one that only passes by. Nobody else
//! is to be told of anything, and nothing is written.

use std::future::ready;
use std::time::Duration;

use super::port::{Company, GoneLine, LineChange, LineKind, Nodes, Standing};
use crate::ids::{AccountId, NodeId};
use crate::store::StoreFuture;

/// The only node there is. Who is connected is known to the core itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

/// One that does something in a store which others share, and goes: a command.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passing;

macro_rules! tells_nobody {
    ($($name:ident),+) => {$(
        impl Nodes for $name {
            fn company(&self) -> Company {
                Company::$name
            }

        fn join(&self, _: NodeId, _: Duration) -> StoreFuture<'_, Duration> {
            Box::pin(ready(Ok(Duration::ZERO)))
        }

        fn renew(&self, node: NodeId, _: Duration) -> StoreFuture<'_, Option<Vec<NodeId>>> {
            Box::pin(ready(Ok(Some(vec![node]))))
        }

        fn leave(&self, _: NodeId) -> StoreFuture<'_, ()> {
            Box::pin(ready(Ok(())))
        }

        fn note<'a>(&'a self, _: NodeId, _: &'a [LineChange]) -> StoreFuture<'a, Option<()>> {
            Box::pin(ready(Ok(Some(()))))
        }

        fn take_over<'a>(&'a self, _: NodeId, _: &'a [LineKind], _: usize) -> StoreFuture<'a, Option<usize>> {
            Box::pin(ready(Ok(Some(0))))
        }

        fn gone<'a>(
            &'a self,
            _: NodeId,
            _: &'a [LineKind],
            _: usize,
        ) -> StoreFuture<'a, Option<Vec<GoneLine>>> {
            Box::pin(ready(Ok(Some(Vec::new()))))
        }

        fn settle<'a>(&'a self, _: NodeId, _: &'a [GoneLine]) -> StoreFuture<'a, Option<()>> {
            Box::pin(ready(Ok(Some(()))))
        }

        fn standing<'a>(&'a self, _: LineKind, accounts: &'a [AccountId]) -> StoreFuture<'a, Vec<Standing>> {
            Box::pin(ready(Ok(vec![Standing::Away; accounts.len()])))
        }
        }
    )+};
}

tells_nobody!(Alone, Passing);
