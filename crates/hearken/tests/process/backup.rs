//! Backups: taken while everybody talks, and put back; and what is refused (common.md, `hearken backup`, `restore`).

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hearken_core::attachments::{Attachment, AttachmentName, Attachments as _};
use hearken_core::ids::AttachmentId;
use hearken_store::attachments::{AttachmentPlace, ObjectAttachments};
use serde_json::{Value, json};

use crate::chatter::{Chatter, latencies};
use crate::figure;
use crate::place::{Place, add};
use crate::server::{NO_RATE, Server, assert_sound, run};
use crate::socket::Socket;

fn path(file: &Path) -> &str {
    file.to_str().expect("text")
}

/// What a command on this folder prints.
#[track_caller]
fn told(data: &Path, arguments: &[&str]) -> Value {
    let done = run(data, arguments);
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
    serde_json::from_slice(&done.stdout).expect("JSON")
}

/// Panics unless a command fails, and says so in a line with these words.
#[track_caller]
fn refused(data: &Path, arguments: &[&str], words: &str) {
    let done = run(data, arguments);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains(words), "{words:?} in {said:?}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("read").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_under_load_holds_what_was_acknowledged_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, back) = (folder.path().join("data"), folder.path().join("back"));
    let chatter = Chatter::found(&data, 32).await;
    let mut server = Server::start(&data, &[NO_RATE]);
    let address = server.address;
    let copying = async {
        let mut backups = Vec::new();
        for n in 0..3 {
            chatter.until(chatter.total() + 3000).await;
            let begun = chatter.elapsed();
            let (before, file) = (chatter.kept(), folder.path().join(format!("{n}.tar")));
            let (data, named) = (data.clone(), file.clone());
            let made = tokio::task::spawn_blocking(move || told(&data, &["backup", path(&named)]));
            let made = made.await.expect("it ends");
            backups.push((file, before, chatter.total(), begun..chatter.elapsed(), made));
        }
        chatter.until(chatter.total() + 1000).await;
        server.kill();
        backups
    };
    let (rounds, backups) = tokio::join!(chatter.talk(address), copying);
    for (file, before, after, span, made) in backups {
        let data = back.join(file.file_stem().expect("a name"));
        assert_eq!(told(&data, &["restore", path(&file)])["store_bytes"], made["store_bytes"]);
        assert_sound(&data);
        let server = Server::start(&data, &[NO_RATE]);
        let found = chatter.assert_kept(server.address, &before).await;
        figure(format_args!(
            "a backup of {} KiB under load: {} acknowledged before, {after} when it was done, {found} in it; \
             acknowledged after {} meanwhile",
            made["store_bytes"].as_u64().unwrap_or_default() >> 10,
            before.iter().sum::<usize>(),
            latencies(&rounds, span)
        ));
        assert!(found <= after, "{found} of {after}");
    }
}

/// Where people's attachments are, beside the store.
fn attachments(data: &Path) -> ObjectAttachments {
    let place = AttachmentPlace::Folder(data.join("attachments"));
    ObjectAttachments::open(&place, []).expect("a folder")
}

#[tokio::test]
async fn a_backup_is_one_private_file_that_puts_everything_back() {
    for place in Place::both() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("b.tar");
        let added = place.value(&add(&["--phone", "9999999999"]));
        let token = place.text(&["token", added["id"].as_str().expect("an id")]);
        let owner = added["id"].as_str().expect("an id").parse().expect("an id");
        let attached = AttachmentName { owner, id: AttachmentId(uuid::Uuid::from_u128(7)) };
        let content = Attachment::new("image/png", vec![7; 100_000].into()).expect("an attachment");
        attachments(&place.data()).put(attached, content.clone()).await.expect("kept");
        let made = place.value(&["backup", path(&file)]);
        assert_eq!((&made["file"], &made["attachments"]), (&json!(file), &json!(1)));
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["b.tar"]);
        place.value(&add(&["--phone", "8888888888"]));
        let data = folder.path().join("x/y");
        let restored = told(&data, &["restore", path(&file)]);
        assert_eq!(restored, made);
        assert_eq!(names(&data), ["attachments", "hearken.db", "hearken.lock"]);
        assert_sound(&data);
        assert_eq!(told(&data, &["account", "list"]), added);
        assert_eq!(attachments(&data).get(attached).await, Ok(Some(content)));
        // And what somebody attached goes with him.
        let owner = added["id"].as_str().expect("an id");
        assert_eq!(place.value(&["erase", "--account", owner])["attachments"], json!(1));
        assert_eq!(attachments(&place.data()).get(attached).await, Ok(None));
        // The keys are in it, so tokens hold.
        let server = Server::start(&data, &[NO_RATE]);
        let open = Socket::open(server.address, "/ws/chat/special/9999999999/", token.trim_end());
        assert!(open.await.is_ok());
        // And whoever has the copy is not stopped by the server that goes on.
        assert_sound(&place.data());
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_half() {
    for place in Place::both() {
        place.value(&add(&["--phone", "9999999999"]));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("b.tar");
        fs::write(&file, "mine").expect("written");
        let line = format!("{} is there already; name a file that is not", file.display());
        place.refuses(&["backup", path(&file)], &line);
        assert_eq!(fs::read(&file).expect("read"), b"mine");
        refused(&place.data(), &["backup", path(&folder.path().join("no/b.tar"))], "can't write in");
        assert_eq!(names(folder.path()), ["b.tar"]);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("data");
    refused(&nowhere, &["backup", path(&folder.path().join("b.tar"))], "there is no store in");
    assert!(!nowhere.exists() && names(folder.path()).is_empty());
}

/// A backup of an account and its folder, for tests that damage it.
fn sound() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    told(&data, &add(&["--phone", "9999999999"]));
    let file = folder.path().join("sound.tar");
    told(&data, &["backup", path(&file)]);
    (folder, file)
}

