//! What lies behind the core's ports: for now the embedded store, SQLite. Nothing outside this crate knows SQL.
//!
//! Every back end passes the one conformance suite of `hearken-testkit`; see `tests/conformance.rs`.

mod sqlite;

pub use sqlite::{Claim, CopyError, Inspection, OpenError, Snapshot, SqliteStore};
