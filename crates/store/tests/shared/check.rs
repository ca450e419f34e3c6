//! Damage of every kind, done to a sound store with plain SQL, and the line by which `check` tells it.

use hearken_testkit::throwaway::Database;

use crate::house::House;
use crate::plain::Plain;

const TABLES: [&str; 8] =
    ["accounts", "conversations", "members", "events", "index_rows", "timers", "notices", "records"];
const NOWHERE: &str = "'00000000-0000-0000-0000-0000000000ff'";
const PURSE: &str = "(select id from conversations)";

/// A store with something of everything, and a copy of each table.
async fn sound(database: &Database) -> (House, Plain) {
    let house = House::open(database.url()).await;
    let people = [house.person().await, house.person().await];
    let pair = people.each_ref().map(|who| who.account().expect("a person"));
    for n in 0..3 {
        assert_eq!(house.put("p", &people[0], pair, n.to_string(), 1).await, Ok(true));
    }
    let later = house.core.update(&people[0], house.purse("p"), |draft| {
        draft.set_timer("later", draft.now() + std::time::Duration::from_hours(1));
        draft.put_index("test.index", "key", 1, "");
        Ok::<_, &str>(())
    });
    later.await.expect("it is set");
    let plain = Plain::to(database.url()).await;
    for table in TABLES {
        plain.run(&format!("create table saved_{table} as table {table}")).await;
    }
    (house, plain)
}

/// Does the damage, looks for the line that tells it, and undoes it; no line where `expect` is empty.
async fn check((house, plain): &(House, Plain), damage: &str, expect: &str) {
    plain.run(damage).await;
    let found = house.core.check().await.expect("the store reads");
    match expect {
        "" => assert_eq!(found, Vec::<String>::new(), "{damage}"),
        _ => assert_eq!(found, [expect], "{damage}"),
    }
    for table in TABLES {
        plain
            .run(&format!("truncate {table} cascade; insert into {table} select * from saved_{table}"))
            .await;
    }
}

fn event(change: &str) -> String {
    format!("update events set {change} where seq = 2")
}

/// Of the one for whom all three wait.
fn member(change: &str) -> String {
    format!("update members set {change} where slot = 1")
}

#[tokio::test]
async fn damage_of_events_has_its_line() {
    let database = Database::new();
    let sound = sound(&database).await;
    let check = async |damage: &str, expect: &str| check(&sound, damage, expect).await;
    check("", "").await;
    check("delete from events where seq = 2", "").await;
    let lost = format!("insert into events (conversation, seq, at, version) values ({NOWHERE}, 1, 0, 1)");
    check(&lost, "1 events belong to no conversation").await;
    check(&event("seq = 0, pending = null"), "1 events have no place in their log").await;
    check(&event(&format!("author = {NOWHERE}")), "1 events have an author without an account").await;
    check(&event("author = null"), "").await;
    check(&event("pending = ''"), "1 events that everybody has received still have their body").await;
    check(&event("pending = '', body = null"), "").await;
    check(&event("body = null"), "1 events that somebody waits for have lost their body").await;
    check("update events set seq = 7 where seq = 3", "1 events lie beyond the end of their log").await;
    let unread = "1 events have a body or an audience that does not read";
    check(&event("body = '{'"), unread).await;
    check(&event("audience = '['"), unread).await;
    let nobody = "events wait for a place in their pending set that nobody has";
    check(&event("pending = '\\x80'"), &format!("1 {nobody}")).await;
    let wide = event("pending = decode(repeat('00', 20), 'hex')");
    check(&wide, "1 events have a pending set that is wider than is known").await;
    check(&member("left_at = 3"), &format!("3 {nobody}")).await;
    check(&member("joined = 2"), "2 events wait for somebody who came after them").await;
    check(&member("floor = 1"), "1 events wait for somebody below the place from which he looks").await;
}

#[tokio::test]
async fn damage_of_the_rest_has_its_line() {
    let database = Database::new();
    let sound = sound(&database).await;
    let check = async |damage: &str, expect: &str| check(&sound, damage, expect).await;
    let ahead = "1 members came, left or stopped waiting where the log has not come yet";
    check("update members set floor = 4 where slot = 0", ahead).await;
    check("update members set slot = 1 where slot = 0", "1 members share a place in pending sets").await;
    let insert = "insert into members (conversation, account, slot, role, since, joined, read)";
    let astray = format!("{insert} select {NOWHERE}, id, 0, '', 0, 0, 0 from accounts limit 1");
    check(&astray, "1 members belong to no conversation").await;
    let stranger = format!("{insert} select {PURSE}, {NOWHERE}, 9, '', 0, 0, 0");
    check(&stranger, "1 members have no account").await;
    check("update conversations set state = '{'", "1 conversations have a state that does not read").await;
    let elsewhere = format!("update conversations set organisation = {NOWHERE}");
    check(&elsewhere, "1 conversations belong to no organisation").await;
    check(&format!("update timers set conversation = {NOWHERE}"), "1 timers belong to no conversation").await;
    let row = format!("update index_rows set conversation = {NOWHERE}");
    check(&row, "1 index rows lead to no conversation").await;
    let account = |change: &str| {
        format!("update accounts set {change} where id = (select min(id::text)::uuid from accounts)")
    };
    check(&account(&format!("organisation = {NOWHERE}")), "1 accounts belong to no organisation").await;
    check(&account("phone = '999'"), "1 accounts have a phone that is no number").await;
    let notice = |account: &str, conversation: &str| {
        format!(
            "insert into notices (account, id, conversation, at, version, body) \
             select {account}, {NOWHERE}, {conversation}, 0, 1, '{{}}' from accounts limit 1"
        )
    };
    check(&notice("id", PURSE), "").await;
    check(&notice(NOWHERE, PURSE), "1 notices are kept for nobody").await;
    check(&notice("id", NOWHERE), "1 notices come from no conversation").await;
    let record = format!(
        "insert into records (space, key, account, version, value) values ('s', 'k', {NOWHERE}, 1, '1')"
    );
    check(&record, "1 records are of nobody").await;
}
