//! Servers that a test run starts for itself and throws away: PostgreSQL and NATS, on free ports of this machine, with
//! nothing kept on the disk. A test may stop, kill and start them again.
//!
//! A run shares one PostgreSQL: `HEARKEN_TEST_POSTGRES` names it (`scripts/test.sh` sets that), and each test makes a
//! [`Database`] of its own there. Where the variable is not set, the first test of a process starts one for the
//! process, in a second. Whatever ends a process, what it started ends with it (see `guard`).

#![expect(clippy::missing_panics_doc, reason = "to panic is how a test fails")]

mod chosen;
mod database;
mod guard;
mod nats;
mod port;
mod postgres;
mod programs;

pub use self::chosen::{database_of, on_postgres};
pub use self::database::Database;
pub use self::nats::Nats;
pub use self::postgres::Postgres;
