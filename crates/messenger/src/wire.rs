//! The only place that knows the messenger's JSON: frames in, frames out, as the seed writes them.
//!
//! A client's frame goes through [`Frame::parse`], which hands out typed values or a [`FrameFault`] that can say
//! what is wrong in an error frame. What clients are sent is written by [`Told`] and [`Prepared`] (to receivers),
//! [`msg_sent`] and [`ErrorFrame`] (back to the socket that sent) and [`FetchAnswer`].
//! Keys stand in the seed's order. Nothing here knows whether a frame is allowed: that is for the rules.

mod answer;
mod command;
mod fault;
mod fetched;
mod field;
mod incoming;
mod json;
mod raw;
mod told;
mod update;

#[cfg(test)]
mod tests;

/// Who speaks in a room, and to whom (contract, "Rooms"): whoever is there, under no other name.
pub const ROOM: &str = "room";

pub use answer::{AUTHENTICATION, ErrorFrame, msg_sent};
pub use command::{Command, Content, SocketKind};
pub use fault::{Fault, FrameFault};
pub use fetched::{Entry, FetchAnswer};
pub use field::{Field, JsonType};
pub use incoming::{Body, Frame, Stamped};
pub(crate) use json::bounded;
pub use told::{Prepared, Told};
pub use update::{Update, msg_expired};
