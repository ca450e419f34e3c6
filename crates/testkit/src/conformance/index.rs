//! Index rows.

use hearken_core::store::{Batch, Find, IndexChange, IndexEntry};

use super::bench::Bench;
use super::scene::{id, opening, talk};

fn entry(index: &'static str, key: &str, n: u128, order: i64) -> IndexEntry {
    let value = format!("{key}/{n}/{order}");
    IndexEntry { index: index.into(), key: key.into(), conversation: id(n), order, value }
}

fn put(key: &str, n: u128, order: i64) -> IndexChange {
    IndexChange::Put(entry("test.index", key, n, order))
}

fn remove(key: &str, n: u128) -> IndexChange {
    IndexChange::Remove { index: "test.index".into(), key: key.into(), conversation: id(n) }
}

fn all(key: &str) -> Find {
    let (from, to) = (i64::MIN, i64::MAX);
    Find { index: "test.index".into(), key: key.into(), from, to, descending: false, limit: 1000 }
}

async fn write(bench: &mut Bench, index: Vec<IndexChange>) {
    bench.commit(Batch { index, ..Batch::default() }).await;
}

/// A store whose conversations 1 to 9 exist, with these rows.
async fn with(mut bench: Bench, index: Vec<IndexChange>) -> Bench {
    let talks: Vec<_> = (1..10).map(|n| talk(n, 1)).collect();
    bench.commit(opening(&talks.iter().collect::<Vec<_>>(), vec![])).await;
    write(&mut bench, index).await;
    bench
}

/// Whether this search finds these conversations, at these places.
async fn check(bench: &Bench, find: Find, expect: &[(u128, i64)]) {
    let found = bench.store.find(&find).await.expect("the store reads");
    let expect: Vec<_> = expect.iter().map(|(n, order)| entry("test.index", &find.key, *n, *order)).collect();
    assert_eq!(found, expect, "{find:?}");
}

pub(super) async fn a_row_is_found_by_its_key(bench: Bench) {
    let odd = "Ж '\"%_ \u{1f600}";
    let bench = with(bench, vec![put("a", 1, 5), put("A", 2, 5), put("", 3, 0), put(odd, 4, -1)]).await;
    check(&bench, all("a"), &[(1, 5)]).await;
    check(&bench, all("A"), &[(2, 5)]).await;
    check(&bench, all(""), &[(3, 0)]).await;
    check(&bench, all(odd), &[(4, -1)]).await;
    check(&bench, all("b"), &[]).await;
}

pub(super) async fn a_put_takes_the_place_of_the_row_before(bench: Bench) {
    let mut bench = with(bench, vec![put("a", 1, 5), put("a", 2, 6)]).await;
    write(&mut bench, vec![put("a", 1, 7)]).await;
    check(&bench, all("a"), &[(2, 6), (1, 7)]).await;
}

pub(super) async fn a_removed_row_is_gone(bench: Bench) {
    let mut bench = with(bench, vec![put("a", 1, 5), put("a", 2, 6), put("b", 1, 1)]).await;
    write(&mut bench, vec![remove("a", 1), remove("a", 3), remove("c", 1)]).await;
    check(&bench, all("a"), &[(2, 6)]).await;
    check(&bench, all("b"), &[(1, 1)]).await;
}

pub(super) async fn changes_of_a_batch_happen_in_order(bench: Bench) {
    let changes = vec![put("a", 1, 5), put("a", 1, 6), put("a", 2, 1), remove("a", 2), remove("a", 3)];
    let mut bench = with(bench, changes).await;
    check(&bench, all("a"), &[(1, 6)]).await;
    write(&mut bench, vec![remove("a", 1), put("a", 1, 9)]).await;
    check(&bench, all("a"), &[(1, 9)]).await;
}

pub(super) async fn both_ends_of_a_range_count(bench: Bench) {
    let rows =
        vec![put("a", 1, -5), put("a", 2, 0), put("a", 3, 5), put("a", 4, i64::MAX), put("a", 5, i64::MIN)];
    let bench = with(bench, rows).await;
    let range = |from, to| Find { from, to, ..all("a") };
    check(&bench, range(-5, 5), &[(1, -5), (2, 0), (3, 5)]).await;
    check(&bench, range(-4, 4), &[(2, 0)]).await;
    check(&bench, range(6, i64::MAX), &[(4, i64::MAX)]).await;
    check(&bench, range(i64::MIN, -6), &[(5, i64::MIN)]).await;
    check(&bench, range(5, -5), &[]).await;
    check(&bench, range(1, 4), &[]).await;
}

