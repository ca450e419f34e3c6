//! What a client asks for: an event's name and arguments, understood or refused in the contract's words.

use hearken_core::ids::ConversationId;
use serde_json::value::RawValue;

use super::field::{Fields, content};
use crate::content::{BadContent, Content};
use crate::error::Fault;
use crate::rules::Refusal;
use crate::rules::marking::{Severity, Tags};
use crate::stored::Side;

/// An event that a client may send (seed, "Send", and the contract's "Beyond the seed").
#[derive(Debug)]
pub enum Asked {
    /// What a visitor asks for.
    Visitor(VisitorAsks),
    /// What somebody of the staff asks for, of which chat.
    Staff(ConversationId, StaffAsks),
}

/// What a visitor asks for.
#[derive(Debug)]
pub enum VisitorAsks {
    /// `visitor_first_msg`: to open a chat with this.
    Open(Content),
    /// `visitor_msg_unclaimed`: to add this while nobody has claimed it.
    Add(Content),
    /// `visitor_msg`: to say this to whoever serves him.
    Say(Content),
    /// `visitor_leave_room`.
    Leave,
    /// `user_typing_send`, or `user_stop_typing_send`.
    Type {
        /// In this chat, if he names one.
        room: Option<ConversationId>,
        /// Whether he types, or has stopped.
        on: bool,
    },
}

impl VisitorAsks {
    /// Whether it ends the chat.
    pub fn leaves(&self) -> bool {
        matches!(self, Self::Leave)
    }
}

/// What somebody of the staff asks for.
#[derive(Debug)]
pub enum StaffAsks {
    /// `staff_join`: to claim it.
    Claim,
    /// `staff_msg`.
    Say(Content),
    /// `staff_leave_room`.
    Leave,
    /// `take_over_chat`.
    TakeOver,
    /// `return_chat`: to put it back into the queue.
    Return,
    /// `change_chat_priority`.
    Prioritise(Severity),
    /// `chat_note`.
    Note(Content),
    /// `chat_tags`.
    Tag(Tags),
    /// `user_typing_send`, or `user_stop_typing_send`.
    Type {
        /// Whether he types, or has stopped.
        on: bool,
    },
}

/// What visitors send.
const VISITORS: [&str; 6] = [
    "visitor_first_msg",
    "visitor_msg_unclaimed",
    "visitor_msg",
    "visitor_leave_room",
    "user_typing_send",
    "user_stop_typing_send",
];

/// What the staff sends.
const STAFF: [&str; 10] = [
    "staff_join",
    "staff_msg",
    "staff_leave_room",
    "take_over_chat",
    "return_chat",
    "change_chat_priority",
    "chat_note",
    "chat_tags",
    "user_typing_send",
    "user_stop_typing_send",
];

impl Asked {
    /// Reads an event of somebody of that side. `binary`: whether it has attachments, which no content may have.
    pub fn read(name: &str, args: &[Box<RawValue>], binary: bool, side: Side) -> Result<Self, Fault> {
        let (visitors, staffs) = (VISITORS.contains(&name), STAFF.contains(&name));
        match side {
            Side::Visitor if visitors => visitor(name, args, binary).map(Self::Visitor),
            Side::Staff if staffs => staff(name, args, binary),
            Side::Visitor if staffs => Err(Refusal::StaffOnly.into()),
            Side::Staff if visitors => Err(Refusal::VisitorsOnly.into()),
            Side::Visitor | Side::Staff => Err(unknown(name)),
        }
    }
}

/// How many characters of a name that is none are repeated.
const REPEATED: usize = 128;

fn unknown(name: &str) -> Fault {
    let end = name.char_indices().nth(REPEATED).map_or(name.len(), |(end, _)| end);
    Fault::Unknown(name[..end].to_owned())
}

fn visitor(name: &str, args: &[Box<RawValue>], binary: bool) -> Result<VisitorAsks, Fault> {
    let said = || content(args.first().map(|said| &**said).filter(|_| !binary), Fault::of_visitor);
    Ok(match name {
        "visitor_first_msg" => VisitorAsks::Open(said()?),
        "visitor_msg_unclaimed" => VisitorAsks::Add(said()?),
        "visitor_msg" => VisitorAsks::Say(said()?),
        "visitor_leave_room" => VisitorAsks::Leave,
        _ => {
            let room = Fields::of(args).room_if_any()?;
            let room = room.map(|named| named.ok_or(Refusal::NoRoom)).transpose()?;
            VisitorAsks::Type { room, on: name == "user_typing_send" }
        }
    })
}

/// All of it is about a room, which is looked at first.
fn staff(name: &str, args: &[Box<RawValue>], binary: bool) -> Result<Asked, Fault> {
    let fields = Fields::of(args);
    let room = fields.room()?;
    let said = || if binary { Err(Fault::of_staff(BadContent::NotSuch)) } else { fields.content() };
    let asks = match name {
        "staff_join" => StaffAsks::Claim,
        "staff_msg" => StaffAsks::Say(said()?),
        "staff_leave_room" => StaffAsks::Leave,
        "take_over_chat" => StaffAsks::TakeOver,
        "return_chat" => StaffAsks::Return,
        "change_chat_priority" => StaffAsks::Prioritise(fields.severity()?),
        "chat_note" => StaffAsks::Note(said()?),
        "chat_tags" => StaffAsks::Tag(fields.tags()?),
        _ => StaffAsks::Type { on: name == "user_typing_send" },
    };
    Ok(Asked::Staff(room.ok_or(Refusal::NoRoom)?, asks))
}
