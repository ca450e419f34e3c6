//! Several who write to one store at once. Of a store with one writer alone nothing is asked here.

use std::sync::Arc;

use hearken_core::event::EventRef;
use hearken_core::ids::Seq;
use hearken_core::store::{
    Batch, ClearedSlot, Forget, Held, IndexChange, Ledger, Loaded, Store, StoreError, WaitingChange, Wanted,
};
use hearken_core::{Conversation, Kind as _, Registry, Target};

use super::bench::Bench;
use super::conversations::key;
use super::scene::{
    Board, Post, event, id, known_as, named, opening, person, recording, rewriting, set, slots, talk, text,
    waiting, words,
};

impl Bench {
    /// Another who writes.
    fn other(&self) -> Option<Box<dyn Ledger>> {
        let other = || self.store.ledger(&self.registry).expect("there is always another");
        self.ledger.is_shared().then(other)
    }

    /// What is there now, its stamp told; nothing is left locked.
    async fn look(&mut self, target: Target) -> Loaded {
        let wanted = Wanted { target, conversation: true, events: vec![], timer: None, held: None };
        self.ask(wanted).await
    }

    /// Asks whether what is held with this stamp still holds.
    async fn compare(&mut self, stamp: u64, missing: &[EventRef], all: &[EventRef]) -> Loaded {
        let members = talk(1, 2).members;
        let held = Some(Held { stamp, members, events: all.to_vec() });
        let events = missing.to_vec();
        let (target, conversation, timer) = (Target::Id(id(1)), false, None);
        self.ask(Wanted { target, conversation, events, timer, held }).await
    }

    async fn ask(&mut self, wanted: Wanted) -> Loaded {
        let loaded = self.load(&[wanted]).await.pop().expect("an answer");
        self.commit(Batch::default()).await;
        loaded
    }
}

fn seqs(loaded: &Loaded) -> Vec<Seq> {
    loaded.events.iter().map(|logged| logged.seq).collect()
}

pub(super) async fn what_is_held_holds_until_somebody_touches_it(mut bench: Bench) {
    let Some(mut other) = bench.other() else { return };
    let talk = talk(1, 2);
    bench.commit(opening(&[&talk], vec![named(&talk, 1, 0, "a")])).await;
    let stamp = bench.look(Target::Id(id(1))).await.stamp;
    let both = [EventRef::Seq(1), EventRef::Seq(2)];
    let still = bench.compare(stamp, &both[1..], &both).await;
    assert!(!still.stale && still.conversation.is_none());
    assert_eq!((still.stamp, seqs(&still)), (stamp, vec![]));
    other.commit(&recording(vec![event(&talk, 2)])).await.expect("it is written");
    let now = bench.compare(stamp, &both[1..], &both).await;
    assert!(now.stale && now.stamp > stamp);
    assert_eq!(now.conversation.as_ref().expect("it is there").header.last_seq, 2);
    assert_eq!(seqs(&now), [1, 2], "all that is wanted comes");
    let still = bench.compare(now.stamp, &both[1..], &both).await;
    assert_eq!((still.stale, seqs(&still)), (false, vec![2]), "only what is missing comes");
}

