//! The bodies of the HTTP side: requests read into types, answers written from them (contract, "HTTP" and "Settled
//! details").

use hearken_core::account::Phone;
use hearken_transport::rest::{Fields, Invalid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::groups::{MAX_BIO, MAX_NAME};

/// `POST /chat/special/group`. Numbers are as they were written.
#[derive(Debug, PartialEq, Eq, ToSchema)]
pub(super) struct CreateGroup {
    /// What it is called.
    #[schema(min_length = 1, max_length = 30)]
    pub(super) name: String,
    /// What it is about.
    #[schema(max_length = 80, required = false)]
    pub(super) bio: String,
    /// Numbers of further admins.
    #[schema(required = false)]
    pub(super) admin: Vec<String>,
    /// Numbers of the others; at most 128 people are in a group.
    #[schema(required = false)]
    pub(super) participants: Vec<String>,
}

impl CreateGroup {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let asked = Self {
            name: fields.text_of("name", 1..=MAX_NAME),
            bio: fields.optional_text_of("bio", 0..=MAX_BIO),
            admin: fields.texts("admin"),
            participants: fields.texts("participants"),
        };
        fields.check().map(|()| asked)
    }
}

/// `PUT /chat/special/group`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChangeGroup {
    pub(super) key: String,
    pub(super) msg_from: String,
    pub(super) change: AskedChange,
}

/// The `command` with what it takes: a number in `msg_to`, or a `name`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AskedChange {
    Add(String),
    Remove(String),
    Promote(String),
    Rename(String),
}

#[derive(Clone, Copy)]
enum Command {
    Add,
    Remove,
    Promote,
    Rename,
}

const COMMANDS: &[(&str, Command)] = &[
    ("add", Command::Add),
    ("remove", Command::Remove),
    ("promote", Command::Promote),
    ("rename", Command::Rename),
];

impl ChangeGroup {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let command = fields.word("command", COMMANDS);
        let (key, msg_from) = (fields.text("key"), fields.text("msg_from"));
        let change = match command {
            Some(Command::Add) => AskedChange::Add(fields.text("msg_to")),
            Some(Command::Remove) => AskedChange::Remove(fields.text("msg_to")),
            Some(Command::Promote) => AskedChange::Promote(fields.text("msg_to")),
            Some(Command::Rename) => AskedChange::Rename(fields.text_of("name", 1..=MAX_NAME)),
            None => return Err(fields.refusal()),
        };
        fields.check().map(|()| Self { key, msg_from, change })
    }
}

/// `DELETE /chat/special/group`.
#[derive(Debug, PartialEq, Eq, ToSchema)]
pub(super) struct LeaveGroup {
    /// Which group.
    pub(super) key: String,
    /// The caller's own number.
    pub(super) msg_from: String,
}

impl LeaveGroup {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let asked = Self { key: fields.text("key"), msg_from: fields.text("msg_from") };
        fields.check().map(|()| asked)
    }
}

/// A group with what was done to it.
#[derive(Serialize, ToSchema)]
pub(super) struct GroupAnswer {
    /// The group.
    pub(super) group: GroupShown,
    /// What was done: `created` or `updated`.
    pub(super) info: &'static str,
}

/// A group.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
pub(super) struct GroupShown {
    /// What names it on sockets and in further requests.
    pub(super) key: String,
    /// What it is called.
    pub(super) name: String,
    /// What it is about.
    pub(super) bio: String,
    /// The numbers of its admins.
    #[schema(value_type = Vec<String>)]
    pub(super) admin: Vec<Phone>,
    /// The numbers of all who are in it, admins too.
    #[schema(value_type = Vec<String>)]
    pub(super) participants: Vec<Phone>,
}

/// What was done, where there is nothing to show.
#[derive(Serialize, ToSchema)]
pub(super) struct Info {
    /// What was done: `left`.
    pub(super) info: &'static str,
}
