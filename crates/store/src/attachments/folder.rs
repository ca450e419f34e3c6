//! A folder of attachments: one folder below it for each owner, for this user's eyes alone. Everything that is
//! acknowledged is synced, the removals too.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use hearken_core::attachments::{AttachmentError, AttachmentName};
use hearken_core::ids::AccountId;
use object_store::local::LocalFileSystem;

use super::unavailable;

/// The folder, for what a store of objects leaves to the system.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens a folder, and makes it if it is not there.
    pub(super) fn open(path: &Path) -> Result<(Self, LocalFileSystem), AttachmentError> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unavailable)?;
        let path = path.canonicalize().map_err(unavailable)?;
        let store = LocalFileSystem::new_with_prefix(&path).map_err(unavailable)?.with_fsync(true);
        Ok((Self { path }, store))
    }

    fn of(&self, owner: AccountId) -> PathBuf {
        self.path.join(owner.to_string())
    }

    /// Makes the owner's folder.
    pub(super) async fn prepare(&self, owner: AccountId) -> Result<(), AttachmentError> {
        let (root, folder) = (self.path.clone(), self.of(owner));
        blocking(move || match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            // Where it is already, whoever has just made it may not have synced it yet.
            _ => sync(&root),
        })
        .await
    }

    /// Takes a new file from everybody else. The server's umask has done it already; this holds without one too.
    pub(super) async fn close_to_others(&self, name: AttachmentName) -> Result<(), AttachmentError> {
        let file = self.path.join(name.to_string());
        blocking(move || match std::fs::set_permissions(file, Permissions::from_mode(0o600)) {
            // Somebody has removed it since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        })
        .await
    }

    /// Makes a removal last, and removes the owner's folder if it was his last.
    pub(super) async fn removed(&self, owner: AccountId) -> Result<(), AttachmentError> {
        let (root, folder) = (self.path.clone(), self.of(owner));
        blocking(move || match sync(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            // It fails while there are others, which is what it should do.
            Ok(()) if std::fs::remove_dir(&folder).is_ok() => sync(&root),
            Ok(()) => Ok(()),
        })
        .await
    }

    /// Removes the owner's folder with whatever lies in it: a write that was broken off leaves a file of its own.
    pub(super) async fn remove_all(&self, owner: AccountId) -> Result<(), AttachmentError> {
        let (root, folder) = (self.path.clone(), self.of(owner));
        blocking(move || match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            gone => gone.and_then(|()| sync(&root)),
        })
        .await
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), AttachmentError> {
    tokio::task::spawn_blocking(work).await.map_err(unavailable)?.map_err(unavailable)
}
