//! Records: reading and changing them.

use std::borrow::Cow;

use hearken_core::clock::from_millis;
use hearken_core::ids::AccountId;
use hearken_core::store::{KeptRecord, Record, RecordChange, RecordName, Was};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::link::{Ask, Expect, values};
use super::rows::{limit, place};

macro_rules! record {
    ($condition:literal) => {
        concat!("select space, key, account, expires, value, version from records ", $condition)
    };
}

macro_rules! upsert {
    ($conflict:literal) => {
        concat!(
            "insert into records (space, key, account, expires, value, version) values ($1, $2, $3, $4, $5, 1) \
             on conflict (space, key) do ",
            $conflict,
            " returning 1"
        )
    };
}

const PUT: &str = upsert!(
    "update set account = excluded.account, expires = excluded.expires, value = excluded.value, \
     version = records.version + 1"
);
const PUT_NEW: &str = upsert!("nothing");
const PUT_OVER: &str = "update records set account = $3, expires = $4, value = $5, version = version + 1 \
    where space = $1 and key = $2 and version = $6 returning 1";
const REMOVE: &str = "delete from records where space = $1 and key = $2";
const REMOVE_VERSION: &str = "delete from records where space = $1 and key = $2 and version = $3 returning 1";
const LOOK: &str = "select 1 from records where space = $1 and key = $2";

/// Changes, in the order of names: two who change the same ones never wait for each other in a circle.
pub(super) fn write(changes: &[RecordChange]) -> impl Iterator<Item = Ask<'_>> {
    let mut changes: Vec<_> = changes.iter().collect();
    changes.sort_by_key(|change| match change {
        RecordChange::Put(record, _) => &record.name,
        RecordChange::Remove(name, _) => name,
    });
    changes.into_iter().map(|change| match change {
        RecordChange::Put(record, was) => put(record, *was),
        RecordChange::Remove(name, was) => remove(name, *was),
    })
}

fn put(record: &Record, was: Was) -> Ask<'_> {
    let Record { name, account, expires, value } = record;
    let mut values = values![
        &*name.space,
        name.key.as_str(),
        account.map(|account| account.0),
        expires.map(Timestamp::as_millisecond),
        value.as_slice(),
    ];
    match was {
        Was::Anything => Ask::new(PUT, values),
        Was::Absent => Ask::expecting(PUT_NEW, values, Expect::One),
        Was::Version(version) => {
            values.push(Box::new(place(version)));
            Ask::expecting(PUT_OVER, values, Expect::One)
        }
    }
}

fn remove(name: &RecordName, was: Was) -> Ask<'_> {
    let mut values = values![&*name.space, name.key.as_str()];
    match was {
        Was::Anything => Ask::new(REMOVE, values),
        Was::Absent => Ask::expecting(LOOK, values, Expect::None),
        Was::Version(version) => {
            values.push(Box::new(place(version)));
            Ask::expecting(REMOVE_VERSION, values, Expect::One)
        }
    }
}

/// The record of this name.
pub(super) fn find(name: &RecordName) -> Ask<'_> {
    Ask::new(record!("where space = $1 and key = $2"), values![&*name.space, name.key.as_str()])
}

/// The records of an account after `after`.
pub(super) fn of(account: AccountId, after: Option<&RecordName>, most: usize) -> Ask<'_> {
    let (space, key) = after.map_or(("", ""), |after| (after.space.as_ref(), after.key.as_str()));
    Ask::new(
        record!("where account = $1 and (space, key) > ($2, $3) order by space, key limit $4"),
        values![account.0, space, key, limit(most)],
    )
}

/// The records of a space after this key.
pub(super) fn within<'a>(space: &'a str, after: Option<&'a str>, most: usize) -> Ask<'a> {
    Ask::new(
        record!("where space = $1 and key > $2 order by key limit $3"),
        values![space, after.unwrap_or_default(), limit(most)],
    )
}

/// Deletes up to `most` that have expired before `before`.
pub(super) fn sweep(before: Timestamp, most: usize) -> Ask<'static> {
    Ask::new(
        "with gone as (delete from records where ctid in (select ctid from records where expires < $1 \
         order by expires limit $2 for update skip locked) returning 1) select count(*) from gone",
        values![before.as_millisecond(), limit(most)],
    )
}

pub(super) fn record(row: &Row) -> KeptRecord {
    let record = Record {
        name: RecordName { space: Cow::Owned(row.get(0)), key: row.get(1) },
        account: row.get::<_, Option<Uuid>>(2).map(AccountId),
        expires: row.get::<_, Option<i64>>(3).map(from_millis),
        value: row.get(4),
    };
    KeptRecord { record, version: row.get::<_, i64>(5) as u64 }
}
