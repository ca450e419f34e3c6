//! A chat's log as rows, and its room, as the wire shows them.

use std::sync::{Arc, LazyLock};

use hearken_core::event::Event;
use hearken_core::ids::{ConversationId, Seq};
use serde_json::value::RawValue;

use crate::ids;
use crate::stored::{Happening, RoomThen, RowType, Side, What, staff_in};
use crate::wire::{Hex, Room, Row};

/// A line that the system writes.
type Line = LazyLock<Box<RawValue>>;

static JOIN: Line = LazyLock::new(|| line("join room"));
static TAKE_OVER: Line = LazyLock::new(|| line("take over room"));
static RETURN: Line = LazyLock::new(|| line("return room"));
static LEAVE: Line = LazyLock::new(|| line("leave room"));

fn line(words: &str) -> Box<RawValue> {
    RawValue::from_string(format!(r#"{{"content":"{words}"}}"#)).expect("plain words in JSON")
}

/// The room, as it was then.
pub fn room(id: ConversationId, then: &RoomThen) -> Room<'_> {
    Room {
        created_at: then.opened,
        id: Hex(id.0),
        severity_level: then.severity,
        tags: &then.tags,
        updated_at: then.updated,
        visitor_id: Hex(then.visitor.0),
    }
}

/// The row that an event is, if it is one: its `sequence_num` has no gap, though its place in the log may follow one.
pub fn row(event: &Event) -> Option<Row<'_>> {
    let happening = event.body.as_ref()?.get::<Happening>()?;
    let row_type = happening.what.row_type()?;
    let content = match &happening.what {
        What::Said { content, .. } | What::Noted { content } => content.raw(),
        What::Claimed { .. } => &JOIN,
        What::TakenOver { .. } => &TAKE_OVER,
        What::Returned => &RETURN,
        What::Left { .. } => &LEAVE,
        What::Flagged | What::Tagged => return None,
    };
    let by_visitor = matches!(
        happening.what,
        What::Said { side: Side::Visitor, .. } | What::Left { side: Side::Visitor, .. }
    );
    let sender = if by_visitor { None } else { event.author.or_else(|| staff_in(event)) };
    Some(Row {
        sender: sender.map(|id| Hex(id.0)),
        updated_at: (),
        id: Hex(ids::of_row(event.conversation.id, event.seq)),
        content,
        chat_id: Hex(event.conversation.id.0),
        created_at: event.at.as_second(),
        type_id: match row_type {
            RowType::System => 0,
            RowType::Message => 1,
            RowType::Note => 2,
        },
        sequence_num: event.seq - Seq::from(happening.skipped),
    })
}

/// The messages among these events, up to that place.
pub(super) fn messages(events: &[Arc<Event>], upto: Seq) -> Vec<Row<'_>> {
    let before = events.iter().filter(|event| event.seq <= upto);
    before.filter_map(|event| row(event)).filter(|row| row.type_id == 1).collect()
}
