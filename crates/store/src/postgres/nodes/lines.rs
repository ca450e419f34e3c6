//! The lines: noted, taken over, seen to.

use hearken_core::ids::{AccountId, NodeId};
use hearken_core::node::{GoneLine, LineChange, LineKind, LineName, Parting};
use tokio_postgres::Row;
use uuid::Uuid;

use super::super::error::Failure;
use super::super::link::{Ask, Link, Value, values};
use super::super::rows::limit;
use super::span;

/// Whether the lease of node `$1` holds.
macro_rules! holds {
    () => {
        "exists (select 1 from nodes where id = $1 and lease_until > clock_timestamp())"
    };
}

const FENCE: &str = "select 1 from nodes where id = $1 and lease_until > clock_timestamp() for key share";
const HOLDS: &str = concat!("select ", holds!());
/// In one order everywhere, and before the statements that look who else has a line: each of those sees what whoever
/// held the lock before has written.
const LOCK: &str = "select pg_advisory_xact_lock(name)::text from (select distinct \
    hashtextextended(u.account::text || u.kind, 0) as name from unnest($1::uuid[], $2::text[]) u (account, kind) \
    order by name) names";
const OPEN: &str = concat!(
    "insert into lines (account, kind, node) select u.account, u.kind, $1 \
     from unnest($2::uuid[], $3::text[]) u (account, kind) join accounts a on a.id = u.account where ",
    holds!(),
    " on conflict (account, kind, node) do update set gone_at = null, parting = null, mark = null"
);
const CLOSE: &str = concat!(
    "with closing as (select u.account, u.kind, u.parting \
       from unnest($2::uuid[], $3::text[], $4::int2[]) u (account, kind, parting) \
       join accounts a on a.id = u.account where ",
    holds!(),
    "), others as (select distinct c.account, c.kind from closing c join lines l \
       on l.account = c.account and l.kind = c.kind where l.node <> $1 and l.gone_at is null), \
     not_last as (delete from lines l using others o \
       where l.account = o.account and l.kind = o.kind and l.node = $1) \
     insert into lines (account, kind, node, gone_at, parting, mark) \
     select c.account, c.kind, $1, clock_timestamp(), c.parting, nextval('lines_mark') from closing c \
     where not exists (select 1 from others o where o.account = c.account and o.kind = c.kind) \
     on conflict (account, kind, node) do update \
     set gone_at = excluded.gone_at, parting = excluded.parting, mark = excluded.mark"
);
const DEAD: &str =
    "select id from nodes where lease_until <= clock_timestamp() order by id for update skip locked";
const OF_THE_DEAD: &str = "select account, kind, node from lines where node = any ($1) and kind = any ($2) \
    order by account, kind, node limit $3";
const INHERIT: &str = concat!(
    "with taken as (select * from unnest($2::uuid[], $3::text[], $4::uuid[]) u (account, kind, node)), \
     lost as (delete from lines l using taken t \
       where l.account = t.account and l.kind = t.kind and l.node = t.node and ",
    holds!(),
    " returning l.account, l.kind, l.node, l.gone_at, l.parting) \
     insert into lines (account, kind, node, gone_at, parting, mark) \
     select distinct on (g.account, g.kind) g.account, g.kind, $1, coalesce(g.gone_at, n.renewed_at), \
       coalesce(g.parting, 1), nextval('lines_mark') from lost g join nodes n on n.id = g.node \
     where g.gone_at is not null or not exists (select 1 from lines o \
       where o.account = g.account and o.kind = g.kind and o.gone_at is null and not exists (select 1 from taken t \
         where t.account = o.account and t.kind = o.kind and t.node = o.node)) \
     order by g.account, g.kind, coalesce(g.gone_at, n.renewed_at) desc \
     on conflict (account, kind, node) do nothing"
);
const BURY: &str =
    "delete from nodes n where n.id = any ($1) and not exists (select 1 from lines l where l.node = n.id)";
const GONE: &str = "select account, kind, parting, \
    greatest(0, extract(epoch from clock_timestamp() - gone_at) * 1000)::int8, mark from lines \
    where node = $1 and kind = any ($2) and gone_at is not null order by mark limit $3";
const SETTLE: &str = concat!(
    "delete from lines l using unnest($2::uuid[], $3::text[], $4::int8[]) d (account, kind, mark) \
     where l.account = d.account and l.kind = d.kind and l.node = $1 and l.mark = d.mark and ",
    holds!()
);

