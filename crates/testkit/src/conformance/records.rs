//! Records: small values under a name, whose changes can insist on what was read.

use RecordChange::{Put, Remove};
use hearken_core::ids::AccountId;
use hearken_core::store::{
    Batch, DirectoryChange, KeptRecord, Record, RecordChange, RecordName, StoreError, Was,
};

use super::bench::Bench;
use super::scene::{at, person};

fn name(space: &'static str, key: &str) -> RecordName {
    RecordName::new(space, key)
}

fn record(space: &'static str, key: &str, value: &str) -> Record {
    Record { name: name(space, key), account: None, expires: None, value: value.into() }
}

fn of(account: AccountId, record: Record) -> Record {
    Record { account: Some(account), ..record }
}

fn records(records: Vec<RecordChange>) -> Batch {
    Batch { records, ..Batch::default() }
}

fn put(record: Record) -> RecordChange {
    Put(record, Was::Anything)
}

async fn read(bench: &Bench, space: &'static str, key: &str) -> Option<KeptRecord> {
    bench.store.record(&name(space, key)).await.expect("the store reads")
}

/// What a record says, and its version.
async fn said(bench: &Bench, space: &'static str, key: &str) -> Option<(String, u64)> {
    let kept = read(bench, space, key).await?;
    Some((String::from_utf8(kept.record.value).expect("text"), kept.version))
}

fn keys(kept: &[KeptRecord]) -> Vec<&str> {
    kept.iter().map(|kept| kept.record.name.key.as_str()).collect()
}

pub(super) async fn one_reads_back_whole(mut bench: Bench) {
    let whole = Record { expires: Some(at(77)), ..of(person(1), record("a", "k 'ö", "\u{0}binary")) };
    bench.commit(records(vec![put(whole.clone())])).await;
    let bench = bench.reopen().await;
    assert_eq!(read(&bench, "a", "k 'ö").await, Some(KeptRecord { record: whole, version: 1 }));
    assert_eq!(read(&bench, "a", "k").await, None);
    assert_eq!(read(&bench, "b", "k 'ö").await, None);
}

pub(super) async fn every_change_raises_the_version(mut bench: Bench) {
    bench.commit(records(vec![put(record("a", "k", "1")), put(record("a", "k", "2"))])).await;
    assert_eq!(said(&bench, "a", "k").await, Some(("2".into(), 2)));
    bench.commit(records(vec![Put(record("a", "k", "3"), Was::Version(2))])).await;
    assert_eq!(said(&bench, "a", "k").await, Some(("3".into(), 3)));
}

pub(super) async fn a_change_insists_on_what_was_seen(mut bench: Bench) {
    bench.commit(records(vec![Put(record("a", "k", "1"), Was::Absent)])).await;
    let other = || put(record("a", "other", "x"));
    for change in [
        Put(record("a", "k", "2"), Was::Absent),
        Put(record("a", "k", "2"), Was::Version(2)),
        Put(record("a", "none", "2"), Was::Version(1)),
        Remove(name("a", "k"), Was::Absent),
        Remove(name("a", "k"), Was::Version(2)),
        Remove(name("a", "none"), Was::Version(1)),
    ] {
        let told = format!("{change:?}");
        assert_eq!(bench.refused(records(vec![other(), change])).await, StoreError::Conflict, "{told}");
    }
    assert_eq!(said(&bench, "a", "k").await, Some(("1".into(), 1)));
    assert_eq!(said(&bench, "a", "other").await, None, "a batch is all or nothing");
    bench.commit(records(vec![Remove(name("a", "none"), Was::Absent)])).await;
    bench.commit(records(vec![Remove(name("a", "none"), Was::Anything)])).await;
    bench.commit(records(vec![Remove(name("a", "k"), Was::Version(1))])).await;
    assert_eq!(said(&bench, "a", "k").await, None);
}

pub(super) async fn those_of_an_account_are_listed_and_go_with_it(mut bench: Bench) {
    let own = |space, key| put(of(person(1), record(space, key, "")));
    let others = put(of(person(2), record("a", "3", "")));
    bench
        .commit(records(vec![own("b", "1"), own("a", "2"), own("a", "1"), others, put(record("a", "4", ""))]))
        .await;
    let list = async |bench: &Bench, after: Option<&RecordName>, limit| {
        bench.store.records_of(person(1), after, limit).await.expect("the store reads")
    };
    let all = list(&bench, None, 9).await;
    assert_eq!(keys(&all), ["1", "2", "1"]);
    assert_eq!(keys(&list(&bench, None, 2).await), ["1", "2"]);
    assert_eq!(list(&bench, Some(&name("a", "2")), 9).await, all[2..]);
    let gone = Batch { directory: vec![DirectoryChange::RemoveAccount(person(1))], ..Batch::default() };
    bench.commit(gone).await;
    assert_eq!(list(&bench, None, 9).await, []);
    let left = bench.store.records_in("a", None, 9).await.expect("the store reads");
    assert_eq!(keys(&left), ["3", "4"]);
}

pub(super) async fn those_of_a_space_come_in_order(mut bench: Bench) {
    let all = ["b", "a", "c"].map(|key| put(record("s", key, "")));
    bench.commit(records(all.into_iter().chain([put(record("t", "z", ""))]).collect())).await;
    let list = async |after, limit| bench.store.records_in("s", after, limit).await.expect("the store reads");
    assert_eq!(keys(&list(None, 9).await), ["a", "b", "c"]);
    assert_eq!(keys(&list(Some("a"), 1).await), ["b"]);
    assert_eq!(keys(&list(Some("c"), 9).await), [""; 0]);
}

pub(super) async fn what_has_expired_is_swept_a_part_at_a_time(mut bench: Bench) {
    let until = |key: &str, expires| put(Record { expires, ..record("s", key, "") });
    bench
        .commit(records(vec![
            until("late", Some(at(10))),
            until("first", Some(at(1))),
            until("second", Some(at(2))),
            until("never", None),
        ]))
        .await;
    assert_eq!(bench.ledger.sweep(at(10), 1).await, Ok(1));
    assert_eq!(bench.ledger.sweep(at(10), 9).await, Ok(1));
    assert_eq!(bench.ledger.sweep(at(10), 9).await, Ok(0));
    let left = bench.store.records_in("s", None, 9).await.expect("the store reads");
    assert_eq!(keys(&left), ["late", "never"]);
}
