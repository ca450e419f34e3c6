//! Who a run talks as: the file that `prepare` writes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::desk::Cast;

/// Accounts of a prepared store, and optionally where its server runs.
#[derive(Debug, Deserialize)]
pub(crate) struct People {
    /// The server's address, unless the command line names it.
    pub(crate) base: Option<String>,
    /// The server's process, unless the command line names it.
    pub(crate) pid: Option<u32>,
    /// The accounts.
    #[serde(rename = "people")]
    pub(crate) all: Vec<Person>,
    /// A group among them.
    pub(crate) group: Option<Group>,
    /// Somebody who signs in by password.
    pub(crate) sign_in: Option<SignIn>,
    /// Those at the desk.
    pub(crate) desk: Option<Cast>,
}

/// How somebody signs in.
#[derive(Debug, Deserialize)]
pub(crate) struct SignIn {
    /// The address.
    pub(crate) email: String,
    /// The password.
    pub(crate) password: String,
}

/// One account.
#[derive(Debug, Deserialize)]
pub(crate) struct Person {
    /// The phone number, which is the address of everything.
    pub(crate) phone: String,
    /// An access token that outlives the run.
    pub(crate) token: String,
}

/// One group.
#[derive(Debug, Deserialize)]
pub(crate) struct Group {
    /// Its key.
    pub(crate) key: String,
    /// Its members, as places in [`People::all`].
    pub(crate) members: Vec<usize>,
}

impl People {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let people: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not a people file", path.display()))?;
        if let Some(group) = &people.group {
            let all = people.all.len();
            ensure!(group.members.iter().all(|&place| place < all), "a group member is not among the people");
        }
        Ok(people)
    }

    /// The first `count` of them.
    pub(crate) fn first(&self, count: usize) -> Result<&[Person]> {
        self.all
            .get(..count)
            .with_context(|| format!("{count} people are needed, the file has {}", self.all.len()))
    }
}
