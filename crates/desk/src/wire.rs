//! The only place that knows the desk's JSON: what clients send, read to the letter; and what they are told, in the
//! seed's dictionaries.
//!
//! A client's event goes through [`Asked::read`], which hands out typed values, or the [`Fault`](crate::error::Fault)
//! that its acknowledgement names. What clients are told is written by [`Told`], [`StaffInit`] and [`VisitorInit`]. Nothing here
//! knows whether something is allowed: that is for the rules.

mod ack;
mod asked;
mod field;
mod id;
mod people;
mod told;

#[cfg(test)]
mod tests;

pub use ack::ack;
pub use asked::{Asked, StaffAsks, VisitorAsks};
pub use id::Hex;
pub use people::{Staff, Visitor};
pub use told::{Contents, Room, Row, StaffInit, Told, User, VisitorInit, written};
