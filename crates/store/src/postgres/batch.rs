//! One batch as statements: for each kind of change one, whatever the number of changes, or a short one where there is
//! but one.
//!
//! What may have to wait for somebody comes first (people, records, new natural keys), the events last of what matters:
//! the order of arrival, which is given out as they are written, then differs little from the order of commits.

use std::collections::{BTreeMap, HashMap};

use hearken_core::SlotSet;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::store::{Batch, WaitingChange};

use super::link::{Ask, values};
use super::rows::place;
use super::{clearing, notices, people, records, write};

const EMPTIED: &str = "update events set body = null, pending = case when pending is null then null else ''::bytea end \
    where conversation = $1 and seq <= $2 and body is not null";

/// An event's place.
type Place = (ConversationId, Seq);

/// The statements that write a batch, but for what is forgotten.
pub(super) fn asks(batch: &Batch) -> Vec<Ask<'_>> {
    let mut waiting = waiting(&batch.waiting);
    let mut asks: Vec<Ask<'_>> = batch.directory.iter().flat_map(people::write).collect();
    asks.extend(records::write(&batch.records));
    let lasts = lasts(batch);
    asks.extend(write::conversations(batch, &lasts));
    asks.extend(write::members(batch));
    asks.extend(write::stamps(batch, &lasts));
    // What became of an event of this batch is written with it.
    asks.extend(write::events(&batch.events, &mut waiting));
    asks.extend(write::waiting(&waiting));
    asks.extend(batch.cleared.iter().map(clearing::begin));
    asks.extend(batch.emptied.iter().map(|(id, upto)| Ask::new(EMPTIED, values![id.0, place(*upto)])));
    asks.extend(write::index(&batch.index));
    asks.extend(write::timers(&batch.timers));
    asks.extend(notices::write(&batch.notices));
    asks.extend(notices::forget(&batch.passed));
    asks
}

/// How far the log of each conversation goes that has new events.
fn lasts(batch: &Batch) -> HashMap<ConversationId, Seq> {
    let mut lasts = HashMap::new();
    for row in &batch.events {
        let last = lasts.entry(row.event.conversation.id).or_default();
        *last = row.event.seq.max(*last);
    }
    lasts
}

/// What became of pending sets in the end. A body that has gone does not come back.
fn waiting(changes: &[WaitingChange]) -> BTreeMap<Place, (Option<SlotSet>, bool)> {
    let mut waiting = BTreeMap::new();
    for change in changes {
        let (pending, kept) =
            waiting.entry((change.conversation, change.seq)).or_insert((change.pending, change.kept));
        (*pending, *kept) = (change.pending, *kept && change.kept);
    }
    waiting
}
