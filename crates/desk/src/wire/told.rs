//! What clients are told: the dictionaries around people, chats and messages, each event's in the seed's order.

use hearken_core::Conversation;
use hearken_core::ids::ConversationId;
use serde::Serialize;
use serde_json::value::RawValue;

use super::id::Hex;
use super::people::{Staff, Visitor};
use crate::rows::{self, RowContent};
use crate::stored::{ChatState, Listed, RoomThen, RowType};

/// A chat (seed, "Room"). Times in milliseconds.
#[derive(Clone, Serialize)]
pub struct Room<'a> {
    /// When it was opened.
    pub created_at: i64,
    /// Its identifier.
    pub id: Hex,
    /// 0, unless it is flagged.
    pub severity_level: i64,
    /// Its tags.
    pub tags: &'a [String],
    /// When it was changed last.
    pub updated_at: i64,
    /// Whose it is.
    pub visitor_id: Hex,
}

impl<'a> Room<'a> {
    /// As it was when something happened in it.
    pub fn then(id: ConversationId, then: &'a RoomThen) -> Self {
        Self {
            created_at: then.opened,
            id: Hex(id.0),
            severity_level: then.severity,
            tags: &then.tags,
            updated_at: then.updated,
            visitor_id: Hex(then.visitor.0),
        }
    }

    /// As it is now.
    pub fn now(chat: &'a Conversation, state: &'a ChatState) -> Self {
        Self {
            created_at: state.opened,
            id: Hex(chat.identity.id.0),
            severity_level: chat.header.priority,
            tags: &state.tags,
            updated_at: state.updated,
            visitor_id: Hex(state.visitor.0),
        }
    }

    /// As a list has it.
    pub fn listed(id: ConversationId, listed: &'a Listed) -> Self {
        Self {
            created_at: listed.opened,
            id: Hex(id.0),
            severity_level: listed.severity,
            tags: &listed.tags,
            updated_at: listed.updated,
            visitor_id: Hex(listed.visitor.0),
        }
    }
}

/// A row of a chat (seed, `agent_new_chat`).
#[derive(Serialize)]
pub struct Row<'a> {
    /// Who of the staff has sent it; null is the visitor.
    sender: Option<Hex>,
    /// Rows never change.
    updated_at: (),
    id: Hex,
    content: Said<'a>,
    chat_id: Hex,
    /// In seconds.
    created_at: i64,
    /// 1 a message, 0 a system line, 2 a note.
    type_id: u8,
    /// Its place in the chat: 1, 2, 3 …
    sequence_num: u64,
}

/// What a row says.
#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    /// To the letter.
    Raw(&'a RawValue),
    /// The system's own words.
    Line { content: &'static str },
}

impl<'a> From<&'a rows::Row> for Row<'a> {
    fn from(row: &'a rows::Row) -> Self {
        Self {
            sender: row.sender.map(|id| Hex(id.0)),
            updated_at: (),
            id: Hex(row.id),
            content: match &row.content {
                RowContent::Said(content) => Said::Raw(content.raw()),
                RowContent::Line(content) => Said::Line { content },
            },
            chat_id: Hex(row.chat.0),
            created_at: row.at.as_second(),
            type_id: match row.row_type {
                RowType::System => 0,
                RowType::Message => 1,
                RowType::Note => 2,
            },
            sequence_num: row.number,
        }
    }
}

/// One of the two kinds of people.
#[derive(Serialize)]
#[serde(untagged)]
pub enum User<'a> {
    /// Of the staff.
    Staff(Staff<'a>),
    /// A visitor.
    Visitor(Visitor<'a>),
}

/// What nearly every event carries, as far as it does. What is `None` is not written.
#[derive(Default, Serialize)]
pub struct Told<'a> {
    /// Who it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User<'a>>,
    /// The visitor, where `user` is of the staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<Visitor<'a>>,
    /// The chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<Room<'a>>,
    /// Who has claimed it, where `user` is the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<Staff<'a>>,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<&'a RawValue>,
    /// What has been said so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contents: Option<Contents<'a>>,
    /// Rows that were missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<Row<'a>>>,
}

/// What has been said, bare or as rows (contract, "What a chat is").
#[derive(Serialize)]
#[serde(untagged)]
pub enum Contents<'a> {
    /// Bare contents.
    Bare(Vec<&'a RawValue>),
    /// Whole rows.
    Rows(Vec<Row<'a>>),
}

impl<'a> Contents<'a> {
    /// What was said, bare.
    pub fn bare(rows: &'a [rows::Row]) -> Self {
        let said = |row: &'a rows::Row| match &row.content {
            RowContent::Said(content) if row.row_type == RowType::Message => Some(content.raw()),
            RowContent::Said(_) | RowContent::Line(_) => None,
        };
        Self::Bare(rows.iter().filter_map(said).collect())
    }

    /// Whole rows.
    pub fn rows(rows: &'a [rows::Row]) -> Self {
        Self::Rows(rows.iter().map(Row::from).collect())
    }
}

impl Told<'_> {
    /// As the only argument of an event.
    pub fn argument(&self) -> String {
        written(self)
    }
}

/// `staff_init` (seed, and `my_chats` besides).
#[derive(Serialize)]
pub struct StaffInit<'a> {
    /// Every online member of the staff.
    pub online_users: Vec<Staff<'a>>,
    /// Every connected visitor.
    pub online_visitors: Vec<Visitor<'a>>,
    /// The queue.
    pub unclaimed_chats: Vec<Told<'a>>,
    /// The most recently flagged.
    pub flagged_chats: Vec<Told<'a>>,
    /// The open chats that this member serves.
    pub my_chats: Vec<Told<'a>>,
}

/// `visitor_init` (contract, "Beyond the seed").
#[derive(Serialize)]
pub struct VisitorInit<'a> {
    /// His open chat, with its rows.
    pub chat: Option<Told<'a>>,
    /// Whether anybody of the staff is there.
    pub staff_online: bool,
}

/// JSON of what can always be written.
pub fn written<T: Serialize>(told: &T) -> String {
    // Nothing in our own types is what JSON can't be.
    serde_json::to_string(told).unwrap_or_default()
}
