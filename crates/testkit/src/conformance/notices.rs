//! Notices that are kept for people.

use std::sync::Arc;

use hearken_core::ids::NoticeId;
use hearken_core::store::Batch;
use hearken_core::{Body, Conversation, Kind as _, MOST_NOTICES, Notice};
use uuid::Uuid;

use super::bench::Bench;
use super::scene::{Board, Post, at, id, known_as, opening, person, talk, text, words};

const KINDS: &[&str] = &[Post::NAME, Board::NAME];

fn name(n: u128) -> NoticeId {
    NoticeId(Uuid::from_u128(0xE0_0000 + n))
}

/// The notice `n` for a person, its number as its words.
fn notice(talk: &Conversation, to: u128, n: u128) -> Arc<Notice> {
    Arc::new(Notice {
        id: name(n),
        account: person(to),
        conversation: Arc::clone(&talk.identity),
        at: at(n as i64),
        origin: None,
        kept: true,
        body: text(&n.to_string()),
    })
}

fn telling(notices: Vec<Arc<Notice>>) -> Batch {
    Batch { notices, ..Batch::default() }
}

fn passing(passed: impl IntoIterator<Item = u128>) -> Batch {
    Batch { passed: passed.into_iter().map(name).collect(), ..Batch::default() }
}

/// A store with a conversation of each kind, and these notices of the first: for whom, and which.
async fn with(mut bench: Bench, notices: &[(u128, u128)]) -> Bench {
    let post = talk(1, 2);
    let board = known_as(talk(2, 2), |identity| {
        identity.kind = Board::NAME;
        identity.key = Some("key".into());
    });
    bench.commit(opening(&[&post, &board], vec![])).await;
    bench.commit(telling(notices.iter().map(|(to, n)| notice(&post, *to, *n)).collect())).await;
    bench
}

/// The notices kept for a person, after a place: each place, and which it is.
async fn kept(bench: &Bench, to: u128, after: u64, limit: usize) -> Vec<(u64, String)> {
    let found = bench.store.notices(person(to), KINDS, after, limit).await.expect("the store reads");
    let line = |body: &Body| words(Some(body)).expect("it reads").to_owned();
    found.iter().map(|kept| (kept.place, line(&kept.notice.body))).collect()
}

async fn check(bench: &Bench, to: u128, expect: &[u128]) {
    let found: Vec<_> = kept(bench, to, 0, 100_000).await.into_iter().map(|(_, words)| words).collect();
    assert_eq!(found, expect.iter().map(ToString::to_string).collect::<Vec<_>>());
}

pub(super) async fn one_reads_back_whole(bench: Bench) {
    let mut bench = with(bench, &[]).await;
    let board = bench.found(id(2)).await;
    bench.commit(telling(vec![notice(&board, 7, 1)])).await;
    let found = bench.store.notices(person(7), KINDS, 0, 10).await.expect("the store reads");
    let [kept] = found.as_slice() else { panic!("there is one: {found:?}") };
    let notice = &kept.notice;
    assert_eq!((notice.id, notice.account, notice.at, notice.kept), (name(1), person(7), at(1), true));
    assert_eq!((&notice.conversation, notice.origin), (&board.identity, None));
    assert_eq!((words(Some(&notice.body)), notice.body.version()), (Some("1"), 1));
}

pub(super) async fn they_come_in_order_and_to_each_his_own(bench: Bench) {
    let mut bench = with(bench, &[(1, 5), (2, 4), (1, 3)]).await;
    let board = bench.found(id(2)).await;
    bench.commit(telling(vec![notice(&board, 1, 9), notice(&board, 3, 8), notice(&board, 1, 2)])).await;
    check(&bench, 1, &[5, 3, 9, 2]).await;
    check(&bench, 2, &[4]).await;
    check(&bench, 3, &[8]).await;
    check(&bench, 4, &[]).await;
}

