//! The data folder: made for its owner alone, short enough for SQLite, and one process's at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::{FILE, OpenError};

/// Held while a process has the store open.
const LOCK: &str = "hearken.lock";
/// The longest path of a file that SQLite opens, in bytes: 512, less an end mark and room to append `-journal`.
const LONGEST_PATH: usize = 503;

/// A data folder that is this process's alone, for as long as this is held. Nothing in it is opened or changed by that,
/// but for the lock's own file.
pub struct Claim {
    folder: PathBuf,
    /// Dropping it lets another process have the folder.
    _lock: File,
}

impl Claim {
    /// Claims a folder, making it if it is missing. [`OpenError::InUse`] when another process has it.
    pub fn of(folder: &Path) -> Result<Self, OpenError> {
        make_private(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        must_be_short(folder)?;
        let lock = lock(folder)?;
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the store's file is, or would be.
    pub fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// What of a folder's entries is no part of an installation, so that a folder which has nothing else is empty.
    pub fn is_aside(name: &std::ffi::OsStr) -> bool {
        name == LOCK || name == "lost+found"
    }
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::Folder(folder.to_owned(), error)),
    }
}

/// Makes the folder if it is missing, for its owner alone: people's words lie in it. SQLite makes its files last, and
/// their names in this folder; that the folder itself lasts is on us.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if folder.is_dir() {
        return Ok(());
    }
    let missing: Vec<_> =
        folder.ancestors().take_while(|made| !made.as_os_str().is_empty() && !made.exists()).collect();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for made in missing {
        let parent = made.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// SQLite says no more than that it can't open the file.
fn must_be_short(folder: &Path) -> Result<(), OpenError> {
    let resolved = folder.canonicalize().map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
    let (found, most) = (resolved.as_os_str().len(), LONGEST_PATH - 1 - FILE.len());
    if found > most { Err(OpenError::TooLong { folder: folder.to_owned(), found, most }) } else { Ok(()) }
}
