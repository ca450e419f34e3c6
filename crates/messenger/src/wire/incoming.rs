//! A client's frame, read and typed: whoever holds a [`Frame`] need not think of JSON any more.

use super::command::{Command, Content};
use super::fault::{Fault, FrameFault};
use super::field::Field;
use super::raw::Raw;
use crate::timestamp::Sent;
use std::borrow::Cow;
use std::fmt;

/// A frame from a client (contract, opening paragraph; seed "expected input" of every command).
///
/// `msg_from` and `msg_to` are as they were written: whether they are numbers or keys, and those of the path, is for
/// the rules to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What is to be done.
    pub command: Command,
    /// What its `message` says.
    pub body: Body<'a>,
    /// The sender's phone number; anything on the receive socket.
    pub msg_from: Cow<'a, str>,
    /// The phone number or group key that it is for.
    pub msg_to: Cow<'a, str>,
    /// When the client sent it, by its own clock.
    pub sent: Stamped<'a>,
}

/// The `message` of a frame, of the kind that [`Command::content`] tells.
///
/// Its debug form leaves a text out, so that it cannot reach a log.
#[derive(Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// What somebody said, of any length ([`crate::text::check`] measures it).
    Text(Cow<'a, str>),
    /// Which message is meant.
    Moment(Stamped<'a>),
    /// Nothing that matters.
    Nothing,
}

/// A timestamp as it was written, and the moment it stands for: forwarded frames carry it as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped<'a> {
    /// The moment.
    pub at: Sent,
    /// The client's spelling; by its form at most 32 bytes of ASCII.
    pub text: Cow<'a, str>,
}

impl<'a> Frame<'a> {
    /// Reads a frame. Fields that are not the dialect's are ignored; of one that comes twice the last counts.
    ///
    /// Borrows from `text` every value that is written without escapes.
    pub fn parse(text: &'a str) -> Result<Self, FrameFault> {
        let raw = Raw::read(text).map_err(FrameFault::unreadable)?;
        Self::from_raw(&raw).map_err(|fault| FrameFault::within(&raw, fault))
    }

    fn from_raw(raw: &Raw<'a>) -> Result<Self, Fault> {
        raw.check_depth()?;
        let command = Command::named(&raw.text(Field::Command)?).ok_or(Fault::UnknownCommand)?;
        Ok(Self {
            command,
            msg_from: raw.text(Field::MsgFrom)?,
            msg_to: raw.text(Field::MsgTo)?,
            sent: Stamped::read(raw, Field::SentTimestamp)?,
            body: match command.content() {
                Content::Text => Body::Text(raw.text(Field::Message)?),
                Content::Moment => Body::Moment(Stamped::read(raw, Field::Message)?),
                Content::Nothing => {
                    raw.any_text(Field::Message)?;
                    Body::Nothing
                }
            },
        })
    }
}

impl<'a> Stamped<'a> {
    fn read(raw: &Raw<'a>, field: Field) -> Result<Self, Fault> {
        let text = raw.text(field)?;
        let at = Sent::parse(&text).map_err(|reason| Fault::BadTimestamp { field, reason })?;
        Ok(Self { at, text })
    }
}

impl Body<'_> {
    /// The `message` to forward, as it was sent; none where it does not matter.
    pub fn as_sent(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Moment(Stamped { text, .. }) => Some(text),
            Self::Nothing => None,
        }
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Moment(moment) => f.debug_tuple("Moment").field(moment).finish(),
            Self::Nothing => f.write_str("Nothing"),
        }
    }
}
