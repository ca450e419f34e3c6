//! The part of `hearken check` that looks into pending sets, which SQL can't: every bit is of somebody who is in, who
//! was in when the event was recorded, and who has not been told that nothing waits for him there.

use hearken_core::SlotSet;
use hearken_core::ids::ConversationId;
use rusqlite::{CachedStatement, Connection};

use super::clearing::Stale;
use super::rows;

/// The schema that brought clearings.
const CLEARINGS: i64 = 5;

/// What a member of a conversation is to its pending sets.
struct Holder {
    slot: u8,
    joined: u64,
    floor: u64,
}

/// How many events wait for whom they should not.
#[derive(Default)]
struct Wrong {
    nobody: u64,
    newcomer: u64,
    below: u64,
    wide: u64,
}

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

fn holders_of(statement: &mut CachedStatement<'_>, conversation: &[u8]) -> rusqlite::Result<Vec<Holder>> {
    let holder =
        |row: &rusqlite::Row<'_>| Ok(Holder { slot: row.get(0)?, joined: row.get(1)?, floor: row.get(2)? });
    statement.query_map([conversation], holder)?.collect()
}

impl Wrong {
    fn look(&mut self, pending: SlotSet, seq: u64, present: &[Holder]) {
        let (mut nobody, mut newcomer, mut below) = (false, false, false);
        for slot in pending.iter() {
            match present.iter().find(|holder| holder.slot == slot) {
                None => nobody = true,
                Some(holder) if seq <= holder.joined => newcomer = true,
                Some(holder) => below |= seq <= holder.floor,
            }
        }
        self.nobody += u64::from(nobody);
        self.newcomer += u64::from(newcomer);
        self.below += u64::from(below);
    }

    fn lines(&self) -> Vec<String> {
        let told = [
            (self.nobody, "events wait for a place in their pending set that nobody has"),
            (self.newcomer, "events wait for somebody who came after them"),
            (self.below, "events wait for somebody below the place from which he looks"),
            (self.wide, "events have a pending set that is wider than is known"),
        ];
        told.into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}
