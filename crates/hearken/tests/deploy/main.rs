//! What `deploy/` promises: no image is built and no unit started here, but every setting, flag, command, port and name
//! in those files must be one that this version has, and they must agree with each other.

mod compose;
mod image;
mod proxy;
mod settings;
mod unit;

use std::path::Path;

use clap::Parser as _;
use hearken::cli::Cli;
use hearken::settings::{Settings, Sources};

/// The port that nodes listen on inside.
const PORT: u16 = 7070;

/// A file of the repository, by its path from the root.
fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The settings that variables make; none of them may be refused.
fn settings_of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Settings {
    let environment = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let sources = Sources { environment, ..Sources::default() };
    sources.resolve().unwrap_or_else(|error| panic!("{error}"))
}

/// A command line of ours, which must be understood.
fn command(words: &[&str]) -> Cli {
    Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}
