//! The names of a frame's fields and of JSON's types, for those who read a frame and those who complain of it.

use std::fmt;

/// The five fields of a frame (contract, opening paragraph).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `message`
    Message,
    /// `command`
    Command,
    /// `msg_from`
    MsgFrom,
    /// `msg_to`
    MsgTo,
    /// `sent_timestamp`
    SentTimestamp,
}

impl Field {
    pub(super) const COUNT: usize = 5;

    /// The field of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "message" => Some(Self::Message),
            "command" => Some(Self::Command),
            "msg_from" => Some(Self::MsgFrom),
            "msg_to" => Some(Self::MsgTo),
            "sent_timestamp" => Some(Self::SentTimestamp),
            _ => None,
        }
    }

    /// Its name in the frame.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Command => "command",
            Self::MsgFrom => "msg_from",
            Self::MsgTo => "msg_to",
            Self::SentTimestamp => "sent_timestamp",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A text.
    String,
    /// A list.
    Array,
    /// A set of named values.
    Object,
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}
