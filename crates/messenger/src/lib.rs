//! The messenger door: phone-number chat over WebSocket.
//!
//! [`wire`] and [`timestamp`] know the dialect's JSON and its spellings of time, [`text`] what a message may hold.
//! They are pure: text in, typed values out and back, without a socket, a clock or a store.

pub mod text;
pub mod timestamp;
pub mod wire;
