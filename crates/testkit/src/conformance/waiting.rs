//! Who events wait for, and the bodies that go with the last of them.

use hearken_core::event::EventRef;
use hearken_core::ids::Seq;
use hearken_core::store::{Batch, ClearedSlot, WaitingChange, Wanted};
use hearken_core::{Member, Target};

use super::bench::Bench;
use super::scene::{
    event, id, line, member, named, opening, person, plain, recording, rewriting, slots, talk, waiting,
};

fn change(seq: Seq, pending: &[u8]) -> WaitingChange {
    WaitingChange { conversation: id(1), seq, pending: Some(slots(pending)), kept: !pending.is_empty() }
}

fn changes(waiting: Vec<WaitingChange>) -> Batch {
    Batch { waiting, ..Batch::default() }
}

fn clearing(slot: u8, upto: Seq) -> Batch {
    Batch { cleared: vec![ClearedSlot { conversation: id(1), slot, upto }], ..Batch::default() }
}

/// Conversation 1, where these events wait for these slots, after this batch.
async fn check(mut bench: Bench, sets: &[&[u8]], batch: Batch, expect: &[&[u8]]) -> Bench {
    let talk = talk(1, 3);
    let rows = (1..).zip(sets).map(|(seq, set)| waiting(&talk, seq, set)).collect();
    bench.commit(opening(&[&talk], rows)).await;
    bench.commit(batch).await;
    let expect: Vec<_> = (1..).zip(expect).map(|(seq, set)| line(seq, set)).collect();
    assert_eq!(bench.log(&talk).await, expect);
    bench
}

pub(super) async fn a_change_lowers_the_set(bench: Bench) {
    let batch = changes(vec![change(2, &[1])]);
    let bench = check(bench, &[&[0, 1], &[0, 1], &[0, 1]], batch, &[&[0, 1], &[1], &[0, 1]]).await;
    let bench = bench.reopen().await;
    assert_eq!(bench.log(&talk(1, 3)).await, [line(1, &[0, 1]), line(2, &[1]), line(3, &[0, 1])]);
}

pub(super) async fn a_change_frees_the_body(mut bench: Bench) {
    let batch = changes(vec![change(1, &[])]);
    bench = check(bench, &[&[0, 1], &[0]], batch, &[&[], &[0]]).await;
    bench.commit(changes(vec![WaitingChange { kept: false, ..change(2, &[0]) }])).await;
    assert_eq!(bench.log(&talk(1, 3)).await, [line(1, &[]), (2, Some(vec![0]), None)]);
}

pub(super) async fn what_never_waited_stays_so_when_its_body_goes(mut bench: Bench) {
    let talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![event(&talk, 1), event(&talk, 2)])).await;
    bench.commit(changes(vec![WaitingChange { pending: None, ..change(1, &[]) }])).await;
    assert_eq!(bench.log(&talk).await, [(1, None, None), plain(2)]);
}

pub(super) async fn a_change_reaches_an_event_of_its_own_batch(mut bench: Bench) {
    let talk = talk(1, 3);
    let rows = vec![waiting(&talk, 1, &[0, 1]), waiting(&talk, 2, &[0, 1])];
    let waiting = vec![change(1, &[1]), change(2, &[])];
    bench.commit(Batch { waiting, ..opening(&[&talk], rows) }).await;
    assert_eq!(bench.log(&talk).await, [line(1, &[1]), line(2, &[])]);
}

pub(super) async fn the_last_change_of_a_batch_holds(bench: Bench) {
    let batch = changes(vec![change(1, &[0, 2]), change(2, &[1]), change(1, &[2]), change(2, &[])]);
    check(bench, &[&[0, 1, 2], &[0, 1]], batch, &[&[2], &[]]).await;
}

