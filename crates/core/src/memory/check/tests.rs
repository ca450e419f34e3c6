//! Seeded damage: each kind of it has its line.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::super::tables::Line;
use super::*;
use crate::account::{Account, Organisation};
use crate::clock::from_millis;
use crate::conversation::{Draft, Header, Kind};
use crate::ids::{AccountId, OrganisationId};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Nothing;

impl crate::body::Stored for Nothing {
    const VERSION: u16 = 1;
}

struct Post;

impl Kind for Post {
    const NAME: &'static str = "test.post";
    const FORWARDS: bool = true;
    type State = Nothing;
    type Event = Nothing;
    type Signal = Nothing;

    fn on_timer(_: &mut Draft<'_, '_, Self>, _: &str, _: jiff::Timestamp) {}
}

const PLACE: ConversationId = ConversationId(Uuid::from_u128(1));
const HOME: OrganisationId = OrganisationId(Uuid::from_u128(2));
const FIRST: AccountId = AccountId(Uuid::from_u128(3));
const SECOND: AccountId = AccountId(Uuid::from_u128(4));

fn json(text: &str) -> Encoded {
    Encoded { version: 1, json: text.as_bytes().to_vec() }
}

fn account(id: AccountId) -> Account {
    Account {
        id,
        organisation_id: HOME,
        name: None,
        last_name: None,
        display_name: None,
        email: None,
        phone: None,
        roles: Vec::new(),
        guest: false,
        disabled: false,
        created_at: from_millis(0),
        updated_at: from_millis(0),
    }
}

fn member(account: AccountId, slot: u8) -> Member {
    let role = String::new();
    Member { account, slot, role, since: from_millis(0), joined: 0, left: None, read: 0 }
}

fn line(pending: Option<SlotSet>, body: Option<Encoded>) -> Line {
    let (author, origin, key, digest) = (None, None, None, None);
    Line { arrival: 1, at: from_millis(0), author, origin, audience: None, body, key, digest, pending }
}

/// Two people in a conversation of this kind, whose event 1 waits for both, and event 2 for nobody any more.
fn sound(kind: &str) -> Tables {
    let mut tables = Tables::default();
    let name = "default".to_owned();
    tables.people.organisations.insert(HOME, Organisation { id: HOME, name });
    for id in [FIRST, SECOND] {
        tables.people.accounts.insert(id, account(id));
    }
    let both: SlotSet = [0, 1].into_iter().collect();
    let row = Row {
        kind: kind.to_owned(),
        organisation: HOME,
        key: None,
        header: Header { last_seq: 2, ..Header::new() },
        stamp: 0,
        revision: 0,
        state: json("null"),
        members: vec![member(FIRST, 0), member(SECOND, 1)],
        floors: HashMap::new(),
        events: BTreeMap::from([
            (1, line(Some(both), Some(json("1")))),
            (2, line(Some(SlotSet::EMPTY), None)),
        ]),
    };
    tables.conversations.insert(PLACE, row);
    tables
}

/// Damages a sound store and looks for the line that says so; no line is expected where `expect` is empty.
fn check(kind: &str, damage: impl FnOnce(&mut Tables, &mut Row), expect: &str) {
    let mut tables = sound(kind);
    let mut row = tables.conversations.remove(&PLACE).expect("put there above");
    damage(&mut tables, &mut row);
    tables.conversations.insert(PLACE, row);
    let found = run(&tables, &Registry::default().with::<Post>());
    match expect {
        "" => assert_eq!(found, Vec::<String>::new()),
        _ => assert!(found.len() == 1 && found[0].contains(expect), "{expect:?} in {found:?}"),
    }
}

#[test]
fn damage_is_told_and_soundness_is_silent() {
    let line_1 =
        |row: &mut Row, damage: fn(&mut Line)| damage(row.events.get_mut(&1).expect("a sound store has it"));
    let post = Post::NAME;
    check(post, |_, _| {}, "");
    check("test.board", |_, _| {}, "");
    check(post, |_, row| drop(row.events.remove(&1)), "");
    check("test.board", |_, row| drop(row.events.remove(&1)), "has a gap in its log");
    check("test.board", |_, row| row.header.last_seq = 3, "has a gap in its log");
    check(post, |tables, _| drop(tables.people.accounts.remove(&FIRST)), "a member without an account");
    let stray_account = |tables: &mut Tables, _: &mut Row| {
        let lost = Account { organisation_id: OrganisationId(Uuid::from_u128(9)), ..account(FIRST) };
        tables.people.accounts.insert(FIRST, lost);
    };
    check(post, stray_account, "belongs to no organisation");
    check(post, |_, row| row.state = json("{"), "a state that is not JSON");
    check(post, |_, row| drop(row.events.insert(0, line(None, None))), "an event without a place");
    check(post, |_, row| line_1(row, |line| line.body = None), "has lost a body");
    check(post, |_, row| line_1(row, |line| line.body = Some(json("x"))), "a body that is not JSON");
    check(post, |_, row| line_1(row, |line| line.audience = Some(vec![])), "an audience that does not");
    let keeps = |line: &mut Line| line.pending = Some(SlotSet::EMPTY);
    check(post, |_, row| line_1(row, keeps), "keeps the body");
    let stray = |line: &mut Line| line.pending = Some([7].into_iter().collect());
    check(post, |_, row| line_1(row, stray), "a slot that nobody has");
    let timer = (ConversationId(Uuid::from_u128(9)), "late".to_owned());
    check(
        post,
        |tables, _| {
            tables.timers.insert(timer, from_millis(0));
        },
        "timer late belongs to no",
    );
    let row = BTreeMap::from([(ConversationId(Uuid::from_u128(9)), (0, String::new()))]);
    let index = ("test.index".to_owned(), "key".to_owned());
    check(post, |tables, _| drop(tables.index.insert(index, row)), "leads to no conversation");
}

#[test]
fn members_of_a_kind_that_forwards_have_a_slot_each() {
    let share = |_: &mut Tables, row: &mut Row| {
        row.members[1].slot = 0;
        row.events.clear();
    };
    check(Post::NAME, share, "share a slot");
    check(
        "test.board",
        |tables, row| {
            share(tables, row);
            row.header.last_seq = 0;
        },
        "",
    );
}
