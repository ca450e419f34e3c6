//! The files that the rules look at: what git tracks, and what it would track at the next `git add`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// The repository's files with their texts, in memory: some hundred small files.
pub(crate) struct Tree {
    /// `None` for what is not UTF-8 text: a picture, an icon.
    files: BTreeMap<String, Option<String>>,
}

impl Tree {
    /// Reads the repository this crate lives in.
    pub(crate) fn of_this_repository() -> anyhow::Result<Self> {
        let root = root()?;
        let mut files = BTreeMap::new();
        for path in listed(&root)? {
            let full = root.join(&path);
            // A deleted file is still listed until the deletion is staged, and a link is judged where it points.
            if std::fs::symlink_metadata(&full).is_ok_and(|found| found.is_file()) {
                let bytes = std::fs::read(&full).with_context(|| format!("cannot read {path}"))?;
                files.insert(path, String::from_utf8(bytes).ok());
            }
        }
        Ok(Self { files })
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Path and text of every text file.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The text of one file, if it is there and text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether a file or a folder of that path is there; the empty path is the root.
    pub(crate) fn has(&self, path: &str) -> bool {
        path.is_empty()
            || self.files.contains_key(path)
            || self
                .files
                .range(format!("{path}/")..)
                .next()
                .is_some_and(|(first, _)| first.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }

    /// The folders of the workspace's crates, such as `crates/core`.
    pub(crate) fn crates(&self) -> BTreeSet<String> {
        self.files.keys().filter_map(|path| path.strip_suffix("/Cargo.toml")).map(str::to_owned).collect()
    }
}

/// The root of the checkout. Asked of the environment when the check runs, not built in: a build folder may be shared
/// between checkouts.
fn root() -> anyhow::Result<PathBuf> {
    let own =
        std::env::var_os("CARGO_MANIFEST_DIR").context("run this through cargo, which says where it is")?;
    let root = Path::new(&own).parent().context("xtask lives in a folder of the repository")?;
    Ok(root.to_owned())
}

fn listed(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .current_dir(root)
        // A checkout that belongs to another user (as in a container) is fine to list.
        .args(["-c", "safe.directory=*"])
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("git is needed to list the repository's files")?;
    if !output.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("a path is not UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}
