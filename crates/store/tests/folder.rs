//! The data folder: how it is made, and how long its path may be.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hearken_store::{OpenError, SqliteStore};
use tempfile::tempdir;

/// A path below `folder` of exactly `length` bytes.
fn path_of(folder: &Path, length: usize) -> PathBuf {
    let mut path = folder.canonicalize().expect("it is there");
    while length - path.as_os_str().len() > 202 {
        path.push("d".repeat(100));
    }
    let rest = length - path.as_os_str().len() - 1;
    path.push("e".repeat(rest.min(200)));
    assert_eq!(path.as_os_str().len(), length);
    path
}

#[test]
fn a_path_is_as_long_as_sqlite_takes_it() {
    let folder = tempdir().expect("a folder");
    let Err(OpenError::TooLong { found, most, .. }) = SqliteStore::open(&path_of(folder.path(), 600)) else {
        panic!("600 bytes are too many")
    };
    assert_eq!(found, 600);
    let refused = SqliteStore::open(&path_of(folder.path(), most + 1)).err();
    assert!(matches!(refused, Some(OpenError::TooLong { .. })), "{refused:?}");
    assert!(SqliteStore::open(&path_of(folder.path(), most)).is_ok(), "{most} bytes");
    // A link is as long as what it leads to.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(path_of(folder.path(), 600), &link).expect("a link");
    assert!(matches!(SqliteStore::open(&link).err(), Some(OpenError::TooLong { found: 600, .. })));
}

#[test]
fn folders_are_made_for_their_owner_alone_and_left_as_they_are() {
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("a/b");
    assert!(SqliteStore::open(&data).is_ok());
    assert_eq!((mode(&data), mode(&folder.path().join("a"))), (0o700, 0o700));
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o750)).expect("set");
    assert!(SqliteStore::open(&data).is_ok());
    assert_eq!(mode(&data), 0o750);
}
