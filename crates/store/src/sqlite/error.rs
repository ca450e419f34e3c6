//! What SQLite's errors mean to the core.

use hearken_core::store::StoreError;
use rusqlite::ErrorCode;

/// Columns that must be unique, and what whoever wants a taken value is told is taken.
const UNIQUE: &[(&str, &str)] =
    &[("accounts.phone", "phone"), ("accounts.email", "e-mail"), ("organisations.name", "name")];
/// Taken by whoever was first: nobody names one who has not looked for it.
const NATURAL_KEY: &str = "conversations.key";

/// What a statement says that finds something changed meanwhile.
pub(super) fn conflict() -> rusqlite::Error {
    rusqlite::Error::StatementChangedRows(0)
}

pub(super) fn translate(error: &rusqlite::Error) -> StoreError {
    if let rusqlite::Error::SqliteFailure(failure, message) = error {
        let message = message.as_deref().unwrap_or_default();
        match failure.code {
            ErrorCode::DiskFull => return StoreError::Full,
            ErrorCode::ConstraintViolation => {
                if let Some((_, what)) = UNIQUE.iter().find(|(column, _)| message.contains(column)) {
                    return StoreError::Taken(what);
                }
                if message.contains(NATURAL_KEY) {
                    return StoreError::Raced;
                }
            }
            _ => {}
        }
    }
    if matches!(error, rusqlite::Error::StatementChangedRows(0)) {
        return StoreError::Conflict;
    }
    StoreError::Unavailable(error.to_string())
}