pub(super) async fn rows_come_in_order(bench: Bench) {
    let bench = with(bench, vec![put("a", 3, 1), put("a", 1, 3), put("a", 2, 2), put("a", 9, -9)]).await;
    check(&bench, all("a"), &[(9, -9), (3, 1), (2, 2), (1, 3)]).await;
    check(&bench, Find { descending: true, ..all("a") }, &[(1, 3), (2, 2), (3, 1), (9, -9)]).await;
}

pub(super) async fn a_list_is_cut_at_its_limit(bench: Bench) {
    let bench = with(bench, (1..7).map(|n| put("a", n, n as i64)).collect()).await;
    check(&bench, Find { limit: 2, ..all("a") }, &[(1, 1), (2, 2)]).await;
    check(&bench, Find { limit: 2, descending: true, ..all("a") }, &[(6, 6), (5, 5)]).await;
    check(&bench, Find { limit: 2, from: 3, ..all("a") }, &[(3, 3), (4, 4)]).await;
    check(&bench, Find { limit: 0, ..all("a") }, &[]).await;
}

pub(super) async fn a_page_is_told_with_how_many_there_are(bench: Bench) {
    let others = vec![put("b", 1, 1), IndexChange::Put(entry("test.other", "a", 8, 3))];
    let mut bench = with(bench, (1..7).map(|n| put("a", n, n as i64)).chain(others).collect()).await;
    write(&mut bench, (1..7).map(|n| put("t", n, 0)).collect()).await;
    let check = async |find: Find, skip: u64, expect: &[(u128, i64)], count: u64| {
        let (found, total) = bench.store.find_page(&find, skip).await.expect("the store reads");
        let rows: Vec<_> =
            expect.iter().map(|(n, order)| entry("test.index", &find.key, *n, *order)).collect();
        assert_eq!((found, total), (rows, count), "{find:?} after {skip}");
    };
    check(Find { limit: 2, ..all("a") }, 0, &[(1, 1), (2, 2)], 6).await;
    check(Find { limit: 2, ..all("a") }, 3, &[(4, 4), (5, 5)], 6).await;
    check(Find { limit: 2, descending: true, ..all("a") }, 3, &[(3, 3), (2, 2)], 6).await;
    check(Find { limit: 9, from: 2, to: 4, ..all("a") }, 1, &[(3, 3), (4, 4)], 3).await;
    check(Find { limit: 9, ..all("a") }, 6, &[], 6).await;
    check(Find { limit: 9, ..all("a") }, u64::MAX, &[], 6).await;
    check(Find { limit: 0, ..all("a") }, 0, &[], 6).await;
    check(all("c"), 0, &[], 0).await;
    // Of the same order, those of a lower identifier come first, on each page.
    for skip in 0..6 {
        let find = Find { limit: 1, ..all("t") };
        let found = bench.store.find_page(&find, skip).await.expect("the store reads").0;
        assert_eq!(found, [entry("test.index", "t", u128::from(skip) + 1, 0)]);
    }
}

pub(super) async fn keys_and_indexes_do_not_mix(bench: Bench) {
    let other = IndexChange::Put(entry("test.other", "a", 1, 9));
    let mut bench = with(bench, vec![put("a", 1, 1), other, put("b", 1, 2)]).await;
    check(&bench, all("a"), &[(1, 1)]).await;
    write(&mut bench, vec![remove("a", 1)]).await;
    check(&bench, all("a"), &[]).await;
    let other = Find { index: "test.other".into(), ..all("a") };
    assert_eq!(bench.store.find(&other).await.expect("the store reads"), [entry("test.other", "a", 1, 9)]);
}

pub(super) async fn they_outlive_the_store_being_closed(bench: Bench) {
    let bench = with(bench, vec![put("a", 1, 1), put("a", 2, 2)]).await;
    let bench = bench.reopen().await;
    check(&bench, all("a"), &[(1, 1), (2, 2)]).await;
}
