//! `hearken migrate` and `hearken check` on stores of other versions.

use std::path::Path;

use hearken_store::SqliteStore;

use crate::place::{Place, add};
use crate::server::run;

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
