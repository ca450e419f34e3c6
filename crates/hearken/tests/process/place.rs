//! A data folder to give commands on, at rest or with a server running on it.

use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::server::{NO_RATE, Server, run};

/// A data folder, with or without a server on it.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) server: Option<Server>,
}

impl Place {
    pub(crate) fn new(runs: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let server = runs.then(|| Server::start(&folder.path().join("data"), &[NO_RATE]));
        Self { folder, server }
    }

    /// The same tests on both.
    pub(crate) fn both() -> [Self; 2] {
        [Self::new(false), Self::new(true)]
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What a command prints, a JSON value a line.
    #[track_caller]
    pub(crate) fn values(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.text(arguments);
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    #[track_caller]
    pub(crate) fn value(&self, arguments: &[&str]) -> Value {
        let mut values = self.values(arguments);
        assert_eq!(values.len(), 1, "{values:?}");
        values.remove(0)
    }

    #[track_caller]
    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = run(&self.data(), arguments);
        let said = String::from_utf8_lossy(&stderr);
        assert!(status.success() && said.is_empty(), "{arguments:?} on {}: {status} {said}", self.name());
        String::from_utf8(stdout).expect("text")
    }

    /// Panics unless the command is refused with this one line.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &[&str], line: &str) {
        let Output { status, stdout, stderr } = run(&self.data(), arguments);
        let said = String::from_utf8_lossy(&stderr);
        let found = (status.code(), stdout.len(), &*said);
        assert_eq!(found, (Some(1), 0, &*format!("error: {line}\n")), "{arguments:?} on {}", self.name());
    }

    fn name(&self) -> &'static str {
        if self.server.is_some() { "a running server" } else { "a store at rest" }
    }
}

/// The identifier in what was printed.
pub(crate) fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

/// The arguments that add a participant.
pub(crate) fn add<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["account", "add", "--role", "participant"].iter().chain(more).copied().collect()
}
