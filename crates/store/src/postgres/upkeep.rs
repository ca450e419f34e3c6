//! What the store does for itself: rows that nobody needs any more.

use jiff::Timestamp;

use super::link::{Ask, values};
use super::rows::limit;

/// How many rows a trimming looks at.
const WINDOW: i64 = 10_000;

/// What one trimming has done.
pub(super) struct Trimmed {
    /// How many rows went.
    pub(super) deleted: usize,
    /// From where to look on; from the start again once everything has been looked at.
    pub(super) next: i64,
}

const TRIM: &str = "with looked as materialized (select arrival from events where arrival > $1 order by arrival \
    limit $4), doomed as materialized (select e.arrival from events e where e.arrival > $1 \
    and e.arrival <= (select max(arrival) from looked) and e.at < $2 and e.pending = '' and e.body is null \
    and e.seq < (select max(l.seq) from events l where l.conversation = e.conversation) order by e.arrival limit $3), \
    gone as (delete from events e using doomed d where e.arrival = d.arrival returning e.arrival) \
    select (select count(*) from looked), (select max(arrival) from looked), (select count(*) from gone), \
    (select max(arrival) from gone)";

/// Looks at the rows that arrived after `from`, and deletes at most `most` of those that nobody needs.
pub(super) fn trim(from: i64, before: Timestamp, most: usize) -> Ask<'static> {
    Ask::new(TRIM, values![from, before.as_millisecond(), limit(most), WINDOW])
}

pub(super) fn trimmed(rows: &[tokio_postgres::Row], most: usize) -> Trimmed {
    let Some(row) = rows.first() else { return Trimmed { deleted: 0, next: 0 } };
    let (looked, last, deleted): (i64, Option<i64>, i64) = (row.get(0), row.get(1), row.get(2));
    let next = match (row.get::<_, Option<i64>>(3), last) {
        (Some(latest), _) if deleted as usize == most => latest,
        (_, Some(last)) if looked == WINDOW => last,
        _ => 0,
    };
    Trimmed { deleted: deleted as usize, next }
}

/// How many numbers of batches go at a time.
pub(super) const BATCHES: i64 = 10_000;

/// Takes away the numbers of batches about which nobody asks any more; answers how many.
pub(super) fn sweep_batches() -> Ask<'static> {
    Ask::new(
        "with gone as (delete from batches where ctid = any(array(select ctid from batches \
         where at < clock_timestamp() - interval '10 minutes' order by at limit $1 for update skip locked)) \
         returning 1) select count(*) from gone",
        values![BATCHES],
    )
}
