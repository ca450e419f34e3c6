//! Trimming the log a window at a time: most rows of a large store are kept, and looking at all of them at once would
//! hold up every commit.

use jiff::Timestamp;
use rusqlite::{Connection, params};

/// How many rows one call looks at: a few milliseconds.
const WINDOW: i64 = 10_000;

/// What one call has done.
pub(super) struct Trimmed {
    /// How many rows went.
    pub(super) deleted: usize,
    /// From where to look on; from the start again once everything has been looked at.
    pub(super) next: i64,
}

/// Looks at the rows that arrived after `from`, and deletes at most `limit` of those that nobody needs.
pub(super) fn window(
    connection: &Connection,
    from: i64,
    before: Timestamp,
    limit: usize,
) -> rusqlite::Result<Trimmed> {
    let (looked, last): (i64, Option<i64>) = connection
        .prepare_cached(
            "select count(*), max(arrival) from (select arrival from events where arrival > ?1 \
             order by arrival limit ?2)",
        )?
        .query_row(params![from, WINDOW], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(last) = last else { return Ok(Trimmed { deleted: 0, next: 0 }) };
    let mut statement = connection.prepare_cached(
        "delete from events where arrival in (select arrival from events e where arrival > ?1 and arrival <= ?2 \
         and at < ?3 and pending = x'' and body is null and seq < (select max(seq) from events l \
         where l.conversation = e.conversation) order by arrival limit ?4) returning arrival",
    )?;
    let range = params![from, last, before.as_millisecond(), limit as i64];
    let gone: Vec<i64> = statement.query_map(range, |row| row.get(0))?.collect::<Result<_, _>>()?;
    let next = match gone.iter().max() {
        Some(latest) if gone.len() == limit => *latest,
        _ if looked == WINDOW => last,
        _ => 0,
    };
    Ok(Trimmed { deleted: gone.len(), next })
}
