//! Looking at a store that nobody has open, without changing a byte of it: for `hearken check` at rest, and before a
//! backup is put in place.

use std::path::Path;

use hearken_core::Registry;

use super::{OpenError, check, migrations, snapshot};

/// What is found in a store at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The number of its schema.
    pub schema: i64,
    /// The number of the newest schema that this version knows; never lower.
    pub newest: i64,
    /// What must not be, one line of plain words each.
    pub found: Vec<String>,
}

impl Inspection {
    /// Inspects a store's file, which nobody has open. [`OpenError::Newer`] when a newer version has written it.
    pub fn of(file: &Path, registry: &Registry) -> Result<Self, OpenError> {
        let connection = snapshot::open_to_read(file)?;
        let schema = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let newest = migrations::newest();
        if schema > newest {
            return Err(OpenError::Newer { found: schema, known: newest });
        }
        let found = check::run(&connection, registry)?;
        Ok(Self { schema, newest, found })
    }
}
