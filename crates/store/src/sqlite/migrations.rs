//! Bringing the schema up at start: numbered steps, each in its own transaction, counted in SQLite's `user_version`.
//! A step that has been released is never changed; CONTRIBUTING.md tells how to add one.

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

const STEPS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_first.sql"),
    include_str!("../../migrations/sqlite/0002_records.sql"),
    include_str!("../../migrations/sqlite/0003_notices.sql"),
    include_str!("../../migrations/sqlite/0004_erasing.sql"),
    include_str!("../../migrations/sqlite/0005_clearing.sql"),
];

/// The number of the newest schema there is.
pub(super) fn newest() -> i64 {
    STEPS.len() as i64
}

pub(super) fn run(connection: &mut Connection) -> Result<(), OpenError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = newest();
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (number, step) in (1..).zip(STEPS).skip(found as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}
