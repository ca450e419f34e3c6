//! The part of `hearken check` that looks into pending sets, which SQL can't: every bit is of somebody who is in, who
//! was in when the event was recorded, and who has not been told that nothing waits for him there.

use hearken_core::SlotSet;
use hearken_core::ids::ConversationId;
use rusqlite::{CachedStatement, Connection};

use super::clearing::Stale;
use super::rows;
use crate::pending::{Holder, Wrong};

/// The schema that brought clearings.
const CLEARINGS: i64 = 5;

/// One line for each thing that is wrong.
pub(super) fn check(connection: &Connection, schema: i64) -> rusqlite::Result<Vec<String>> {
    // What is left to be taken out of sets may still be in them.
    let stale = Stale::default();
    if schema >= CLEARINGS {
        stale.refresh(connection)?;
    }
    let mut holders = connection.prepare_cached(
        "select slot, joined, floor from members where conversation = ?1 and left_at is null and slot between 0 \
         and 255",
    )?;
    // In the order of an index, so that the members of one conversation are at hand at a time.
    let mut statement = connection.prepare(
        "select conversation, seq, pending from events indexed by events_seq where pending <> x'' \
         order by conversation, seq",
    )?;
    let mut events = statement.query([])?;
    let (mut at, mut present, mut wrong) = (Vec::new(), Vec::new(), Wrong::default());
    while let Some(event) = events.next()? {
        let conversation = event.get_ref(0)?.as_blob()?;
        if at != conversation {
            at = conversation.to_vec();
            present = holders_of(&mut holders, conversation)?;
        }
        let seq = event.get::<_, i64>(1)?.max(0) as u64;
        match SlotSet::from_bytes(event.get_ref(2)?.as_blob()?) {
            Some(pending) => {
                let id = ConversationId(rows::uuid(event, 0)?);
                wrong.look(stale.without(id, seq, pending), seq, &present);
            }
            None => wrong.wide += 1,
        }
    }
    Ok(wrong.lines())
}

fn holders_of(
    statement: &mut CachedStatement<'_>,
    conversation: &[u8],
) -> rusqlite::Result<Vec<Holder<u64>>> {
    let holder =
        |row: &rusqlite::Row<'_>| Ok(Holder { slot: row.get(0)?, joined: row.get(1)?, floor: row.get(2)? });
    statement.query_map([conversation], holder)?.collect()
}