/// Names as two columns.
fn columns<'a>(names: impl Iterator<Item = &'a LineName>) -> (Vec<Uuid>, Vec<&'static str>) {
    names.map(|name| (name.account.0, name.kind)).unzip()
}

/// What `FENCE` has said.
fn holds(answers: &[Vec<Row>], at: usize) -> Option<()> {
    answers.get(at).is_some_and(|rows| !rows.is_empty()).then_some(())
}

pub(super) async fn note(link: &Link, node: NodeId, changes: &[LineChange]) -> Result<Option<()>, Failure> {
    let opened = changes.iter().filter(|change| change.ended.is_none()).map(|change| &change.name);
    let (accounts, kinds) = columns(opened);
    let open = values![node.0, accounts, kinds];
    let ended = || changes.iter().filter(|change| change.ended.is_some());
    let (accounts, kinds) = columns(ended().map(|change| &change.name));
    let partings: Vec<i16> = ended().map(|change| i16::from(change.ended != Some(Parting::Left))).collect();
    let lock: Vec<Value<'_>> = values![accounts.clone(), kinds.clone()];
    let answers = link
        .flush(vec![
            Ask::plain("begin"),
            Ask::new(FENCE, values![node.0]),
            Ask::new(LOCK, lock),
            Ask::new(OPEN, open),
            Ask::new(CLOSE, values![node.0, accounts, kinds, partings]),
            Ask::plain("commit"),
        ])
        .await?;
    Ok(holds(&answers, 1))
}

pub(super) async fn take_over(
    link: &Link,
    node: NodeId,
    kinds: &[LineKind],
    most: usize,
) -> Result<Option<usize>, Failure> {
    let begun = vec![Ask::plain("begin"), Ask::new(FENCE, values![node.0]), Ask::plain(DEAD)];
    let begun = link.flush(begun).await?;
    let dead: Vec<Uuid> = begun.get(2).into_iter().flatten().map(|row| row.get(0)).collect();
    if holds(&begun, 1).is_none() || dead.is_empty() {
        link.ask(Ask::plain("rollback")).await?;
        return Ok(holds(&begun, 1).map(|()| 0));
    }
    let ask = Ask::new(OF_THE_DEAD, values![dead.clone(), kinds.to_vec(), limit(most)]);
    let lines = link.ask(ask).await?;
    let accounts: Vec<Uuid> = lines.iter().map(|row| row.get(0)).collect();
    let names: Vec<String> = lines.iter().map(|row| row.get(1)).collect();
    let nodes: Vec<Uuid> = lines.iter().map(|row| row.get(2)).collect();
    link.flush(vec![
        Ask::new(LOCK, values![accounts.clone(), names.clone()]),
        Ask::new(INHERIT, values![node.0, accounts, names, nodes]),
        Ask::new(BURY, values![dead]),
        Ask::plain("commit"),
    ])
    .await?;
    Ok(Some(lines.len()))
}

pub(super) async fn gone(
    link: &Link,
    node: NodeId,
    kinds: &[LineKind],
    most: usize,
) -> Result<Option<Vec<GoneLine>>, Failure> {
    let asks =
        vec![Ask::new(HOLDS, values![node.0]), Ask::new(GONE, values![node.0, kinds.to_vec(), limit(most)])];
    let answers = link.flush(asks).await?;
    let read = |row: &Row| {
        let stored: &str = row.get(1);
        let kind = kinds.iter().find(|kind| **kind == stored)?;
        let parting = if row.get::<_, i16>(2) == 0 { Parting::Left } else { Parting::Lost };
        let name = LineName { account: AccountId(row.get(0)), kind };
        Some(GoneLine { name, parting, ago: span(row.get(3)), mark: row.get(4) })
    };
    Ok(says_yes(&answers).map(|()| answers.get(1).into_iter().flatten().filter_map(read).collect()))
}

pub(super) async fn settle(link: &Link, node: NodeId, done: &[GoneLine]) -> Result<Option<()>, Failure> {
    let (accounts, kinds) = columns(done.iter().map(|line| &line.name));
    let marks: Vec<i64> = done.iter().map(|line| line.mark).collect();
    let asks =
        vec![Ask::new(HOLDS, values![node.0]), Ask::new(SETTLE, values![node.0, accounts, kinds, marks])];
    Ok(says_yes(&link.flush(asks).await?))
}

/// What `HOLDS` has said first.
fn says_yes(answers: &[Vec<Row>]) -> Option<()> {
    let row = answers.first()?.first()?;
    row.get::<_, bool>(0).then_some(())
}
