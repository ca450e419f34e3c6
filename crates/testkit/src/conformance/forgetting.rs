//! Forgetting people and conversations, and finding where somebody has left a trace.

use std::sync::Arc;

use hearken_core::account::Account;
use hearken_core::event::Audience;
use hearken_core::ids::{AccountId, ConversationId, NoticeId, Seq};
use hearken_core::node::Slices;
use hearken_core::store::{
    Batch, DirectoryChange, Find, Forget, IndexChange, IndexEntry, Record, RecordChange, RecordName, Was,
};
use hearken_core::{Body, Conversation, Kind as _, Notice, Target};
use uuid::Uuid;

use super::bench::Bench;
use super::scene::{
    Board, HOME, LogLine, Post, UNKNOWN, at, event, event_with, id, known_as, line, named, opening, person,
    plain, recording, set, talk, text, waiting,
};

/// That person 1 is forgotten in the conversation `n`.
fn him(n: u128, gaps: bool) -> Forget {
    Forget { conversation: id(n), account: Some(person(1)), gaps, after: 0 }
}

/// That all of it is.
fn all_of(n: u128) -> Forget {
    Forget { account: None, ..him(n, true) }
}

fn forgetting(forget: Forget) -> Batch {
    Batch { forgotten: vec![forget], ..Batch::default() }
}

/// A log of five in the conversation `n`, the second and the fourth by person 1.
async fn five(bench: &mut Bench, n: u128, kind: &'static str) -> Conversation {
    let talk = known_as(talk(n, 3), |identity| identity.kind = kind);
    let rows = (1..=5).map(|seq| match seq {
        2 => named(&talk, seq, 1, "his"),
        4 => event_with(&talk, seq, |event| event.author = Some(person(1))),
        _ => event(&talk, seq),
    });
    bench.commit(opening(&[&talk], rows.collect())).await;
    talk
}

fn left(lines: &[Seq]) -> Vec<LogLine> {
    lines.iter().map(|seq| plain(*seq)).collect()
}

pub(super) async fn rows_go_where_gaps_may_be(mut bench: Bench) {
    let talk = five(&mut bench, 1, Post::NAME).await;
    bench.commit(forgetting(him(1, true))).await;
    assert_eq!(bench.log(&talk).await, left(&[1, 3, 5]));
}

pub(super) async fn rows_stay_and_are_empty_where_none_may_be(mut bench: Bench) {
    let talk = five(&mut bench, 1, Board::NAME).await;
    bench.commit(forgetting(him(1, false))).await;
    let empty = |seq| (seq, None, None);
    assert_eq!(bench.log(&talk).await, [plain(1), empty(2), plain(3), empty(4), plain(5)]);
    let events = bench.events(&talk).await;
    assert!(
        events.iter().all(|stored| stored.event.author != Some(person(1)) && stored.event.origin.is_none())
    );
}

pub(super) async fn a_part_is_taken_at_a_time(mut bench: Bench) {
    let talk = five(&mut bench, 1, Post::NAME).await;
    let mut forget = him(1, true);
    let mut taken = Vec::new();
    while let Some(upto) = bench.ledger.forget(&forget, 2).await.expect("the store writes") {
        forget.after = upto;
        taken.push((upto, bench.log(&talk).await.len()));
    }
    assert_eq!(taken, [(2, 4), (4, 3), (5, 3)]);
    assert!(
        bench.found(id(1)).await.members.iter().any(|member| member.account == person(1)),
        "nothing else goes"
    );
}

pub(super) async fn what_lies_before_has_been_forgotten(mut bench: Bench) {
    let talk = five(&mut bench, 1, Post::NAME).await;
    bench.commit(forgetting(Forget { after: 2, ..him(1, true) })).await;
    assert_eq!(bench.log(&talk).await, left(&[1, 2, 3, 5]));
}

pub(super) async fn places_are_not_used_again(mut bench: Bench) {
    let talk = known_as(talk(1, 2), |_| {});
    let rows = vec![event(&talk, 1), event_with(&talk, 2, |event| event.author = Some(person(1)))];
    bench.commit(opening(&[&talk], rows)).await;
    bench.ledger.forget(&him(1, true), 10).await.expect("the store writes");
    assert_eq!(bench.found(id(1)).await.header.last_seq, 2);
    bench.commit(forgetting(him(1, true))).await;
    let bench = bench.reopen().await;
    assert_eq!((bench.found(id(1)).await.header.last_seq, bench.log(&talk).await), (2, left(&[1])));
}

pub(super) async fn an_audience_forgets_his_name(mut bench: Bench) {
    let talk = talk(1, 3);
    let to = |seq, audience: Audience| event_with(&talk, seq, |event| event.audience = audience);
    let rows = vec![
        to(1, Audience::only([person(1), person(2)])),
        to(2, Audience::members_except([person(1)])),
        to(3, Audience::only([person(1)])),
        to(4, Audience::only([person(2)])),
    ];
    bench.commit(opening(&[&talk], rows)).await;
    bench.commit(forgetting(him(1, true))).await;
    let found: Vec<_> =
        bench.events(&talk).await.iter().map(|stored| stored.event.audience.clone()).collect();
    let expected =
        [Audience::only([person(2)]), Audience::members(), Audience::only([]), Audience::only([person(2)])];
    assert_eq!(found, expected);
}

