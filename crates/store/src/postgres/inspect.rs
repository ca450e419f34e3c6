//! Looking at a shared store without changing it: for `hearken check` and `hearken migrate`, where no server runs; and at
//! an address without going there.

use hearken_core::Registry;

use super::address::{Address, AddressError};
use super::error::Failure;
use super::link::{Ask, Dialler, Link, Purpose};
use super::{PostgresError, PostgresStore, check, migrations};

/// What is found in a shared store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedInspection {
    /// The number of its schema; 0 when there is no store in the database.
    pub schema: i64,
    /// The number of the newest schema that this version knows; never lower.
    pub newest: i64,
    /// What must not be, one line of plain words each. Nothing is looked for in a store of another schema.
    pub found: Vec<String>,
}

impl PostgresStore {
    /// Whether an address can be one; nobody is asked.
    pub fn can_be_address(url: &str) -> Result<(), AddressError> {
        Address::read(url).map(drop)
    }

    /// The number of the schema at an address; 0 when there is no store. Changes nothing.
    pub async fn schema_at(url: &str) -> Result<i64, PostgresError> {
        schema_of(&link_to(url).await?).await.map_err(away)
    }

    /// Looks at the store at an address. Changes nothing.
    pub async fn inspect(url: &str, registry: &Registry) -> Result<SharedInspection, PostgresError> {
        let link = link_to(url).await?;
        let (schema, newest) = (schema_of(&link).await.map_err(away)?, migrations::newest());
        if schema > newest {
            return Err(PostgresError::Newer { found: schema, known: newest });
        }
        let found =
            if schema == newest { check::run(&link, registry).await.map_err(away)? } else { Vec::new() };
        Ok(SharedInspection { schema, newest, found })
    }
}

async fn link_to(url: &str) -> Result<Link, PostgresError> {
    Dialler::new(url)?.dial(Purpose::Upkeep).await.map_err(away)
}

async fn schema_of(link: &Link) -> Result<i64, Failure> {
    let there = link.ask(Ask::plain("select to_regclass('schema_steps') is not null")).await?;
    if !there.first().is_some_and(|row| row.get(0)) {
        return Ok(0);
    }
    let newest = link.ask(Ask::plain("select coalesce(max(number), 0) from schema_steps")).await?;
    Ok(newest.first().map_or(0, |row| row.get(0)))
}

fn away(failure: Failure) -> PostgresError {
    match failure {
        Failure::Broken(words) => PostgresError::Away(words),
        Failure::Refused(error) => PostgresError::Failed(error.to_string()),
    }
}