pub(super) async fn a_change_of_what_is_gone_is_nothing(bench: Bench) {
    let nowhere = WaitingChange { conversation: id(9), ..change(1, &[]) };
    let batch = changes(vec![change(7, &[]), nowhere, change(1, &[1])]);
    check(bench, &[&[0, 1]], batch, &[&[1]]).await;
}

pub(super) async fn a_cleared_slot_leaves_every_set_up_to_a_place(bench: Bench) {
    let sets: [&[u8]; 5] = [&[0, 1], &[1, 2], &[0, 2], &[0, 1], &[0, 1]];
    check(bench, &sets, clearing(1, 4), &[&[0], &[2], &[0, 2], &[0], &[0, 1]]).await;
}

pub(super) async fn a_body_goes_with_the_last_slot_cleared(bench: Bench) {
    let bench = check(bench, &[&[1], &[0, 1], &[1]], clearing(1, 2), &[&[], &[0], &[1]]).await;
    let bench = bench.reopen().await;
    assert_eq!(bench.log(&talk(1, 3)).await, [line(1, &[]), line(2, &[0]), line(3, &[1])]);
}

pub(super) async fn a_slot_is_cleared_after_the_batchs_other_changes(mut bench: Bench) {
    let talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![waiting(&talk, 1, &[0, 1, 2])])).await;
    bench
        .commit(Batch {
            waiting: vec![change(1, &[1, 2])],
            cleared: clearing(1, 2).cleared,
            ..recording(vec![waiting(&talk, 2, &[1]), waiting(&talk, 3, &[1])])
        })
        .await;
    assert_eq!(bench.log(&talk).await, [line(1, &[2]), line(2, &[]), line(3, &[1])]);
}

pub(super) async fn a_cleared_slot_leaves_other_conversations_alone(mut bench: Bench) {
    let (first, second) = (talk(1, 3), talk(2, 3));
    let rows = vec![waiting(&first, 1, &[1]), waiting(&second, 1, &[1])];
    bench.commit(opening(&[&first, &second], rows)).await;
    bench.commit(clearing(1, 1)).await;
    assert_eq!(bench.log(&first).await, [line(1, &[])]);
    assert_eq!(bench.log(&second).await, [line(1, &[1])]);
}

pub(super) async fn a_cleared_slot_leaves_what_waits_for_nobody_alone(mut bench: Bench) {
    let talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![event(&talk, 1), waiting(&talk, 2, &[2])])).await;
    bench.commit(clearing(1, 2)).await;
    assert_eq!(bench.log(&talk).await, [plain(1), line(2, &[2])]);
}

pub(super) async fn an_emptied_log_keeps_places_and_names(mut bench: Bench) {
    let (first, second) = (talk(1, 3), talk(2, 3));
    let rows = vec![
        waiting(&first, 1, &[1]),
        waiting(&first, 2, &[]),
        event(&first, 3),
        named(&first, 4, 1, "a name"),
        waiting(&first, 5, &[0, 1, 2]),
        waiting(&second, 1, &[1]),
    ];
    bench.commit(opening(&[&first, &second], rows)).await;
    bench.commit(Batch { emptied: vec![(id(1), 5), (id(9), 5)], ..Batch::default() }).await;
    let bare = |seq| (seq, None, None);
    let emptied = [line(1, &[]), line(2, &[]), bare(3), bare(4), line(5, &[])];
    assert_eq!(bench.log(&first).await, emptied);
    assert_eq!(bench.log(&second).await, [line(1, &[1])]);
    let events = vec![EventRef::Named(person(1), "a name".into())];
    let wanted = Wanted { target: Target::Id(id(1)), conversation: false, events, timer: None, held: None };
    assert_eq!(
        bench.load(&[wanted]).await[0].events.iter().map(|logged| logged.seq).collect::<Vec<_>>(),
        [4]
    );
    let mut bench = bench.reopen().await;
    assert_eq!(bench.log(&first).await, emptied);
    bench.commit(recording(vec![waiting(&first, 6, &[2])])).await;
    assert_eq!(bench.log(&first).await.last(), Some(&line(6, &[2])));
}

