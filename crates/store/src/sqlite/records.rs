//! Records: reading and changing them.

use std::borrow::Cow;

use hearken_core::clock::from_millis;
use hearken_core::ids::AccountId;
use hearken_core::store::{KeptRecord, Record, RecordChange, RecordName, Was};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

use super::error::conflict;
use super::rows::optional_uuid;

const RECORD: &str = "space, key, account, expires, value, version";

/// Makes one change, or fails when what it insists on does not hold.
pub(super) fn write(connection: &Connection, change: &RecordChange) -> rusqlite::Result<()> {
    match change {
        RecordChange::Put(record, was) => put(connection, record, *was),
        RecordChange::Remove(name, was) => remove(connection, name, *was),
    }
}

fn put(connection: &Connection, record: &Record, was: Was) -> rusqlite::Result<()> {
    let upsert = "insert into records (space, key, account, expires, value, version) values (?1, ?2, ?3, ?4, ?5, 1) \
                  on conflict (space, key) do";
    let sql = match was {
        Was::Anything => {
            format!(
                "{upsert} update set account = excluded.account, expires = excluded.expires, \
                 value = excluded.value, version = records.version + 1"
            )
        }
        Was::Absent => format!("{upsert} nothing"),
        Was::Version(version) => {
            return changed_one(
                connection
                    .prepare_cached(
                        "update records set account = ?3, expires = ?4, value = ?5, version = version + 1 \
                         where space = ?1 and key = ?2 and version = ?6",
                    )?
                    .execute(params![
                        record.name.space,
                        record.name.key,
                        record.account.as_ref().map(|account| account.0.as_bytes()),
                        record.expires.map(Timestamp::as_millisecond),
                        record.value,
                        version,
                    ])?,
            );
        }
    };
    changed_one(connection.prepare_cached(&sql)?.execute(params![
        record.name.space,
        record.name.key,
        record.account.as_ref().map(|account| account.0.as_bytes()),
        record.expires.map(Timestamp::as_millisecond),
        record.value,
    ])?)
}

fn remove(connection: &Connection, name: &RecordName, was: Was) -> rusqlite::Result<()> {
    let version = match was {
        Was::Version(version) => Some(version),
        Was::Anything => None,
        Was::Absent => {
            let found = find(connection, name)?;
            return if found.is_none() { Ok(()) } else { Err(conflict()) };
        }
    };
    let gone = connection
        .prepare_cached("delete from records where space = ?1 and key = ?2 and (?3 is null or version = ?3)")?
        .execute(params![name.space, name.key, version])?;
    if version.is_some() { changed_one(gone) } else { Ok(()) }
}

fn changed_one(rows: usize) -> rusqlite::Result<()> {
    if rows == 1 { Ok(()) } else { Err(conflict()) }
}

/// The record of this name.
pub(super) fn find(connection: &Connection, name: &RecordName) -> rusqlite::Result<Option<KeptRecord>> {
    connection
        .prepare_cached(&format!("select {RECORD} from records where space = ?1 and key = ?2"))?
        .query_row(params![name.space, name.key], record)
        .optional()
}

/// The records of an account after `after`.
pub(super) fn of(
    connection: &Connection,
    account: AccountId,
    after: Option<&RecordName>,
    limit: usize,
) -> rusqlite::Result<Vec<KeptRecord>> {
    let (space, key) = after.map_or(("", ""), |after| (after.space.as_ref(), after.key.as_str()));
    list(
        connection,
        "account = ?1 and (space, key) > (?2, ?3) order by space, key limit ?4",
        params![account.0.as_bytes(), space, key, limit as i64],
    )
}

/// The records of a space after this key.
pub(super) fn within(
    connection: &Connection,
    space: &str,
    after: Option<&str>,
    limit: usize,
) -> rusqlite::Result<Vec<KeptRecord>> {
    list(
        connection,
        "space = ?1 and key > ?2 order by key limit ?3",
        params![space, after.unwrap_or_default(), limit as i64],
    )
}

fn list(connection: &Connection, meant: &str, values: impl Params) -> rusqlite::Result<Vec<KeptRecord>> {
    let mut statement = connection.prepare_cached(&format!("select {RECORD} from records where {meant}"))?;
    statement.query_map(values, record)?.collect()
}

/// Deletes up to `limit` that have expired before `before`.
pub(super) fn sweep(connection: &Connection, before: Timestamp, limit: usize) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "delete from records where (space, key) in \
             (select space, key from records where expires < ?1 order by expires limit ?2)",
        )?
        .execute(params![before.as_millisecond(), limit as i64])
}

fn record(row: &Row<'_>) -> rusqlite::Result<KeptRecord> {
    let record = Record {
        name: RecordName { space: Cow::Owned(row.get(0)?), key: row.get(1)? },
        account: optional_uuid(row, 2)?.map(AccountId),
        expires: row.get::<_, Option<i64>>(3)?.map(from_millis),
        value: row.get(4)?,
    };
    Ok(KeptRecord { record, version: row.get(5)? })
}
