//! What lies behind the core's ports: the embedded store, SQLite, and the shared one, PostgreSQL; the bus between nodes,
//! NATS; and the ways to the outside world: text messages, outside issuers, attachments. Nothing outside this crate knows
//! SQL or NATS.
//!
//! Every back end of the store passes the one conformance suite of `hearken-testkit`; see `tests/conformance.rs`.

pub mod attachments;
pub mod issuers;
mod nats;
mod outbound;
mod pending;
mod postgres;
pub mod sms;
mod sqlite;

pub use nats::NatsBus;
pub use outbound::{OutboundError, can_be_asked};
pub use postgres::{
    AddressError, PostgresError, PostgresNodes, PostgresSettings, PostgresStore, SharedInspection,
};
pub use sqlite::{Claim, CopyError, Inspection, OpenError, Snapshot, SqliteStore};
