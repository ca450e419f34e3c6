//! The data folder of a real server: whose it is, how deep it may lie, what a killed server leaves in it, and that
//! damage in it is found.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use crate::people::Offline;
use crate::place::{Place, add};
use crate::server::{NO_RATE, Server, run};

#[tokio::test]
async fn a_damaged_store_is_reported() {
    let place = Place::new(false);
    let house = Offline::open(&place.data()).await;
    house.people(200).await;
    house.close().await;
    let file = place.data().join("hearken.db");
    let mut bytes = std::fs::read(&file).expect("the store");
    let name = b"Person 1";
    let at = bytes.windows(name.len()).position(|run| run == name).expect("a name");
    // A page of accounts loses its head.
    let page = at / 4096 * 4096;
    bytes[page..page + 16].fill(0xff);
    std::fs::write(&file, bytes).expect("written");
    let checked = run(&place.data(), &["check"]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    assert!(!checked.stderr.is_empty());
}

/// Who may do what with a file.
pub(crate) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn what_is_made_is_for_its_owner_alone() {
    let place = Place::new(true);
    place.value(&add(&["--phone", "9999999999"]));
    assert_eq!(mode(&place.data()), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(place.data()).expect("a folder") {
        let entry = entry.expect("an entry");
        let expected = if entry.path().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&entry.path()), expected, "{:?}", entry.file_name());
        let socket = entry.file_type().expect("a type").is_socket();
        names.push((entry.file_name().into_string().expect("text"), socket));
    }
    names.sort();
    let expected =
        ["attachments", "control.sock", "hearken.db", "hearken.db-shm", "hearken.db-wal", "hearken.lock"];
    assert_eq!(names, expected.map(|name| (name.to_owned(), name == "control.sock")));
}

/// A socket's address has room for about a hundred bytes, SQLite's for about five hundred.
#[test]
fn a_long_path_works_or_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = |count| (0..count).fold(folder.path().to_owned(), |path, _| path.join("d".repeat(100)));
    let data = deep(4).join("data");
    run_both_ways(&data);
    let too_deep = deep(6);
    let refused = run(&too_deep, &["account", "list"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("too long") && said.lines().count() == 1, "{said}");
}

#[track_caller]
fn run_both_ways(data: &Path) {
    let added = run(data, &add(&["--phone", "9999999999"]));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let server = Server::start(data, &[NO_RATE]);
    let listed = run(data, &["account", "list"]);
    assert_eq!(listed.stdout, added.stdout, "{listed:?}");
    drop(server);
}

#[test]
fn a_killed_server_leaves_nothing_in_the_way() {
    let mut place = Place::new(true);
    place.value(&add(&["--phone", "9999999990"]));
    place.server.take().expect("it runs").kill();
    assert!(place.data().join("control.sock").exists(), "left behind");
    place.value(&add(&["--phone", "9999999991"]));
    place.server = Some(Server::start(&place.data(), &[NO_RATE]));
    place.value(&add(&["--phone", "9999999992"]));
    assert_eq!(place.values(&["account", "list"]).len(), 3);
    assert_eq!(mode(&place.data().join("control.sock")), 0o600);
}

#[test]
fn a_folder_without_a_store_is_not_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let mistyped = folder.path().join("dta");
    let checked = run(&mistyped, &["check"]);
    let said = String::from_utf8_lossy(&checked.stderr);
    assert_eq!(checked.status.code(), Some(1));
    assert!(said.contains("there is no store in") && said.lines().count() == 1, "{said}");
    assert!(!mistyped.exists(), "looking makes nothing");
}
