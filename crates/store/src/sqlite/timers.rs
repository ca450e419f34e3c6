//! The timers that are due next.

use hearken_core::Registry;
use hearken_core::clock::from_millis;
use hearken_core::ids::ConversationId;
use hearken_core::node::Slices;
use hearken_core::store::DueTimer;
use rusqlite::{Connection, params};

use super::rows;

/// Those of known kinds in these slices, earliest first, at most `limit`. A file has one server, to which every slice
/// belongs: where fewer are asked for, the others are passed over as they are read.
pub(super) fn next(
    connection: &Connection,
    registry: &Registry,
    slices: &Slices,
    limit: usize,
) -> rusqlite::Result<Vec<DueTimer>> {
    let mut statement = connection.prepare_cached(
        "select t.due, t.conversation, t.key, c.kind \
         from timers t cross join conversations c on c.id = t.conversation \
         where c.kind in (select value from json_each(?1)) \
         order by t.due, t.conversation, t.key limit ?2",
    )?;
    let kinds = serde_json::json!(registry.names().collect::<Vec<_>>()).to_string();
    let rows_asked = if slices.is_all() { limit as i64 } else { -1 };
    let mut found = statement.query(params![kinds, rows_asked])?;
    let mut timers = Vec::new();
    while timers.len() < limit {
        let Some(row) = found.next()? else { break };
        let conversation = ConversationId(rows::uuid(row, 1)?);
        let kind = row.get_ref(3)?.as_str().ok().and_then(|kind| registry.name(kind));
        if let Some(kind) = kind.filter(|_| slices.contains(conversation)) {
            timers.push(DueTimer { due: from_millis(row.get(0)?), conversation, key: row.get(2)?, kind });
        }
    }
    Ok(timers)
}
