//! What PostgreSQL's errors mean to the core.

use std::error::Error as _;

use hearken_core::store::StoreError;
use tokio_postgres::error::SqlState;

/// Constraints on what must be unique, and what whoever wants a taken value is told is taken.
const UNIQUE: &[(&str, &str)] =
    &[("accounts_phone", "phone"), ("accounts_email", "e-mail"), ("organisations_name", "name")];
/// Constraints that somebody runs into who has not seen what another has just written.
const RACED: &[&str] = &["conversations_key", "events_seq", "events_key"];

/// How something that was asked of the server has failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server could not be reached, or the connection broke, or no answer has come: nobody knows what was done.
    Broken(String),
    /// The server has refused.
    Refused(StoreError),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        if is_broken(&error) { Self::Broken(words(&error)) } else { Self::Refused(translate(&error)) }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Broken(words) => Self::Away(words),
            Failure::Refused(error) => error,
        }
    }
}

/// Something that is stored and that this version can't read.
pub(super) fn unreadable(what: &str) -> Failure {
    Failure::Refused(StoreError::Unavailable(format!("the store holds {what}")))
}

/// Whether nothing more can be asked on this connection.
fn is_broken(error: &tokio_postgres::Error) -> bool {
    let Some(told) = error.as_db_error() else {
        return error.is_closed()
            || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    };
    let code = told.code();
    // Those of class 08 are of the connection itself; a server that was demoted takes no writes any more.
    code.code().starts_with("08")
        || *code == SqlState::ADMIN_SHUTDOWN
        || *code == SqlState::CRASH_SHUTDOWN
        || *code == SqlState::CANNOT_CONNECT_NOW
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

fn translate(error: &tokio_postgres::Error) -> StoreError {
    let Some(told) = error.as_db_error() else { return StoreError::Unavailable(words(error)) };
    let code = told.code();
    if *code == SqlState::DISK_FULL {
        return StoreError::Full;
    }
    if *code == SqlState::T_R_DEADLOCK_DETECTED
        || *code == SqlState::T_R_SERIALIZATION_FAILURE
        || *code == SqlState::LOCK_NOT_AVAILABLE
    {
        return StoreError::Raced;
    }
    if *code == SqlState::UNIQUE_VIOLATION {
        let constraint = told.constraint().unwrap_or_default();
        if let Some((_, what)) = UNIQUE.iter().find(|(name, _)| *name == constraint) {
            return StoreError::Taken(what);
        }
        if RACED.contains(&constraint) {
            return StoreError::Raced;
        }
    }
    StoreError::Unavailable(words(error))
}

/// For the operator's log: without the server's details, which hold people's values.
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(told), _) => format!("{} ({})", told.message(), told.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