#[test]
fn a_restore_wants_an_empty_folder() {
    let (folder, file) = sound();
    let data = folder.path().join("data");
    refused(&data, &["restore", path(&file)], "is not empty (attachments is in it)");
    let other = folder.path().join("other");
    fs::create_dir(&other).expect("made");
    fs::write(other.join("notes"), "mine").expect("written");
    refused(&other, &["restore", path(&file)], "is not empty (notes is in it)");
    assert_eq!(names(&other), ["hearken.lock", "notes"]);
    fs::remove_file(other.join("notes")).expect("removed");
    // What a restore that was killed has left is in nobody's way.
    fs::create_dir(other.join("restoring")).expect("made");
    fs::write(other.join("restoring/hearken.db"), "half").expect("written");
    told(&other, &["restore", path(&file)]);
    assert_eq!(names(&other), ["hearken.db", "hearken.lock"]);
    let server = Server::start(&folder.path().join("third"), &[NO_RATE]);
    refused(&folder.path().join("third"), &["restore", path(&file)], "another hearken has the data folder");
    drop(server);
}

/// An archive with these entries.
fn archive(file: &Path, entries: &[(&str, tar::EntryType, &[u8])]) {
    let mut archive = tar::Builder::new(File::create(file).expect("made"));
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        // Written as it is: a builder that minds paths would refuse it.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        if kind.is_symlink() {
            header.set_link_name("/etc/passwd").expect("a name");
        }
        header.set_cksum();
        archive.append(&header, *content).expect("written");
    }
    archive.finish().expect("written");
}

#[test]
fn whatever_is_no_whole_backup_is_refused_and_leaves_nothing() {
    use tar::EntryType::{Regular, Symlink};
    let (folder, sound) = sound();
    let length = fs::metadata(&sound).expect("there").len();
    let damaged = folder.path().join("damaged.tar");
    let check = |words: &str| {
        let data = folder.path().join("back");
        refused(&data, &["restore", path(&damaged)], words);
        assert_eq!(names(&data), ["hearken.lock"], "{words}");
        assert!(!folder.path().join("escaped").exists());
    };
    let copy = |length: u64| {
        let mut whole = File::open(&sound).expect("there").take(length);
        std::io::copy(&mut whole, &mut File::create(&damaged).expect("made")).expect("copied");
    };
    copy(length / 2);
    check("cut off");
    copy(0);
    check("no manifest");
    fs::write(&damaged, "not an archive at all").expect("written");
    check("not a backup");
    copy(length);
    let mut file = File::options().write(true).read(true).open(&damaged).expect("there");
    file.seek(SeekFrom::Start(9000)).expect("there");
    file.write_all(b"!").expect("written");
    check("\"hearken.db\" in it is damaged");
    let cases: [(&str, &[u8], _, &str); 6] = [
        ("../escaped", b"x", Regular, "is not of a backup"),
        ("/escaped", b"x", Regular, "is not of a backup"),
        ("attachments/../../escaped", b"x", Regular, "is not of a backup"),
        ("hearken.db", b"", Symlink, "is no plain file"),
        ("manifest.json", b"{}", Regular, "its manifest does not read"),
        ("hearken.db-wal", b"x", Regular, "is not of a backup"),
    ];
    for (name, content, kind, words) in cases {
        archive(&damaged, &[(name, kind, content)]);
        check(words);
    }
    refused(&folder.path().join("back"), &["restore", "/nowhere/b.tar"], "can't read /nowhere/b.tar");
}

/// What is in the archive is damaged, though it is what its manifest says.
#[test]
fn a_store_that_is_not_sound_is_not_put_in_place() {
    let (folder, sound) = sound();
    let unpacked = folder.path().join("unpacked");
    let mut entries = tar::Archive::new(File::open(&sound).expect("there"));
    entries.unpack(&unpacked).expect("unpacked");
    let again = |damage: &str, words: &str| {
        let store = folder.path().join("damaged.db");
        fs::copy(unpacked.join("hearken.db"), &store).expect("copied");
        let connection = rusqlite::Connection::open(&store).expect("a store");
        connection.execute_batch(damage).expect("damaged");
        connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).expect("folded");
        drop(connection);
        let store = fs::read(&store).expect("read");
        let manifest = fs::read(unpacked.join("manifest.json")).expect("read");
        let mut manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &store);
        let digest: Vec<_> = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        manifest["store"] = json!({ "bytes": store.len(), "sha256": digest.concat() });
        let (file, manifest) = (folder.path().join("made.tar"), manifest.to_string());
        let kind = tar::EntryType::Regular;
        archive(&file, &[("hearken.db", kind, &store), ("manifest.json", kind, manifest.as_bytes())]);
        let data = folder.path().join("back");
        if words.is_empty() {
            told(&data, &["restore", path(&file)]);
        } else {
            refused(&data, &["restore", path(&file)], words);
            assert_eq!(names(&data), ["hearken.lock"], "{words}");
        }
    };
    again("pragma user_version = 1000000", "written by a newer version of hearken (schema 1000000");
    again("delete from organisations", "accounts belong to no organisation");
    again("", "");
}
