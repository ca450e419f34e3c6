//! The desk door: walk-in live chat over Socket.IO. Visitors wait in a queue, staff claims and serves their chats, and
//! supervisors watch (docs/protocols/desk.md).
//!
//! A chat is a conversation, and so is each person's seat at the desk ([`stored`]). The queue, the flagged chats, one's
//! own and who is online are finds over what these two kinds keep in their own commits: there is no second truth.

pub mod content;
pub mod encode;
pub mod ids;
pub mod settings;
pub mod stored;
pub mod wire;
