//! What nodes know of each other, in PostgreSQL: leases by the server's clock, and lines that are written only while the
//! writer's lease holds.
//!
//! Whoever writes lines locks its own row against the end of it (`for key share`, which renewing does not disturb), and
//! whoever takes a dead node's lines over locks that one's row (`for update`), so that of both only one goes on. Two who
//! end lines of one person lock his name, so that one of them is the last.

mod lines;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hearken_core::ids::{AccountId, NodeId};
use hearken_core::node::{GoneLine, LineChange, LineKind, Nodes, Standing};
use hearken_core::store::{StoreError, StoreFuture};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::PostgresStore;
use super::error::Failure;
use super::link::{Ask, Dialler, Link, Purpose, values};
use super::readers::Readers;

const JOIN: &str = "with now as (select clock_timestamp() as at), \
    alive as (select exists (select 1 from nodes, now where lease_until > now.at) as others), \
    ready as (insert into nodes_ready (since) select at from now on conflict (one) do update \
      set since = case when (select others from alive) then nodes_ready.since else excluded.since end returning since), \
    mine as (insert into nodes (id, renewed_at, lease_until) \
      select $1, at, at + $2::int8 * interval '1 ms' from now) \
    select greatest(0, extract(epoch from now.at - ready.since) * 1000)::int8 from ready, now";
const RENEW: &str = "with mine as (update nodes set renewed_at = clock_timestamp(), \
      lease_until = clock_timestamp() + $2::int8 * interval '1 ms' \
      where id = $1 and lease_until > clock_timestamp() returning id) \
    select n.id from nodes n where n.lease_until > clock_timestamp() and exists (select 1 from mine) order by n.id";
const LEAVE: &str =
    "update nodes set renewed_at = clock_timestamp(), lease_until = clock_timestamp() where id = $1";
const LEAVE_NOTHING: &str =
    "delete from nodes n where n.id = $1 and not exists (select 1 from lines l where l.node = n.id)";
const STANDING: &str = "select account, bool_or(gone_at is null) from lines \
    where account = any ($1) and kind = $2 group by account";

/// What nodes know of each other, in the database of a [`PostgresStore`].
pub struct PostgresNodes {
    leases: Slot,
    lines: Slot,
    readers: Readers,
}

impl PostgresStore {
    /// What the nodes on this store know of each other.
    pub fn nodes(&self) -> PostgresNodes {
        let slot = || Slot { dialler: Arc::clone(&self.dialler), link: Mutex::new(None) };
        PostgresNodes { leases: slot(), lines: slot(), readers: self.readers.clone() }
    }
}

/// A connection that one uses at a time. Whoever gives up half-way, or finds it broken, leaves none behind: what it had
/// begun the server undoes.
struct Slot {
    dialler: Arc<Dialler>,
    link: Mutex<Option<Link>>,
}

impl Slot {
    async fn using<T>(&self, work: impl AsyncFnOnce(&Link) -> Result<T, Failure>) -> Result<T, StoreError> {
        let mut slot = self.link.lock().await;
        let link = match slot.take().filter(|link| !link.is_closed()) {
            Some(link) => link,
            None => self.dialler.dial(Purpose::Keeping).await?,
        };
        let done = work(&link).await?;
        *slot = Some(link);
        Ok(done)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn span(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

impl Nodes for PostgresNodes {
    fn join(&self, node: NodeId, life: Duration) -> StoreFuture<'_, Duration> {
        Box::pin(self.leases.using(async move |link| {
            let rows = link.ask(Ask::new(JOIN, values![node.0, millis(life)])).await?;
            Ok(rows.first().map_or(Duration::ZERO, |row| span(row.get(0))))
        }))
    }

    fn renew(&self, node: NodeId, life: Duration) -> StoreFuture<'_, Option<Vec<NodeId>>> {
        Box::pin(self.leases.using(async move |link| {
            let rows = link.ask(Ask::new(RENEW, values![node.0, millis(life)])).await?;
            let alive: Vec<_> = rows.iter().map(|row| NodeId(row.get(0))).collect();
            Ok((!alive.is_empty()).then_some(alive))
        }))
    }

    fn leave(&self, node: NodeId) -> StoreFuture<'_, ()> {
        Box::pin(self.leases.using(async move |link| {
            let asks = [LEAVE, LEAVE_NOTHING].map(|sql| Ask::new(sql, values![node.0]));
            link.flush(asks.into()).await.map(drop)
        }))
    }

    fn note<'a>(&'a self, node: NodeId, changes: &'a [LineChange]) -> StoreFuture<'a, Option<()>> {
        Box::pin(self.lines.using(async move |link| lines::note(link, node, changes).await))
    }

    fn take_over<'a>(
        &'a self,
        node: NodeId,
        kinds: &'a [LineKind],
        limit: usize,
    ) -> StoreFuture<'a, Option<usize>> {
        Box::pin(self.lines.using(async move |link| lines::take_over(link, node, kinds, limit).await))
    }

    fn gone<'a>(
        &'a self,
        node: NodeId,
        kinds: &'a [LineKind],
        limit: usize,
    ) -> StoreFuture<'a, Option<Vec<GoneLine>>> {
        Box::pin(self.lines.using(async move |link| lines::gone(link, node, kinds, limit).await))
    }

    fn settle<'a>(&'a self, node: NodeId, done: &'a [GoneLine]) -> StoreFuture<'a, Option<()>> {
        Box::pin(self.lines.using(async move |link| lines::settle(link, node, done).await))
    }

    fn standing<'a>(&'a self, kind: LineKind, accounts: &'a [AccountId]) -> StoreFuture<'a, Vec<Standing>> {
        let ids: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
        let read = async move {
            let rows = self.readers.ask(|| Ask::new(STANDING, values![ids.clone(), kind])).await?;
            let known: std::collections::HashMap<Uuid, bool> =
                rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            let standing = |account: &AccountId| match known.get(&account.0) {
                Some(true) => Standing::Open,
                Some(false) => Standing::Going,
                None => Standing::Away,
            };
            Ok(accounts.iter().map(standing).collect())
        };
        Box::pin(read) as BoxFuture<'a, _>
    }
}
