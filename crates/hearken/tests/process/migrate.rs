//! `hearken migrate` and `hearken check` on stores of other versions.

use std::path::Path;

use hearken_store::SqliteStore;

use crate::place::{Place, add};
use crate::server::{NO_RATE, Server, run};
use crate::socket::Socket;

fn set_schema(data: &Path, schema: i64) {
    let connection = rusqlite::Connection::open(data.join("hearken.db")).expect("a store");
    connection.pragma_update(None, "user_version", schema).expect("set");
}

#[test]
fn a_store_of_this_version_needs_nothing() {
    let newest = SqliteStore::newest_schema();
    for place in Place::both() {
        place.value(&add(&["--phone", "9999999999"]));
        assert_eq!(place.text(&["migrate"]), format!("the store has schema {newest}: nothing to do\n"));
        assert_eq!(place.text(&["check"]), "the store is sound\n");
    }
    let nowhere = Place::new(false);
    let line = format!(
        "data: there is no store in {}; name the folder that `hearken serve` uses",
        nowhere.data().display()
    );
    for command in ["migrate", "check"] {
        nowhere.refuses(&[command], &line);
    }
    assert!(!nowhere.data().exists());
}

#[test]
fn a_newer_store_is_left_alone() {
    let place = Place::new(false);
    place.value(&add(&["--phone", "9999999999"]));
    let (newest, file) = (SqliteStore::newest_schema(), place.data().join("hearken.db"));
    set_schema(&place.data(), newest + 1);
    let before = std::fs::read(&file).expect("read");
    let line = format!(
        "the store was written by a newer version of hearken (schema {}; this one knows {newest})",
        newest + 1
    );
    for command in ["migrate", "check", "serve"] {
        place.refuses(&[command], &line);
    }
    assert_eq!(std::fs::read(&file).expect("read"), before);
    // A copy can be made of whatever is there.
    let copy = place.data().join("copy.tar");
    assert!(run(&place.data(), &["backup", copy.to_str().expect("text")]).status.success());
}

/// The first schema there was, with two people, a chat between them, and a message that waits.
const FIRST: &str = concat!(
    include_str!("../../../store/migrations/sqlite/0001_first.sql"),
    "insert into organisations values (x'00000000000070008000000000000001', 'default');
     insert into accounts (id, organisation, phone, roles, disabled, created_at, updated_at) values
       (x'00000000000070008000000000000002', x'00000000000070008000000000000001', '9999999999', '', 0, 0, 0),
       (x'00000000000070008000000000000003', x'00000000000070008000000000000001', '8888888888', '', 0, 0, 0);
     insert into conversations (id, kind, organisation, key, status, priority, last_seq, version, state_version, state)
       values (x'00000000000070008000000000000004', 'messenger.dialogue', x'00000000000070008000000000000001',
       '00000000-0000-7000-8000-000000000002:00000000-0000-7000-8000-000000000003', 'open', 0, 0, 1, 1,
       cast('{\"marks\":[]}' as blob));
     insert into members (conversation, account, slot, role, since, joined, read) values
       (x'00000000000070008000000000000004', x'00000000000070008000000000000002', 0, 'participant', 0, 0, 0),
       (x'00000000000070008000000000000004', x'00000000000070008000000000000003', 1, 'participant', 0, 0, 0);
     insert into events (conversation, seq, at, author, version, body, client_key, digest, pending) values
       (x'00000000000070008000000000000004', 1, 0, x'00000000000070008000000000000002', 1,
       cast('{\"text\":{\"text\":\"hello from before\",\"sent\":\"2026-01-01 00:00:00\"}}' as blob), '1', 1, x'02');
     pragma user_version = 1;"
);

#[tokio::test]
async fn an_old_store_is_told_brought_up_and_read() {
    let (place, newest) = (Place::new(false), SqliteStore::newest_schema());
    std::fs::create_dir(place.data()).expect("made");
    let file = place.data().join("hearken.db");
    rusqlite::Connection::open(&file).expect("a store").execute_batch(FIRST).expect("filled");
    let before = std::fs::read(&file).expect("read");
    let needs = format!(
        "the store has schema 1, and this version uses {newest}: `hearken migrate` brings it up, and so does the \
         next start\nthe store is sound\n"
    );
    assert_eq!(place.text(&["check"]), needs);
    // A copy taken before is of the old form, and comes up where it is put back.
    let copy = place.data().join("../old.tar");
    let copy = copy.to_str().expect("text");
    assert_eq!(place.value(&["backup", copy])["schema"], 1);
    assert_eq!(std::fs::read(&file).expect("read"), before, "neither has changed anything");
    assert_eq!(place.text(&["migrate"]), format!("the store had schema 1, and has {newest} now\n"));
    assert_eq!(place.text(&["migrate"]), format!("the store has schema {newest}: nothing to do\n"));
    assert_eq!(place.text(&["check"]), "the store is sound\n");
    let back = place.data().join("../back");
    assert!(run(&back, &["restore", copy]).status.success());
    for data in [place.data(), back] {
        let server = Server::start(&data, &[NO_RATE]);
        let token = run(&data, &["token", "00000000-0000-7000-8000-000000000003"]).stdout;
        let token = String::from_utf8(token).expect("text");
        let opened = Socket::open(server.address, "/ws/chat/special/8888888888/", token.trim_end()).await;
        let list = opened.expect("up").fetch("fetch_msgs", "8888888888").await.expect("up");
        let found: Vec<_> = list.entries.iter().map(|entry| entry.message.as_str()).collect();
        assert_eq!(found, ["hello from before"]);
    }
}