pub(super) async fn what_is_held_of_members_is_replaced_when_they_have_changed(mut bench: Bench) {
    let Some(mut other) = bench.other() else { return };
    let two = talk(1, 2);
    bench.commit(opening(&[&two], vec![])).await;
    let stamp = bench.look(Target::Id(id(1))).await.stamp;
    let three = Conversation { members: talk(1, 3).members, state: text("three"), ..two.clone() };
    let later = Conversation { state: text("later"), ..three.clone() };
    let members = |loaded: &Loaded| loaded.conversation.as_ref().map(|now| now.members.len());
    other.commit(&rewriting(&Conversation { state: text("state"), ..two }, false)).await.expect("written");
    let rewritten = bench.compare(stamp, &[], &[]).await;
    let now = rewritten.conversation.as_ref().expect("it is there");
    assert_eq!((words(Some(&now.state)), members(&rewritten)), (Some("state"), Some(2)));
    other.commit(&rewriting(&three, true)).await.expect("it is written");
    other.commit(&rewriting(&later, false)).await.expect("it is written");
    for stamp in [stamp, rewritten.stamp] {
        assert_eq!(members(&bench.compare(stamp, &[], &[]).await), Some(3));
    }
    let stamp = bench.look(Target::Id(id(1))).await.stamp;
    let gone = Forget { conversation: id(1), account: Some(person(2)), gaps: true, after: 0 };
    other.commit(&Batch { forgotten: vec![gone], ..Batch::default() }).await.expect("it is written");
    assert_eq!(members(&bench.compare(stamp, &[], &[]).await), Some(2));
}

pub(super) async fn whatever_may_be_at_hand_raises_the_stamp_by_one(mut bench: Bench) {
    if !bench.ledger.is_shared() {
        return;
    }
    let talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![waiting(&talk, 1, &[0, 1])])).await;
    let mut stamp = bench.look(Target::Id(id(1))).await.stamp;
    assert_eq!(stamp, 1, "a new one has been touched once");
    let change = WaitingChange { conversation: id(1), seq: 1, pending: Some(slots(&[1])), kept: true };
    let both = Batch { waiting: vec![change], ..recording(vec![event(&talk, 3), event(&talk, 4)]) };
    let person_2 = Forget { conversation: id(1), account: Some(person(2)), gaps: true, after: 0 };
    let touching = [
        recording(vec![event(&talk, 2)]),
        both,
        Batch { cleared: vec![ClearedSlot { conversation: id(1), slot: 1, upto: 1 }], ..Batch::default() },
        Batch { emptied: vec![(id(1), 1)], ..Batch::default() },
        rewriting(&talk, false),
        rewriting(&talk, true),
        Batch { forgotten: vec![person_2], ..rewriting(&talk, false) },
    ];
    for (at, batch) in touching.into_iter().enumerate() {
        bench.commit(batch).await;
        stamp += 1;
        assert_eq!(bench.look(Target::Id(id(1))).await.stamp, stamp, "batch {at}");
    }
    let forget = Forget { conversation: id(1), account: Some(person(1)), gaps: true, after: 0 };
    bench.ledger.forget(&forget, 2).await.expect("it is done");
    assert!(bench.compare(stamp, &[], &[]).await.stale);
    let stamp = bench.look(Target::Id(id(1))).await.stamp;
    let remove = IndexChange::Remove { index: "test.index".into(), key: "k".into(), conversation: id(1) };
    bench.commit(Batch { timers: vec![(id(1), set("t", 5))], index: vec![remove], ..Batch::default() }).await;
    assert!(!bench.compare(stamp, &[], &[]).await.stale, "what is at nobody's hand changes nothing");
}

pub(super) async fn what_is_held_and_gone_is_stale_and_missing(mut bench: Bench) {
    let Some(mut other) = bench.other() else { return };
    bench.commit(opening(&[&talk(1, 2)], vec![event(&talk(1, 2), 1)])).await;
    let stamp = bench.look(Target::Id(id(1))).await.stamp;
    let all = Forget { conversation: id(1), account: None, gaps: true, after: 0 };
    other.commit(&Batch { forgotten: vec![all], ..Batch::default() }).await.expect("it is written");
    let gone = bench.compare(stamp, &[], &[EventRef::Seq(1)]).await;
    assert!(gone.stale && gone.conversation.is_none() && gone.events.is_empty());
}

