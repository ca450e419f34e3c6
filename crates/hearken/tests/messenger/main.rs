//! The messenger as a whole: its rules by tables, its seed's examples as transcripts, and everything that clients may
//! do wrong. It stands here and not beside the door because a door does not know the stores, and each of these runs on
//! every store there is.

#![expect(clippy::unwrap_used, reason = "to panic is how a test fails")]

mod at_once;
mod backend;
mod bad_input;
mod fetching;
mod gone;
mod http;
mod rooms;
mod rules;
mod speech;
mod stand;
mod transcripts;
mod undelivered;
mod witness;