fn notice(talk: &Conversation, n: u128, to: u128, body: Body) -> Arc<Notice> {
    Arc::new(Notice {
        id: NoticeId(Uuid::from_u128(n)),
        account: person(to),
        conversation: Arc::clone(&talk.identity),
        at: at(0),
        origin: None,
        kept: true,
        body,
    })
}

async fn notices_of(bench: &Bench, to: u128) -> usize {
    let found = bench.store.notices(person(to), &[Post::NAME], 0, 100).await;
    found.expect("the store reads").len()
}

pub(super) async fn membership_and_notices_go_with_him(mut bench: Bench) {
    let talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![])).await;
    let names_him = text(&format!("{{\"by\":\"{}\"}}", person(1)));
    let notices = vec![
        notice(&talk, 1, 1, text("for him")),
        notice(&talk, 2, 2, names_him),
        notice(&talk, 3, 2, text("of another")),
    ];
    bench.commit(Batch { notices, ..Batch::default() }).await;
    bench.commit(forgetting(him(1, true))).await;
    let members: Vec<_> = bench.found(id(1)).await.members.iter().map(|member| member.account).collect();
    assert_eq!(members, [person(0), person(2)]);
    assert_eq!((notices_of(&bench, 1).await, notices_of(&bench, 2).await), (0, 1));
    assert!(places(&bench, 1).await.is_empty());
}

pub(super) async fn a_whole_conversation_goes_and_no_other(mut bench: Bench) {
    let gone = known_as(talk(1, 2), |identity| identity.key = Some("key".into()));
    let stays = talk(2, 2);
    let index = |n: u128| {
        let (index, key, value) = ("test.index".into(), "k".to_owned(), String::new());
        IndexChange::Put(IndexEntry { index, key, conversation: id(n), order: 1, value })
    };
    let rows = vec![waiting(&gone, 1, &[0]), waiting(&stays, 1, &[0])];
    let batch = Batch {
        index: vec![index(1), index(2)],
        timers: vec![(id(1), set("t", 1)), (id(2), set("t", 2))],
        notices: vec![notice(&gone, 1, 1, text("gone")), notice(&stays, 2, 1, text("stays"))],
        ..opening(&[&gone, &stays], rows)
    };
    bench.commit(batch).await;
    bench.commit(forgetting(all_of(1))).await;
    let mut bench = bench.reopen().await;
    let key = Target::Key { kind: Post::NAME, organisation: HOME, key: "key".into() };
    assert!(bench.read(Target::Id(id(1))).await.is_none() && bench.read(key).await.is_none());
    assert_eq!((bench.log(&gone).await, bench.log(&stays).await), (vec![], vec![line(1, &[0])]));
    assert_eq!(places(&bench, 1).await, [id(2)]);
    let find =
        Find { index: "test.index".into(), key: "k".into(), from: 0, to: 9, descending: false, limit: 9 };
    let found = bench.store.find(&find).await.expect("the store reads");
    assert_eq!(found.iter().map(|entry| entry.conversation).collect::<Vec<_>>(), [id(2)]);
    let timers = bench.store.timers(&bench.registry, &Slices::ALL, 10).await.expect("the store reads");
    assert_eq!(timers.iter().map(|timer| timer.conversation).collect::<Vec<_>>(), [id(2)]);
    assert_eq!(notices_of(&bench, 1).await, 1);
    // Its key is free.
    let again = known_as(talk(3, 1), |identity| identity.key = Some("key".into()));
    bench.commit(opening(&[&again], vec![])).await;
}

pub(super) async fn it_comes_after_all_else_of_its_batch(mut bench: Bench) {
    let talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![])).await;
    let his = event_with(&talk, 1, |event| event.author = Some(person(1)));
    bench.commit(Batch { forgotten: vec![him(1, true)], ..recording(vec![his, event(&talk, 2)]) }).await;
    assert_eq!(bench.log(&talk).await, left(&[2]));
}

async fn places(bench: &Bench, of: u128) -> Vec<ConversationId> {
    bench.store.places_of(person(of), None, 100).await.expect("the store reads")
}

pub(super) async fn places_are_listed_whoever_has_left_and_whatever_the_kind(mut bench: Bench) {
    let mut was_in = talk(2, 2);
    let mut members = was_in.members.to_vec();
    members[1].left = Some(0);
    was_in.members = members.into();
    let unknown = known_as(talk(3, 2), |identity| identity.kind = UNKNOWN);
    bench.commit(opening(&[&talk(1, 2), &was_in, &unknown, &talk(4, 1)], vec![])).await;
    assert_eq!(places(&bench, 1).await, [id(1), id(2), id(3)]);
    let page =
        async |after, limit| bench.store.places_of(person(1), after, limit).await.expect("the store reads");
    assert_eq!((page(None, 2).await, page(Some(id(2)), 2).await), (vec![id(1), id(2)], vec![id(3)]));
}

