//! What clients are told: the dictionaries around people, chats and messages, each event's in the seed's order.

use serde::Serialize;
use serde_json::value::RawValue;

use super::id::Hex;
use super::people::{Staff, Visitor};

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

/// A row of a chat (seed, `agent_new_chat`).
#[derive(Serialize)]
pub struct Row<'a> {
    /// Who of the staff has sent it; null is the visitor.
    pub sender: Option<Hex>,
    /// Rows never change.
    pub updated_at: (),
    /// Its identifier.
    pub id: Hex,
    /// What was said, to the letter.
    pub content: &'a RawValue,
    /// The chat.
    pub chat_id: Hex,
    /// In seconds.
    pub created_at: i64,
    /// 1 a message, 0 a system line, 2 a note.
    pub type_id: u8,
    /// Its place in the chat: 1, 2, 3 …
    pub sequence_num: u64,
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
    pub messages: Option<&'a [Row<'a>]>,
}

/// What has been said, bare or as rows (contract, "What a chat is").
#[derive(Serialize)]
#[serde(untagged)]
pub enum Contents<'a> {
    /// Bare contents.
    Bare(Vec<&'a RawValue>),
    /// Whole rows.
    Rows(&'a [Row<'a>]),
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
    serde_json::to_string(told).expect("our own types can be written")
}
