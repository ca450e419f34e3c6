//! A bad disk under a real server: `shim.c`, built here, and what it is told.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::server::NO_RATE;

/// The shim's own sources.
const SOURCES: [(&str, &str); 3] = [
    ("shim.c", include_str!("disk/shim.c")),
    ("shadow.c", include_str!("disk/shadow.c")),
    ("shadow.h", include_str!("disk/shadow.h")),
];
const FLAGS: [&str; 9] =
    ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread", "-o"];

/// The shim, and a folder for everything that a test puts on its disks.
pub(crate) struct Shim {
    folder: TempDir,
    library: PathBuf,
}

/// The environment of a server.
pub(crate) type Variables = Vec<(&'static str, OsString)>;

impl Shim {
    /// Builds it. These tests are worth nothing without it, so a machine without a C compiler fails them.
    pub(crate) fn build() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in SOURCES {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let library = folder.path().join("shim.so");
        let mut compiler = Command::new("cc");
        compiler.current_dir(folder.path()).args(FLAGS).arg(&library).args(["shim.c", "shadow.c"]);
        let built = compiler.output();
        let built =
            built.unwrap_or_else(|error| panic!("a C compiler is needed, and `cc` does not run: {error}"));
        assert!(built.status.success(), "cc: {}", String::from_utf8_lossy(&built.stderr));
        Self { folder, library }
    }

    /// A path among the test's own.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there").join(name)
    }

    /// What a server needs to run with this shim before `disk`, which is made if it is missing.
    pub(crate) fn variables(&self, disk: &Path) -> Variables {
        std::fs::create_dir_all(disk).expect("a folder");
        let preload = ("LD_PRELOAD", self.library.clone().into_os_string());
        vec![(NO_RATE.0, NO_RATE.1.into()), preload, ("SHIM_DATA", disk.as_os_str().to_owned())]
    }

    /// The same, with a shadow of what survives when the power goes: [`survived`] makes a disk of it.
    pub(crate) fn with_shadow(&self, disk: &Path, shadow: &Path) -> Variables {
        std::fs::create_dir(shadow).expect("a new folder");
        let mut variables = self.variables(disk);
        variables.push(("SHIM_SHADOW", shadow.as_os_str().to_owned()));
        variables
    }
}

/// Copies what survived to a new disk.
pub(crate) fn survived(shadow: &Path, disk: &Path) {
    copy(&shadow.join("root"), disk).expect("the shadow is whole");
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let name = entry?.file_name();
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(())
}