pub(super) async fn what_comes_after_an_emptied_log_stays(mut bench: Bench) {
    let talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![waiting(&talk, 1, &[1, 2])])).await;
    let change = WaitingChange { conversation: id(1), seq: 1, pending: Some(slots(&[2])), kept: true };
    let batch = Batch {
        waiting: vec![change],
        emptied: vec![(id(1), 2)],
        ..recording(vec![waiting(&talk, 2, &[1]), waiting(&talk, 3, &[1])])
    };
    bench.commit(batch).await;
    assert_eq!(bench.log(&talk).await, [line(1, &[]), line(2, &[]), line(3, &[1])]);
}

pub(super) async fn the_highest_slot_is_one_like_any(mut bench: Bench) {
    let all: Vec<u8> = (0..128).collect();
    bench = check(bench, &[&[127], &all], clearing(127, 2), &[&[], &all[..127]]).await;
    bench.commit(changes(vec![change(2, &[126])])).await;
    assert_eq!(bench.log(&talk(1, 3)).await, [line(1, &[]), line(2, &[126])]);
}

/// More than a store may want to change in one transaction.
pub(super) async fn a_slot_is_out_of_many_sets_at_once(mut bench: Bench) {
    let mut talk = talk(1, 3);
    let rows = (1..=9000).map(|seq| waiting(&talk, seq, if seq % 3 == 0 { &[1] } else { &[1, 2] }));
    bench.commit(opening(&[&talk], rows.collect())).await;
    let mut members = talk.members.to_vec();
    members[1].left = Some(9000);
    talk.members = members.into();
    let cleared = vec![ClearedSlot { conversation: id(1), slot: 1, upto: 9000 }];
    bench.commit(Batch { cleared, ..rewriting(&talk, true) }).await;
    // Somebody else takes the slot, and a message waits for him.
    let mut members = talk.members.to_vec();
    members.push(Member { joined: 9000, ..member(7, 1) });
    talk.members = members.into();
    let newer = Batch { events: vec![waiting(&talk, 9001, &[1])], ..rewriting(&talk, true) };
    bench.commit(newer).await;
    let check = async |bench: &mut Bench| {
        let expected = (1..=9000).map(|seq| line(seq, if seq % 3 == 0 { &[] } else { &[2] }));
        let expected: Vec<_> = expected.chain([line(9001, &[1])]).collect();
        assert!(bench.log(&talk).await == expected, "each event waits for the others alone");
        let wanted: Vec<_> = [3, 4, 8999, 9000, 9001].map(|seq| (id(1), seq)).into();
        let found = bench.store.waiting_events(&bench.registry, &wanted).await.expect("the store reads");
        let found: Vec<_> = found.iter().map(|one| (one.event.seq, one.waits_for.clone())).collect();
        assert_eq!(found, [(4, vec![person(2)]), (8999, vec![person(2)]), (9001, vec![person(7)])]);
        let events = vec![EventRef::Seq(8999), EventRef::Seq(9000), EventRef::Waiting(3)];
        let wanted =
            Wanted { target: Target::Id(id(1)), conversation: false, events, timer: None, held: None };
        let loaded = bench.load(&[wanted]).await.remove(0).events;
        bench.commit(Batch::default()).await;
        let loaded: Vec<_> = loaded.iter().map(|one| (one.seq, one.pending, one.kept)).collect();
        let two = Some(slots(&[2]));
        let expected = [
            (1, two, true),
            (2, two, true),
            (4, two, true),
            (8999, two, true),
            (9000, Some(slots(&[])), false),
        ];
        assert_eq!(loaded, expected);
    };
    check(&mut bench).await;
    let mut bench = bench.reopen().await;
    check(&mut bench).await;
    while bench.ledger.tidy().await.expect("the store writes") {}
    check(&mut bench).await;
}
