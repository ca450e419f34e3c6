//! Whoever leaves a conversation leaves every pending set in it. There may be very many of those, and a set is a blob
//! that SQLite can't look into: so a commit takes him out of the first, and notes what is left to be done; that is done
//! a part at a time between later commits. Until then his bits are stale, and whoever reads a set here leaves them out.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hearken_core::SlotSet;
use hearken_core::event::{Event, Logged};
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::store::{ClearedSlot, StoredEvent};
use parking_lot::RwLock;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows;

/// How many events are looked at in one transaction: a few milliseconds.
const PART: i64 = 2000;

/// Which bits of pending sets are stale. Next to always there are none.
#[derive(Clone, Default)]
pub(super) struct Stale(Arc<Inner>);

#[derive(Default)]
struct Inner {
    any: AtomicBool,
    slots: RwLock<HashMap<ConversationId, Vec<(u8, Seq)>>>,
}

impl Stale {
    /// Reads them anew; to be called after each commit that may have changed them.
    pub(super) fn refresh(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut slots: HashMap<_, Vec<_>> = HashMap::new();
        let mut statement = connection.prepare_cached("select conversation, slot, upto from clearings")?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let id = ConversationId(rows::uuid(row, 0)?);
            slots.entry(id).or_default().push((row.get(1)?, row.get(2)?));
        }
        let any = !slots.is_empty();
        *self.0.slots.write() = slots;
        self.0.any.store(any, Ordering::Release);
        Ok(())
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.0.any.load(Ordering::Acquire)
    }

    /// A pending set without those that are stale.
    pub(super) fn without(&self, id: ConversationId, seq: Seq, pending: SlotSet) -> SlotSet {
        let mut left = pending;
        if self.any() {
            let slots = self.0.slots.read();
            let stale = slots.get(&id).into_iter().flatten().filter(|(_, upto)| seq <= *upto);
            for (slot, _) in stale {
                left.remove(*slot);
            }
        }
        left
    }

    /// What the log keeps of an event, as it is without them: one that waits for nobody else has been received.
    pub(super) fn logged(&self, id: ConversationId, mut logged: Logged) -> Logged {
        if let Some(pending) = logged.pending.filter(|pending| self.any() && !pending.is_empty()) {
            let left = self.without(id, logged.seq, pending);
            logged.kept &= !left.is_empty();
            logged.pending = Some(left);
        }
        logged
    }

    /// An event as it is without them: one that waited for nobody else has lost its body.
    pub(super) fn left_of(&self, stored: StoredEvent) -> StoredEvent {
        let StoredEvent { event, pending } = stored;
        let Some(set) = pending.filter(|pending| self.any() && !pending.is_empty()) else {
            return StoredEvent { event, pending };
        };
        let left = self.without(event.conversation.id, event.seq, set);
        let event = if left.is_empty() { Arc::new(Event { body: None, ..(*event).clone() }) } else { event };
        StoredEvent { event, pending: Some(left) }
    }
}

/// Takes a slot out of the first of its sets, and notes what is left to be done.
pub(super) fn begin(connection: &Connection, cleared: &ClearedSlot) -> rusqlite::Result<()> {
    let ClearedSlot { conversation, slot, upto } = *cleared;
    if let Some(reached) = part(connection, conversation, slot, (0, rows::place(upto)))? {
        connection
            .prepare_cached(
                "insert into clearings (conversation, slot, upto, reached) values (?1, ?2, ?3, ?4) \
                 on conflict (conversation, slot, upto) do update set reached = excluded.reached",
            )?
            .execute(params![conversation.0.as_bytes(), slot, upto, reached])?;
    }
    Ok(())
}

/// Does the next part of what is left; says whether there was any.
pub(super) fn go_on(connection: &Connection) -> rusqlite::Result<bool> {
    let next = connection
        .prepare_cached("select conversation, slot, upto, reached from clearings limit 1")?
        .query_row([], |row| {
            let id = ConversationId(rows::uuid(row, 0)?);
            Ok((id, row.get::<_, u8>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
        })
        .optional()?;
    let Some((id, slot, upto, reached)) = next else { return Ok(false) };
    let name = params![id.0.as_bytes(), slot, upto];
    match part(connection, id, slot, (reached, upto))? {
        Some(reached) => connection
            .prepare_cached(
                "update clearings set reached = ?4 where conversation = ?1 and slot = ?2 and upto = ?3",
            )?
            .execute(params![id.0.as_bytes(), slot, upto, reached])?,
        None => connection
            .prepare_cached("delete from clearings where conversation = ?1 and slot = ?2 and upto = ?3")?
            .execute(name)?,
    };
    Ok(true)
}

/// Takes the slot out of the sets of the next events after a place; answers up to where, or `None` when these were the
/// last.
fn part(
    connection: &Connection,
    id: ConversationId,
    slot: u8,
    (after, upto): (i64, i64),
) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached(
        "select seq, pending from events where conversation = ?1 and seq > ?2 and seq <= ?3 order by seq limit ?4",
    )?;
    let mut found = statement.query(params![id.0.as_bytes(), after, upto, PART])?;
    let (mut holding, mut looked, mut last) = (Vec::new(), 0, after);
    while let Some(row) = found.next()? {
        (looked, last) = (looked + 1, row.get(0)?);
        let pending = rows::pending(row, 1)?.unwrap_or_default();
        if pending.contains(slot) {
            holding.push((last, pending));
        }
    }
    for (seq, mut pending) in holding {
        pending.remove(slot);
        let sql = if pending.is_empty() {
            "update events set pending = ?3, body = null where conversation = ?1 and seq = ?2"
        } else {
            "update events set pending = ?3 where conversation = ?1 and seq = ?2"
        };
        connection.prepare_cached(sql)?.execute(params![id.0.as_bytes(), seq, pending.to_bytes()])?;
    }
    Ok((looked == PART).then_some(last))
}
