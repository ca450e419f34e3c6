//! Rows of a chat (contract: `messages`): what of its log is shown as one, and reading them back. A row's number counts
//! from 1 without a gap; between the numbers and the places in the log are the events that are no rows.

use hearken_core::actor::Actor;
use hearken_core::event::Event;
use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::{Core, ReadError};
use jiff::Timestamp;
use uuid::Uuid;

use crate::content::Content;
use crate::ids;
use crate::stored::{Happening, RowType, Side, What, staff_in};

/// How many events are read at once, at most.
const AT_ONCE: usize = 256;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its identifier, the same each time.
    pub id: Uuid,
    /// The chat.
    pub chat: ConversationId,
    /// Its place in the chat's log.
    pub seq: Seq,
    /// Its number among the chat's rows, from 1.
    pub number: u64,
    /// Who of the staff; nobody for the visitor.
    pub sender: Option<AccountId>,
    /// When.
    pub at: Timestamp,
    /// What it is.
    pub row_type: RowType,
    /// What it says.
    pub content: RowContent,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowContent {
    /// What somebody has said, to the letter.
    Said(Content),
    /// A system line (contract: `{"content": …}`).
    Line(&'static str),
}

impl Row {
    /// The row that an event is; `None` for one that is none, or that can't be read here.
    pub fn of(event: &Event) -> Option<Self> {
        let happening = event.body.as_ref()?.get::<Happening>()?;
        let row_type = happening.what.row_type()?;
        let (sender, content) = match &happening.what {
            What::Said { side: Side::Visitor, content, .. } => (None, RowContent::Said(content.clone())),
            What::Said { side: Side::Staff, content, .. } | What::Noted { content } => {
                (event.author, RowContent::Said(content.clone()))
            }
            What::Claimed { .. } => (event.author, RowContent::Line("join room")),
            What::TakenOver { .. } => (event.author, RowContent::Line("take over room")),
            What::Returned => (event.author, RowContent::Line("return room")),
            What::Left { side: Side::Visitor, .. } => (None, RowContent::Line("leave room")),
            What::Left { side: Side::Staff, .. } => (staff_in(event), RowContent::Line("leave room")),
            What::Flagged | What::Tagged => return None,
        };
        let (chat, seq) = (event.conversation.id, event.seq);
        Some(Self {
            id: ids::of_row(chat, seq),
            chat,
            seq,
            number: seq.saturating_sub(happening.skipped.into()),
            sender,
            at: event.at,
            row_type,
            content,
        })
    }
}

impl Row {
    /// Whether somebody has said it to the other.
    pub fn is_message(&self) -> bool {
        self.row_type == RowType::Message
    }

    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        match &self.content {
            RowContent::Said(content) => content.json().len(),
            RowContent::Line(line) => line.len(),
        }
    }
}

/// Which rows of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The newest with a number below this.
    Before(u64),
    /// The first with a number above this, and below that.
    After(u64, u64),
}

impl Part {
    /// The newest of all.
    pub const NEWEST: Self = Self::Before(u64::MAX);
}

/// How far a chat's log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Which chat.
    pub chat: ConversationId,
    /// Its last place.
    pub last: Seq,
    /// How many of its events are no rows.
    pub skipped: u32,
}

/// Rows of a chat that these eyes may see, in order, at most `limit`. The server itself sees all of them.
pub async fn read(
    core: &Core,
    eyes: &Actor,
    reach: Reach,
    part: Part,
    limit: usize,
) -> Result<Vec<Row>, ReadError> {
    match part {
        Part::After(after, before) => read_on(core, eyes, reach, (after, before), limit).await,
        Part::Before(before) => {
            // A row of this number is at least there, and at most as much farther as there are events that are no rows.
            let highest = before.saturating_sub(1).saturating_add(reach.skipped.into()).min(reach.last);
            let wanted = |row: &Row| if row.number < before { Wanted::Yes } else { Wanted::No };
            read_back(core, eyes, reach.chat, highest, limit, wanted).await
        }
    }
}

/// Rows after a place of the log, in order, the newest `limit` of them.
pub async fn read_since(
    core: &Core,
    eyes: &Actor,
    reach: Reach,
    after: Seq,
    limit: usize,
) -> Result<Vec<Row>, ReadError> {
    let wanted = |row: &Row| if row.seq > after { Wanted::Yes } else { Wanted::Over };
    read_back(core, eyes, reach.chat, reach.last, limit, wanted).await
}

/// Rows that came at this time or later, in order, the newest `limit` of them.
pub async fn read_later(
    core: &Core,
    eyes: &Actor,
    reach: Reach,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<Row>, ReadError> {
    let wanted = |row: &Row| if row.at >= since { Wanted::Yes } else { Wanted::Over };
    read_back(core, eyes, reach.chat, reach.last, limit, wanted).await
}

/// Whether a row is one of those.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
    /// Neither is any before it.
    Over,
}

async fn read_on(
    core: &Core,
    eyes: &Actor,
    reach: Reach,
    (after, before): (u64, u64),
    limit: usize,
) -> Result<Vec<Row>, ReadError> {
    // No row stands before the place that is its number.
    let (mut from, mut rows) = (after.min(reach.last), Vec::new());
    while from < reach.last && rows.len() < limit {
        let (events, upto) = core.read(eyes, reach.chat, from, AT_ONCE).await?;
        for row in events.iter().filter_map(|event| Row::of(event)) {
            if row.number >= before {
                return Ok(rows);
            }
            if row.number > after && rows.len() < limit {
                rows.push(row);
            }
        }
        if upto <= from {
            break;
        }
        from = upto;
    }
    Ok(rows)
}

async fn read_back(
    core: &Core,
    eyes: &Actor,
    chat: ConversationId,
    highest: Seq,
    limit: usize,
    wanted: impl Fn(&Row) -> Wanted,
) -> Result<Vec<Row>, ReadError> {
    let (mut to, mut rows) = (highest, Vec::new());
    while to > 0 && rows.len() < limit {
        let size = (limit - rows.len()).clamp(16, AT_ONCE) as Seq;
        let from = to.saturating_sub(size);
        let (events, _) = core.read(eyes, chat, from, size as usize).await?;
        for row in events.iter().rev().filter(|event| event.seq <= to).filter_map(|event| Row::of(event)) {
            match wanted(&row) {
                Wanted::Yes if rows.len() < limit => rows.push(row),
                Wanted::Yes | Wanted::No => {}
                Wanted::Over => {
                    rows.reverse();
                    return Ok(rows);
                }
            }
        }
        to = from;
    }
    rows.reverse();
    Ok(rows)
}
