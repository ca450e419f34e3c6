//! Rows that nobody needs any more.

use hearken_core::event::EventRef;
use hearken_core::ids::Seq;
use hearken_core::store::{Batch, EventRow, WaitingChange, Wanted};
use hearken_core::{Conversation, Target};

use super::bench::Bench;
use super::scene::{at, event, id, line, named, opening, plain, recording, slots, talk, waiting};

async fn trim(bench: &mut Bench, before: i64, limit: usize) -> usize {
    bench.ledger.trim(at(before), limit).await.expect("the store trims")
}

async fn seqs(bench: &Bench, talk: &Conversation) -> Vec<Seq> {
    bench.events(talk).await.iter().map(|stored| stored.event.seq).collect()
}

/// Conversation 1 with these pending sets; event `n` is of millisecond `n`.
async fn with(mut bench: Bench, sets: &[&[u8]]) -> (Bench, Conversation) {
    let talk = talk(1, 3);
    let rows = (1..).zip(sets).map(|(seq, set)| waiting(&talk, seq, set)).collect();
    bench.commit(opening(&[&talk], rows)).await;
    (bench, talk)
}

pub(super) async fn what_everybody_has_received_goes(bench: Bench) {
    let (mut bench, talk) = with(bench, &[&[], &[0], &[], &[1]]).await;
    assert_eq!(trim(&mut bench, 100, 100).await, 2);
    assert_eq!(bench.log(&talk).await, [line(2, &[0]), line(4, &[1])]);
    assert_eq!(trim(&mut bench, 100, 100).await, 0);
    assert_eq!(bench.reopen().await.log(&talk).await, [line(2, &[0]), line(4, &[1])]);
}

pub(super) async fn what_waits_or_never_waited_stays(mut bench: Bench) {
    let talk = talk(1, 3);
    let forgotten = EventRow { kept: false, ..event(&talk, 2) };
    let rows = vec![event(&talk, 1), forgotten, waiting(&talk, 3, &[2]), event(&talk, 4)];
    bench.commit(opening(&[&talk], rows)).await;
    assert_eq!(trim(&mut bench, 100, 100).await, 0);
    assert_eq!(bench.log(&talk).await, [plain(1), (2, None, None), line(3, &[2]), plain(4)]);
}

pub(super) async fn what_was_withdrawn_goes_where_things_wait(bench: Bench) {
    let (mut bench, talk) = with(bench, &[&[0, 1], &[0], &[0]]).await;
    let pending = Some(slots(&[]));
    let withdrawn = WaitingChange { conversation: id(1), seq: 1, pending, kept: false };
    bench.commit(Batch { waiting: vec![withdrawn], ..Batch::default() }).await;
    assert_eq!(trim(&mut bench, 100, 100).await, 1);
    assert_eq!(bench.log(&talk).await, [line(2, &[0]), line(3, &[0])]);
}

pub(super) async fn what_is_young_stays(bench: Bench) {
    let (mut bench, talk) = with(bench, &[&[], &[], &[], &[1]]).await;
    assert_eq!(trim(&mut bench, 1, 100).await, 0);
    assert_eq!(trim(&mut bench, 2, 100).await, 1);
    assert_eq!(seqs(&bench, &talk).await, [2, 3, 4]);
    assert_eq!(trim(&mut bench, 4, 100).await, 2);
    assert_eq!(seqs(&bench, &talk).await, [4]);
}

pub(super) async fn the_last_stays(bench: Bench) {
    let (mut bench, talk) = with(bench, &[&[], &[], &[]]).await;
    assert_eq!(trim(&mut bench, 100, 100).await, 2);
    assert_eq!(bench.log(&talk).await, [line(3, &[])]);
    bench.commit(recording(vec![waiting(&talk, 4, &[])])).await;
    assert_eq!(trim(&mut bench, 100, 100).await, 1);
    assert_eq!(bench.log(&talk).await, [line(4, &[])]);
}

pub(super) async fn it_takes_no_more_than_its_limit(bench: Bench) {
    let (mut bench, talk) = with(bench, &[[].as_slice(); 10]).await;
    assert_eq!(trim(&mut bench, 100, 0).await, 0);
    assert_eq!(trim(&mut bench, 100, 4).await, 4);
    assert_eq!(seqs(&bench, &talk).await.len(), 6);
    assert_eq!(trim(&mut bench, 100, 100).await, 5);
    assert_eq!(seqs(&bench, &talk).await, [10]);
}

pub(super) async fn a_name_goes_with_its_row(mut bench: Bench) {
    let talk = talk(1, 3);
    let gone = EventRow { pending: Some(slots(&[])), kept: false, ..named(&talk, 1, 0, "gone") };
    let waits = EventRow { pending: Some(slots(&[1])), ..named(&talk, 2, 0, "waits") };
    bench.commit(opening(&[&talk], vec![gone, waits, event(&talk, 3)])).await;
    assert_eq!(trim(&mut bench, 100, 100).await, 1);
    let events = ["gone", "waits"].map(|key| EventRef::NamedByAnyone(key.into())).to_vec();
    let ask = Wanted { target: Target::Id(id(1)), conversation: false, events, timer: None, held: None };
    let loaded = bench.load(&[ask]).await;
    assert_eq!(loaded[0].events.iter().map(|logged| logged.seq).collect::<Vec<_>>(), [2]);
}

pub(super) async fn places_go_on_after_it(bench: Bench) {
    let (mut bench, talk) = with(bench, &[&[], &[], &[]]).await;
    trim(&mut bench, 100, 100).await;
    assert_eq!(bench.found(id(1)).await.header.last_seq, 3);
    bench.commit(recording(vec![waiting(&talk, 4, &[1])])).await;
    assert_eq!(bench.found(id(1)).await.header.last_seq, 4);
    let read = bench.store.events(&talk, 0, 4, 1).await.expect("the store reads");
    assert_eq!(read[0].event.seq, 3, "what was trimmed is missing, and does not count");
}

pub(super) async fn it_reaches_every_conversation(mut bench: Bench) {
    let talks: Vec<_> = (1..=3).map(|n| talk(n, 1)).collect();
    let rows = talks.iter().flat_map(|talk| [waiting(talk, 1, &[]), waiting(talk, 2, &[])]).collect();
    bench.commit(opening(&talks.iter().collect::<Vec<_>>(), rows)).await;
    assert_eq!(trim(&mut bench, 100, 2).await, 2);
    assert_eq!(trim(&mut bench, 100, 2).await, 1);
    for talk in &talks {
        assert_eq!(bench.log(talk).await, [line(2, &[])]);
    }
}
