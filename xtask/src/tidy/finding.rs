//! What a rule says: where, and what is to be done.

use std::fmt;

/// One thing that is wrong in the repository. Ordered by path, then line, for a stable report.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// From the root of the repository, with `/` between the parts.
    pub(crate) path: String,
    /// Counted from 1; 0 when the file as a whole is meant.
    pub(crate) line: usize,
    /// What is wrong and what to do instead.
    pub(crate) what: String,
}

impl Finding {
    /// Something wrong at a line (counted from 1) of a file.
    pub(crate) fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }

    /// Something wrong with a file as a whole.
    pub(crate) fn whole(path: &str, what: impl Into<String>) -> Self {
        Self::at(path, 0, what)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.what),
            line => write!(out, "{}:{line}: {}", self.path, self.what),
        }
    }
}
