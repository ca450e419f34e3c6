//! What has come lately. A store with one node has no use for it but to be what its port says.

use std::sync::Arc;

use hearken_core::Identity;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::store::{Grown, StoredEvent};
use rusqlite::{Connection, params};

use super::rows;

pub(super) fn last(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("select coalesce(max(arrival), 0) from events")?.query_row([], |row| row.get(0))
}

pub(super) fn grown(
    connection: &Connection,
    arrived: i64,
    after: Option<ConversationId>,
    limit: usize,
) -> rusqlite::Result<Vec<Grown>> {
    // The plus keeps the index of places out: by it, every event would be looked at.
    let mut statement = connection.prepare_cached(
        "select +conversation, min(seq), max(seq) from events where arrival > ?1 and +conversation > ?2 \
         group by +conversation order by 1 limit ?3",
    )?;
    let after = after.map_or_else(Vec::new, |id| id.0.as_bytes().to_vec());
    let grown = statement.query_map(params![arrived, after, limit as i64], |row| {
        Ok(Grown { conversation: ConversationId(rows::uuid(row, 0)?), first: row.get(1)?, last: row.get(2)? })
    })?;
    grown.collect()
}

pub(super) fn events(
    connection: &Connection,
    identity: &Arc<Identity>,
    arrived: i64,
    upto: Seq,
    limit: usize,
) -> rusqlite::Result<Vec<StoredEvent>> {
    let mut statement = connection.prepare_cached(&format!(
        "select {} from (select * from events where conversation = ?1 and seq <= ?2 order by seq desc limit ?3) \
         where arrival > ?4 order by seq",
        rows::EVENT
    ))?;
    let range = params![identity.id.0.as_bytes(), rows::place(upto), limit as i64, arrived];
    let events = statement.query_map(range, |row| rows::event(row, identity))?;
    events.collect()
}