pub(super) async fn the_kinds_asked_for_are_listed(bench: Bench) {
    let mut bench = with(bench, &[(1, 1)]).await;
    let board = bench.found(id(2)).await;
    bench.commit(telling(vec![notice(&board, 1, 2)])).await;
    for (kinds, expect) in [(&[Post::NAME][..], "1"), (&[Board::NAME], "2")] {
        let found = bench.store.notices(person(1), kinds, 0, 1).await.expect("the store reads");
        assert_eq!(
            found.iter().map(|kept| words(Some(&kept.notice.body))).collect::<Vec<_>>(),
            [Some(expect)]
        );
    }
    assert!(bench.store.notices(person(1), &[], 0, 9).await.expect("the store reads").is_empty());
}

pub(super) async fn a_list_goes_on_from_a_place(bench: Bench) {
    let bench = with(bench, &[(1, 1), (2, 9), (1, 2), (1, 3)]).await;
    let first = kept(&bench, 1, 0, 2).await;
    assert_eq!(first.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let rest = kept(&bench, 1, first[1].0, 2).await;
    assert_eq!(rest.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>(), ["3"]);
    assert_eq!(kept(&bench, 1, rest[0].0, 2).await, []);
    assert_eq!(kept(&bench, 1, u64::MAX, 2).await, []);
    assert_eq!(kept(&bench, 1, 0, 0).await, []);
}

pub(super) async fn those_that_were_passed_are_gone(bench: Bench) {
    let mut bench = with(bench, &[(1, 1), (1, 2), (1, 3), (2, 4)]).await;
    bench.commit(passing([1, 3, 99])).await;
    check(&bench, 1, &[2]).await;
    check(&bench, 2, &[4]).await;
    bench.commit(passing([2, 3, 4])).await;
    check(&bench, 1, &[]).await;
    check(&bench, 2, &[]).await;
}

pub(super) async fn what_comes_later_is_listed_last_whatever_has_gone(bench: Bench) {
    let mut bench = with(bench, &[(1, 1), (1, 2), (1, 3)]).await;
    let post = bench.found(id(1)).await;
    bench.commit(passing([3])).await;
    bench.commit(telling(vec![notice(&post, 1, 4)])).await;
    check(&bench, 1, &[1, 2, 4]).await;
    bench.commit(passing([1, 2])).await;
    bench.commit(telling(vec![notice(&post, 1, 5)])).await;
    check(&bench, 1, &[4, 5]).await;
}

pub(super) async fn of_too_many_the_oldest_go(bench: Bench) {
    let most = u128::from(MOST_NOTICES);
    let notices: Vec<_> = (1..=most + 3).map(|n| (1, n)).chain([(2, most + 4)]).collect();
    let mut bench = with(bench, &notices).await;
    let found = kept(&bench, 1, 0, 100_000).await;
    assert_eq!(found.len() as u64, MOST_NOTICES);
    assert_eq!((found[0].1.as_str(), found[found.len() - 1].1.clone()), ("4", (most + 3).to_string()));
    check(&bench, 2, &[most + 4]).await;
    let post = bench.found(id(1)).await;
    bench.commit(telling(vec![notice(&post, 1, most + 5)])).await;
    assert_eq!(kept(&bench, 1, 0, 1).await[0].1, "5");
}

pub(super) async fn they_outlive_the_store_being_closed(bench: Bench) {
    let bench = with(bench, &[(1, 1), (1, 2)]).await.reopen().await;
    check(&bench, 1, &[1, 2]).await;
}

pub(super) async fn those_for_nobody_are_found_by_the_check(bench: Bench) {
    let mut bench = with(bench, &[(99, 1)]).await;
    let post = bench.found(id(1)).await;
    let elsewhere = known_as(post, |identity| identity.id = id(9));
    bench.commit(telling(vec![notice(&elsewhere, 99, 2)])).await;
    let found = bench.store.check(&bench.registry).await.expect("the store reads");
    for what in ["for nobody", "from no conversation"] {
        assert!(found.iter().any(|line| line.contains("notice") && line.contains(what)), "{what}: {found:?}");
    }
    assert_eq!(kept(&bench, 99, 0, 9).await.len(), 1, "what comes from nowhere is passed over");
}
