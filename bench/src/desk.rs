//! Loads for the desk: chats between visitors and staff, a queue that all staff hear, and visitors who only wait. They
//! speak Socket.IO, and nothing but what the seed says, so that the same load runs against Hearken and against a
//! server written in Node.

mod args;
mod arrival;
mod cast;
mod chats;
mod queue;
mod runs;
mod sign_on;
mod words;

pub(crate) use args::{ChatsArgs, QueueArgs};
pub(crate) use cast::{Cast, CastArgs, Player, add as add_cast};
pub(crate) use runs::{chats, queue};
pub(crate) use sign_on::sign_on;
pub(crate) use words::{PING, PONG};
