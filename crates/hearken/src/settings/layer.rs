//! What one source (flags, variables, the file) says, and where exactly it says it.

use std::fmt;

use super::raw::Raw;

/// Where a value comes from, as an error names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A command-line flag, with its dashes.
    Flag(String),
    /// An environment variable, by its name.
    Variable(String),
    /// A line of the settings file, counted from 1.
    File {
        /// The file as it was named.
        file: String,
        /// The line of the key.
        line: usize,
    },
    /// The table of settings itself.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Variable(name) => write!(f, "variable {}", name.escape_debug()),
            Self::File { file, line } => write!(f, "{}:{line}", file.escape_debug()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One value that somebody has set.
pub(super) struct Entry {
    /// The dotted key, such as `limits.ping_interval`.
    pub key: String,
    /// Where it stands.
    pub origin: Origin,
    /// What stands there.
    pub raw: Raw,
}

/// Everything that was set, the strongest source first.
pub(super) struct Layers(Vec<Entry>);

impl Layers {
    /// Puts the sources together; of two entries for one key the earlier counts.
    pub(super) fn new(sources: impl IntoIterator<Item = Vec<Entry>>) -> Self {
        Self(sources.into_iter().flatten().collect())
    }

    /// All entries, the strongest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }
}