pub(super) async fn of_two_who_open_one_natural_key_one_is_told(mut bench: Bench) {
    let Some(mut other) = bench.other() else { return };
    let keyed = |n| known_as(talk(n, 1), |identity| identity.key = Some("k".into()));
    let target = key(Post::NAME, "k");
    let wanted =
        Wanted { target: target.clone(), conversation: true, events: vec![], timer: None, held: None };
    for ledger in [&mut bench.ledger, &mut other] {
        let loaded = ledger.load(std::slice::from_ref(&wanted)).await.expect("the store reads");
        assert!(loaded[0].conversation.is_none());
    }
    other.commit(&opening(&[&keyed(1)], vec![event(&keyed(1), 1)])).await.expect("it is written");
    let second = opening(&[&talk(3, 1), &keyed(2)], vec![event(&keyed(2), 1)]);
    assert_eq!(bench.refused(second).await, StoreError::Raced);
    let found = bench.look(target).await.conversation.expect("it is there");
    assert_eq!(found.identity.id, id(1));
    assert!(bench.read(Target::Id(id(3))).await.is_none(), "nothing of a batch that has lost is written");
}

/// How often each of two adds to each of two.
const ROUNDS: usize = 40;

pub(super) async fn no_change_of_two_who_change_at_once_is_lost(mut bench: Bench) {
    let Some(mut other) = bench.other() else { return };
    let boards: Vec<Conversation> = [1, 2]
        .map(|n| {
            known_as(Conversation { state: text("0"), ..talk(n, 1) }, |identity| identity.kind = Board::NAME)
        })
        .into();
    bench.commit(opening(&boards.iter().collect::<Vec<_>>(), vec![])).await;
    let rounds = async |ledger: &mut Box<dyn Ledger>, order: [u128; 2]| {
        for _ in 0..ROUNDS {
            while !add_one(ledger.as_mut(), order).await {}
        }
    };
    // They name the two in opposite orders: neither may wait for the other for ever.
    futures_util::future::join(rounds(&mut bench.ledger, [1, 2]), rounds(&mut other, [2, 1])).await;
    for n in [1, 2] {
        let board = bench.found(id(n)).await;
        assert_eq!(words(Some(&board.state)), Some(&*(2 * ROUNDS).to_string()));
        assert_eq!(board.header.last_seq, 2 * ROUNDS as Seq);
    }
}

/// Adds one to what both say, and an event to both; `false` when somebody else was first.
async fn add_one(ledger: &mut dyn Ledger, order: [u128; 2]) -> bool {
    let wanted = order.map(|n| {
        let (target, conversation) = (Target::Id(id(n)), true);
        Wanted { target, conversation, events: vec![], timer: None, held: None }
    });
    let loaded = match ledger.load(&wanted).await {
        Err(StoreError::Raced) => return false,
        loaded => loaded.expect("the store reads"),
    };
    let mut batch = Batch::default();
    for loaded in loaded {
        let mut board = loaded.conversation.expect("it is there");
        let count: usize = words(Some(&board.state)).expect("words").parse().expect("a number");
        board.state = text(&(count + 1).to_string());
        board.header.last_seq += 1;
        batch.events.push(event(&board, board.header.last_seq));
        batch.conversations.extend(rewriting(&board, false).conversations);
    }
    match ledger.commit(&batch).await {
        Err(StoreError::Raced) => false,
        written => {
            written.expect("it is written");
            true
        }
    }
}

pub(super) async fn a_ledger_reads_what_another_has_left_of_a_store_closed(mut bench: Bench) {
    let Some(mut other) = bench.other() else { return };
    other.commit(&opening(&[&talk(1, 1)], vec![])).await.expect("it is written");
    drop(other);
    assert!(bench.look(Target::Id(id(1))).await.conversation.is_some());
    let store: Arc<dyn Store> = Arc::clone(&bench.store);
    let mut third = store.ledger(&Registry::default()).expect("there is always another");
    let (target, conversation) = (Target::Id(id(1)), true);
    let wanted = [Wanted { target, conversation, events: vec![], timer: None, held: None }];
    let loaded = third.load(&wanted).await.expect("the store reads");
    assert!(loaded[0].conversation.is_none(), "its kind is not known there");
}
