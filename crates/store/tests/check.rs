//! Damage of every kind, done to a sound store with plain SQL, and the line by which `check` tells it.

use std::path::Path;
use std::sync::Arc;

use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::{At, CommitSettings, Core, Kind, NewAccount, NewEvent, Ports, Registry, Running, Stored};
use hearken_store::{Claim, Inspection, OpenError, SqliteStore};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Words(String);

impl Stored for Words {
    const VERSION: u16 = 1;
}

macro_rules! kind {
    ($kind:ident, $name:literal, $forwards:literal) => {
        struct $kind;

        impl Kind for $kind {
            const NAME: &'static str = $name;
            const FORWARDS: bool = $forwards;
            type State = Words;
            type Event = Words;
            type Signal = Words;
        }
    };
}

kind!(Post, "test.post", true);
kind!(Board, "test.board", false);

fn registry() -> Registry {
    Registry::default().with::<Post>().with::<Board>()
}

async fn start(folder: &Path) -> (Core, Running) {
    let (ports, _) = Ports::system(Arc::new(SqliteStore::open(folder).expect("a store")));
    Core::start(ports, registry(), CommitSettings::default()).await.expect("a core")
}

/// Says three things in a new conversation of Ana and Budi, each waiting for Budi where things wait.
async fn talk<K: Kind<State = Words, Event = Words>>(core: &Core, people: &[Person]) {
    let organisation = people[0].account.organisation_id;
    for n in 1..=3 {
        let at = At::<K>::key(organisation, "talk").or_open(Words("state".into()));
        let accounts: Vec<_> = people.iter().map(|person| person.account.id).collect();
        let said = core.update(&Actor::Person(people[0].clone()), at, move |draft| {
            if draft.is_new() {
                for account in &accounts {
                    draft.join(*account, "member");
                }
                draft.set_timer("later", draft.now());
                draft.put_index("test.index", "key", 1, "");
            }
            let event = NewEvent::new(Words(format!("word {n}")));
            draft.record(if K::FORWARDS { event.waiting_for([accounts[1]]) } else { event });
            Ok::<_, ()>(())
        });
        said.await.expect("said");
    }
}

/// A store with something of everything.
async fn sound(folder: &Path) {
    let (core, running) = start(folder).await;
    let mut people = Vec::new();
    for phone in ["9999999999", "8888888888"] {
        let new = NewAccount { phone: phone.parse().ok(), ..NewAccount::default() };
        let account = core.add_account(new).await.expect("an account");
        let credential = Credential::OperatorToken { expires: core.wall() };
        people.push(Person { account, sign_in: core.new_sign_in(), credential });
    }
    talk::<Post>(&core, &people).await;
    talk::<Board>(&core, &people).await;
    running.stop().await;
}

fn inspect(folder: &Path) -> Result<Inspection, OpenError> {
    let claim = Claim::of(folder)?;
    Inspection::of(&claim.file(), &registry())
}

/// Damages a copy of a sound store and looks for the line that tells it; none where `expect` is empty.
#[track_caller]
fn check(sound: &Path, damage: &str, expect: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hearken.db");
    std::fs::copy(sound.join("hearken.db"), &file).expect("copied");
    Connection::open(&file).expect("a store").execute_batch(damage).expect("damaged");
    let before = std::fs::read(&file).expect("read");
    let found = inspect(folder.path()).expect("it opens").found;
    match expect {
        "" => assert_eq!(found, Vec::<String>::new(), "{damage}"),
        _ => assert!(found.len() == 1 && found[0] == expect, "{damage}: {found:?}"),
    }
    assert_eq!(std::fs::read(&file).expect("read"), before, "looking changes nothing");
}

const POST: &str = "(select id from conversations where kind = 'test.post')";
const BOARD: &str = "(select id from conversations where kind = 'test.board')";

fn event(change: &str) -> String {
    format!("update events set {change} where conversation = {POST} and seq = 2")
}

/// Of Budi, for whom all three wait.
fn member(change: &str) -> String {
    format!("update members set {change} where conversation = {POST} and slot = 1")
}

#[tokio::test]
async fn damage_of_events_has_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    sound(folder.path()).await;
    let check = |damage: &str, expect: &str| check(folder.path(), damage, expect);
    check("", "");
    check(&format!("delete from events where conversation = {POST} and seq = 2"), "");
    check(
        &format!("delete from events where conversation = {BOARD} and seq = 2"),
        "1 conversations have a gap in their log",
    );
    check(
        "insert into events (conversation, seq, at, version) values (x'00', 1, 0, 1)",
        "1 events belong to no conversation",
    );
    check(&event("seq = 0, pending = null"), "1 events have no place in their log");
    check(&event("author = x'00'"), "1 events have an author without an account");
    check(&event("author = null"), "");
    check(&event("pending = x''"), "1 events that everybody has received still have their body");
    check(&event("pending = x'', body = null"), "");
    check(&event("body = null"), "1 events that somebody waits for have lost their body");
    let unread = "1 events have a body or an audience that does not read";
    check(&event("body = cast('{' as blob)"), unread);
    check(&event("audience = '['"), unread);
    let nobody = "events wait for a place in their pending set that nobody has";
    check(&event("pending = x'80'"), &format!("1 {nobody}"));
    check(&event("pending = zeroblob(20)"), "1 events have a pending set that is wider than is known");
    check(&member("left_at = 3"), &format!("3 {nobody}"));
    check(&member("joined = 2"), "2 events wait for somebody who came after them");
    check(&member("floor = 1"), "1 events wait for somebody below the place from which he looks");
}

