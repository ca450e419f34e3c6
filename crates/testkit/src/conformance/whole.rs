//! The store as a whole.

use hearken_core::account::{Account, Organisation};
use hearken_core::node::Slices;
use hearken_core::store::{
    Batch, ClearedSlot, DirectoryChange, Find, IndexChange, IndexEntry, StoreError, WaitingChange,
};
use hearken_core::{Kind as _, Registry, Target};

use super::bench::Bench;
use super::scene::{
    Board, HOME, at, event, id, known_as, line, named, opening, person, recording, rewriting, set, slots,
    talk, waiting,
};

fn account(n: u128) -> DirectoryChange {
    DirectoryChange::AddAccount(Account {
        id: person(n),
        organisation_id: HOME,
        name: Some("Ann".into()),
        last_name: None,
        display_name: None,
        email: Some(format!("ann.{n}@example.org")),
        phone: None,
        roles: vec![],
        guest: false,
        disabled: false,
        created_at: at(0),
        updated_at: at(0),
    })
}

fn people(count: u128) -> Vec<DirectoryChange> {
    let home = Organisation { id: HOME, name: "default".into() };
    [DirectoryChange::AddOrganisation(home)].into_iter().chain((0..count).map(account)).collect()
}

fn index_row(n: u128) -> IndexChange {
    let (index, key, value) = ("test.index".into(), "k".to_owned(), String::new());
    IndexChange::Put(IndexEntry { index, key, conversation: id(n), order: 1, value })
}

fn all() -> Find {
    let (from, to) = (i64::MIN, i64::MAX);
    Find { index: "test.index".into(), key: "k".into(), from, to, descending: false, limit: 10 }
}

pub(super) async fn a_batch_that_fails_leaves_nothing(mut bench: Bench) {
    let old = talk(1, 3);
    bench.commit(opening(&[&old], vec![waiting(&old, 1, &[0, 1]), waiting(&old, 2, &[1])])).await;
    bench.commit(Batch { timers: vec![(id(1), set("t", 1))], ..Batch::default() }).await;
    let new = talk(2, 1);
    let pending = Some(slots(&[1]));
    let rows = vec![event(&new, 1), waiting(&old, 3, &[0]), waiting(&old, 2, &[0])];
    let doomed = Batch {
        directory: people(2),
        waiting: vec![WaitingChange { conversation: id(1), seq: 1, pending, kept: true }],
        cleared: vec![ClearedSlot { conversation: id(1), slot: 1, upto: 2 }],
        index: vec![index_row(1)],
        timers: vec![(id(1), set("t", 2)), (id(1), set("u", 3))],
        ..opening(&[&new], rows)
    };
    bench.refused(doomed).await;
    let mut bench = bench.reopen().await;
    assert_eq!(bench.log(&old).await, [line(1, &[0, 1]), line(2, &[1])]);
    assert!(bench.read(Target::Id(id(2))).await.is_none());
    assert!(bench.store.accounts(None, 10).await.expect("the store reads").is_empty());
    assert!(bench.store.organisations().await.expect("the store reads").is_empty());
    assert!(bench.store.find(&all()).await.expect("the store reads").is_empty());
    let timers = bench.store.timers(&bench.registry, &Slices::ALL, 10).await.expect("the store reads");
    assert_eq!(timers.iter().map(|timer| timer.due).collect::<Vec<_>>(), [at(1)]);
    // And nothing of it stands in the way of what comes next.
    bench.commit(Batch { directory: people(2), ..opening(&[&new], vec![event(&new, 1)]) }).await;
}

pub(super) async fn an_empty_batch_is_written(mut bench: Bench) {
    bench.commit(Batch::default()).await;
}

pub(super) async fn one_ledger_alone_is_given_out_once(bench: Bench) {
    let second = bench.store.ledger(&Registry::default());
    if bench.ledger.is_shared() {
        assert!(second.expect("there is always another").is_shared());
    } else {
        assert_eq!(bench.store.ledgers(), 1);
        assert!(matches!(second.map(drop), Err(StoreError::Unavailable(_))));
    }
}

pub(super) async fn it_answers(bench: Bench) {
    assert_eq!(bench.store.ping().await, Ok(()));
}

/// Everything that may be in a store, and a check that finds nothing to say about it.
pub(super) async fn what_is_sound_passes_the_check(mut bench: Bench) {
    let mut post = talk(1, 3);
    let board = known_as(talk(2, 2), |identity| identity.kind = Board::NAME);
    let rows = vec![
        waiting(&post, 1, &[]),
        waiting(&post, 2, &[0, 2]),
        named(&post, 3, 1, "mine"),
        waiting(&post, 4, &[2]),
        event(&board, 1),
        event(&board, 2),
    ];
    let timers = vec![(id(1), set("t", 5))];
    let index = vec![index_row(1), index_row(2)];
    let opening = opening(&[&post, &board], rows);
    bench.commit(Batch { directory: people(4), timers, index, ..opening }).await;
    let mut members = post.members.to_vec();
    members[2].left = Some(4);
    post.members = members.into();
    post.header.last_seq = 4;
    let cleared = vec![ClearedSlot { conversation: id(1), slot: 2, upto: 4 }];
    bench.commit(Batch { cleared, ..rewriting(&post, true) }).await;
    let withdrawn = WaitingChange { conversation: id(2), seq: 1, pending: None, kept: false };
    bench.commit(Batch { waiting: vec![withdrawn], ..recording(vec![waiting(&post, 5, &[1])]) }).await;
    bench.ledger.trim(at(100), 100).await.expect("the store trims");
    let bench = bench.reopen().await;
    let found = bench.store.check(&bench.registry).await.expect("the store reads");
    assert_eq!(found, Vec::<String>::new());
}
