//! The desk as a whole, over real sockets: who hears what, every acknowledgement, everything that clients may do wrong,
//! and people who come, go and lose their lines (docs/protocols/desk.md).

#[path = "../stores/lasting.rs"]
mod lasting;

mod acks;
mod bad_input;
mod doors;
mod hearing;
mod lines;
mod payloads;
mod scene;
mod stand;