#[tokio::test]
async fn damage_of_conversations_has_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    sound(folder.path()).await;
    let check = |damage: &str, expect: &str| check(folder.path(), damage, expect);
    let ahead = "1 members came, left or stopped waiting where the log has not come yet";
    let budi = "account = (select max(id) from accounts)";
    check(&format!("update members set left_at = 4 where conversation = {BOARD} and {budi}"), ahead);
    check(
        &format!("update members set joined = 3, left_at = 2 where conversation = {BOARD} and {budi}"),
        ahead,
    );
    check(&format!("update members set floor = 4 where conversation = {POST} and slot = 0"), ahead);
    check(
        &format!("update members set slot = 1 where conversation = {POST} and slot = 0"),
        "1 members share a place in pending sets",
    );
    let insert = "insert into members (conversation, account, slot, role, since, joined, read)";
    check(
        &format!("{insert} select x'00', id, 0, '', 0, 0, 0 from accounts limit 1"),
        "1 members belong to no conversation",
    );
    check(&format!("{insert} select {POST}, x'00', 9, '', 0, 0, 0"), "1 members have no account");
    let change = |change: &str| format!("update conversations set {change} where kind = 'test.post'");
    check(&change("state = cast('{' as blob)"), "1 conversations have a state that does not read");
    check(&change("organisation = x'00'"), "1 conversations belong to no organisation");
    check(
        "insert into timers (conversation, key, due) values (x'00', 'k', 0)",
        "1 timers belong to no conversation",
    );
    check(
        "insert into index_rows (name, key, conversation, ordering, value) values ('i', 'k', x'00', 0, '')",
        "1 index rows lead to no conversation",
    );
}

#[tokio::test]
async fn damage_of_what_is_known_of_people_has_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    sound(folder.path()).await;
    let check = |damage: &str, expect: &str| check(folder.path(), damage, expect);
    let change = |change: &str| format!("update accounts set {change} where phone = '9999999999'");
    check(&change("organisation = x'00'"), "1 accounts belong to no organisation");
    check(&change("phone = '+99999999999'"), "1 accounts have a phone that is no number");
    check(&change("phone = '999'"), "1 accounts have a phone that is no number");
    let notice = |account: &str, conversation: &str| {
        format!(
            "insert into notices (account, place, id, conversation, at, version, body) \
             select {account}, 1, x'01', {conversation}, 0, 1, x'7b7d' from accounts limit 1"
        )
    };
    check(&notice("id", POST), "");
    check(&notice("x'00'", POST), "1 notices are kept for nobody");
    check(&notice("id", "x'00'"), "1 notices come from no conversation");
    check(
        "insert into records (space, key, account, version, value) values ('s', 'k', x'00', 1, x'7b7d')",
        "1 records are of nobody",
    );
}

#[tokio::test]
async fn a_damaged_file_is_told_page_by_page() {
    let folder = tempfile::tempdir().expect("a folder");
    sound(folder.path()).await;
    let file = folder.path().join("hearken.db");
    let mut bytes = std::fs::read(&file).expect("read");
    let root: usize = {
        let connection = Connection::open(&file).expect("a store");
        let sql = "select rootpage from sqlite_master where name = 'events_seq'";
        connection.query_row(sql, [], |row| row.get(0)).expect("an index")
    };
    // The count of rows on the index's only page.
    bytes[(root - 1) * 4096 + 4] -= 1;
    std::fs::write(&file, bytes).expect("written");
    let found = inspect(folder.path()).expect("it opens").found;
    assert!(found.iter().all(|line| line.starts_with("the file is damaged: ")), "{found:?}");
    assert!(found.iter().any(|line| line.contains("events_seq")), "{found:?}");
}

#[tokio::test]
async fn a_store_of_another_version_is_told_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    sound(folder.path()).await;
    let newest = SqliteStore::newest_schema();
    let inspection = inspect(folder.path()).expect("it opens");
    assert_eq!((inspection.schema, inspection.newest), (newest, newest));
    let set = |version: i64| {
        let connection = Connection::open(folder.path().join("hearken.db")).expect("a store");
        connection.pragma_update(None, "user_version", version).expect("set");
    };
    set(newest + 1);
    for refused in [inspect(folder.path()).err(), SqliteStore::open(folder.path()).err()] {
        let Some(OpenError::Newer { found, known }) = refused else { panic!("{refused:?}") };
        assert_eq!((found, known), (newest + 1, newest));
    }
}
