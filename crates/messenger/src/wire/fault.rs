//! What can be wrong with a frame before any rule has seen it, and as much of it as an error frame repeats.

use super::answer::ErrorFrame;
use super::command::Command;
use super::field::{Field, JsonType};
use super::json::bounded;
use super::raw::Raw;
use crate::timestamp::{BadTimestamp, Stamp};
use thiserror::Error;

/// The `type` of an error frame whose command could not be read (contract "Errors").
const PARSE: &str = "parse";

/// Why a text is no frame (contract "Errors"). The display is for people and never holds text of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// No JSON text.
    #[error("the frame is not JSON (line {line}, column {column})")]
    NotJson {
        /// Where reading stopped, from 1.
        line: usize,
        /// The byte in that line, from 1; 0 before the first.
        column: usize,
    },
    /// JSON, but a list, text, number or word.
    #[error("the frame is not a JSON object")]
    NotObject,
    /// Lists or objects within each other beyond any use.
    #[error("the frame is nested too deeply")]
    TooDeep,
    /// A field that this command needs.
    #[error("missing field {0}")]
    Missing(Field),
    /// A field that must be a string and is something else.
    #[error("{field} must be a string, not {found}")]
    WrongType {
        /// Which.
        field: Field,
        /// What it is.
        found: JsonType,
    },
    /// A string with half of a surrogate pair (`"\ud800"`), which is no text.
    #[error("{0} is not valid Unicode")]
    NotUnicode(Field),
    /// No command has this name.
    #[error("unknown command")]
    UnknownCommand,
    /// A field that must be a timestamp.
    #[error("bad timestamp in {field}: {reason}")]
    BadTimestamp {
        /// Which.
        field: Field,
        /// What is wrong with it.
        reason: BadTimestamp,
    },
}

/// A [`Fault`] with what could be read of the frame: command, `msg_from` and `msg_to`, for the error frame.
///
/// They come from outside, so they are cut to a length that fits every real name and number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct FrameFault {
    /// What is wrong.
    pub reason: Fault,
    /// The command as it was written, known or not, if it was a string.
    pub command: Option<String>,
    /// `msg_from`, if it was a string.
    pub msg_from: Option<String>,
    /// `msg_to`, if it was a string.
    pub msg_to: Option<String>,
}

impl FrameFault {
    pub(super) const fn unreadable(reason: Fault) -> Self {
        Self { reason, command: None, msg_from: None, msg_to: None }
    }

    pub(super) fn within(raw: &Raw<'_>, reason: Fault) -> Self {
        let readable = |field| raw.text(field).ok().map(|text| bounded(&text).to_owned());
        Self {
            reason,
            command: readable(Field::Command).filter(|name| !name.is_empty()),
            msg_from: readable(Field::MsgFrom),
            msg_to: readable(Field::MsgTo),
        }
    }

    /// The `type` of the error: the command whenever it can be read, else `parse` (contract "Settled details").
    pub fn kind(&self) -> &str {
        self.command.as_deref().unwrap_or(PARSE)
    }

    /// The known command, if it is one.
    pub fn known_command(&self) -> Option<Command> {
        self.command.as_deref().and_then(Command::named)
    }

    /// The error frame that answers it; `path_from` and `path_to` stand in for what could not be read.
    pub fn frame(&self, path_from: &str, path_to: &str, now: &Stamp) -> String {
        ErrorFrame {
            message: &self.to_string(),
            kind: self.kind(),
            msg_from: self.msg_from.as_deref().unwrap_or(path_from),
            msg_to: self.msg_to.as_deref().unwrap_or(path_to),
        }
        .written(now)
    }
}
