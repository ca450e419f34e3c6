//! A database of a test's own.

use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::postgres;
use super::programs;

/// A database in the PostgreSQL that the run shares, empty at first. It goes when this is dropped, whoever is still
/// connected to it.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
    url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Database {
    /// Makes one in the PostgreSQL that `HEARKEN_TEST_POSTGRES` names, or in one that is started for this process.
    pub fn new() -> Self {
        Self::on(postgres::shared())
    }

    /// Makes one on the server that has this other database.
    pub(super) fn on(server: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let (start, _) = server.rsplit_once('/').expect("an address ends in the name of a database");
        let url = format!("{start}/{name}");
        // Copying files is quicker than logging pages; an earlier process of the same number may have left one.
        for statement in
            [format!("drop database if exists {name}"), format!("create database {name} strategy file_copy")]
        {
            let done = ask(server, &statement);
            assert!(done.status.success(), "{statement}: {}", String::from_utf8_lossy(&done.stderr));
        }
        Self { server: server.to_owned(), name, url }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may have been ended, and this with it.
        ask(&self.server, &format!("drop database if exists {} with (force)", self.name));
    }
}

/// Whether a server takes statements.
pub(super) fn answers(server: &str) -> bool {
    ask(server, "select 1").status.success()
}

/// Has psql carry out a statement: a test that blocks can do that as well as one that does not.
fn ask(server: &str, statement: &str) -> Output {
    Command::new(programs::of_postgres("psql"))
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--dbname", server, "--command", statement])
        .env_clear()
        .env("PGCONNECT_TIMEOUT", "10")
        .env("PGOPTIONS", "--client-min-messages=warning")
        .stdin(Stdio::null())
        .output()
        .expect("psql runs")
}
