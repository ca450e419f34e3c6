//! Bringing the schema up at start: numbered steps, counted in a table. Nodes that start at once wait for each other.
//! A step that has been released is never changed; CONTRIBUTING.md tells how to add one.

use super::PostgresError;
use super::error::Failure;
use super::link::{Ask, Dialler, Purpose, values};

const STEPS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_first.sql"),
    include_str!("../../migrations/postgres/0002_nodes.sql"),
];

/// Held while a schema is brought up; any number will do, as long as every node has the same.
const LOCK: i64 = 0x6865_6172_6b65_6e00;

/// The oldest server whose functions are used: `rtrim` and `get_bit` of bytes.
const OLDEST: i32 = 140_000;

/// The number of the newest schema there is.
pub(super) fn newest() -> i64 {
    STEPS.len() as i64
}

pub(super) async fn run(dialler: &Dialler) -> Result<(), PostgresError> {
    let away = |failure| match failure {
        Failure::Broken(words) => PostgresError::Away(words),
        Failure::Refused(error) => PostgresError::Failed(error.to_string()),
    };
    let link = dialler.dial(Purpose::Upkeep).await.map_err(away)?;
    let version = Ask::plain("select current_setting('server_version_num')::int4");
    let version = link.ask(version).await.map_err(away)?;
    if version.first().is_none_or(|row| row.get::<_, i32>(0) < OLDEST) {
        return Err(PostgresError::TooOld);
    }
    link.run("begin").await.map_err(away)?;
    // Until the end of the transaction: whoever comes second finds everything done.
    link.ask(Ask::new("select pg_advisory_xact_lock($1)::text", values![LOCK])).await.map_err(away)?;
    link.run("create table if not exists schema_steps (number bigint primary key)").await.map_err(away)?;
    let found =
        link.ask(Ask::plain("select coalesce(max(number), 0) from schema_steps")).await.map_err(away)?;
    let found: i64 = found.first().map_or(0, |row| row.get(0));
    let known = newest();
    if found > known {
        return Err(PostgresError::Newer { found, known });
    }
    for (number, step) in (1_i64..).zip(STEPS).skip(found as usize) {
        link.run(step).await.map_err(away)?;
        let noted = Ask::new("insert into schema_steps (number) values ($1)", values![number]);
        link.ask(noted).await.map_err(away)?;
    }
    link.run("commit").await.map_err(away)
}