pub(super) async fn traces_are_found_where_he_is_no_member(mut bench: Bench) {
    let (wrote, named_in, neither) = (talk(1, 1), talk(2, 1), talk(3, 2));
    let rows = vec![
        event_with(&wrote, 1, |event| event.author = Some(person(1))),
        event_with(&named_in, 1, |event| event.audience = Audience::members_except([person(1)])),
        event(&neither, 1),
    ];
    bench.commit(opening(&[&wrote, &named_in, &neither], rows)).await;
    let traces = async |bench: &Bench, limit| {
        let mut found = bench.store.traces_of(person(1), limit).await.expect("the store reads");
        found.sort();
        found
    };
    assert_eq!(traces(&bench, 10).await, [id(1), id(2)]);
    assert_eq!(traces(&bench, 1).await.len(), 1);
    bench.commit(forgetting(him(1, true))).await;
    bench.commit(forgetting(him(2, true))).await;
    assert_eq!(traces(&bench, 10).await, []);
}

fn record(key: &str, account: Option<AccountId>, value: &str) -> RecordChange {
    let name = RecordName::new("test", key);
    let record = Record { name, account, expires: None, value: value.as_bytes().to_vec() };
    RecordChange::Put(record, Was::Anything)
}

pub(super) async fn records_are_found_by_a_word_in_them(mut bench: Bench) {
    let records = vec![
        record("a", None, "{\"phone\":\"9999999999\"}"),
        record("b", None, "{\"phone\":\"99999999991\"}"),
        record("to 9999999999", None, "{}"),
        record("d", None, "{\"email\":\"Ana@example.org\"}"),
    ];
    bench.commit(Batch { records, ..Batch::default() }).await;
    let naming = async |words: &[&str]| {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        let mut found = bench.store.records_naming(&words).await.expect("the store reads");
        found.sort();
        found.into_iter().map(|name| name.key).collect::<Vec<_>>()
    };
    assert_eq!(naming(&["9999999999"]).await, ["a", "to 9999999999"]);
    assert_eq!(naming(&["nobody", "ana@example.org"]).await, ["d"]);
    assert!(naming(&[]).await.is_empty());
}

pub(super) async fn what_is_kept_for_an_account_goes_with_it(mut bench: Bench) {
    let account = |n: u128| {
        DirectoryChange::AddAccount(Account {
            id: person(n),
            organisation_id: HOME,
            name: None,
            last_name: None,
            display_name: None,
            email: None,
            phone: None,
            roles: vec![],
            guest: false,
            disabled: true,
            created_at: at(0),
            updated_at: at(0),
        })
    };
    let talk = talk(1, 1);
    let notices = vec![notice(&talk, 1, 1, text("his")), notice(&talk, 2, 2, text("another's"))];
    let records = vec![record("his", Some(person(1)), "{}"), record("another's", Some(person(2)), "{}")];
    let directory = vec![account(1), account(2)];
    bench.commit(Batch { directory, notices, records, ..opening(&[&talk], vec![]) }).await;
    let gone = Batch { directory: vec![DirectoryChange::RemoveAccount(person(1))], ..Batch::default() };
    bench.commit(gone).await;
    assert_eq!((notices_of(&bench, 1).await, notices_of(&bench, 2).await), (0, 1));
    let records = async |n| bench.store.records_of(person(n), None, 9).await.expect("the store reads").len();
    assert_eq!((records(1).await, records(2).await), (0, 1));
    let left: Vec<_> =
        bench.store.accounts(None, 9).await.expect("the store reads").iter().map(|a| a.id).collect();
    assert_eq!(left, [person(2)]);
}

/// Whatever a store has to clean: nothing is lost by it, and after it there is nothing to clean.
pub(super) async fn cleaning_takes_nothing_away(mut bench: Bench) {
    let talk = talk(1, 2);
    bench.commit(opening(&[&talk], (1..=300).map(|seq| waiting(&talk, seq, &[0])).collect())).await;
    bench.commit(forgetting(Forget { after: 150, ..all_of(2) })).await;
    for seq in (1..=300).filter(|seq| seq % 3 == 0) {
        let change = hearken_core::store::WaitingChange {
            conversation: id(1),
            seq,
            pending: Some(super::scene::slots(&[])),
            kept: false,
        };
        bench.commit(Batch { waiting: vec![change], ..Batch::default() }).await;
    }
    let log = bench.log(&talk).await;
    let mut from = Some(0);
    while let Some(looked) = from {
        let residue = bench.store.residue(looked).await.expect("the store reads");
        bench.ledger.scrub(&residue.places).await.expect("the store writes");
        from = residue.next;
    }
    assert!(bench.ledger.fold().await.expect("the store writes"));
    let mut bench = bench.reopen().await;
    assert_eq!(bench.log(&talk).await, log);
    assert_eq!(bench.store.residue(0).await.expect("the store reads").places, Vec::<u64>::new());
    bench.commit(recording(vec![event(&talk, 301)])).await;
}
