//! What waits for a person: where, in which order, with which bodies.

use hearken_core::Conversation;
use hearken_core::Kind as _;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::store::{InboxPlace, WaitingEvent};

use super::bench::Bench;
use super::scene::{
    Board, Post, UNKNOWN, id, known_as, member, opening, person, recording, rewriting, talk, waiting, words,
};

const KINDS: &[&str] = &[Post::NAME, Board::NAME];

/// Where something may wait for a person, in order of identifiers.
async fn places(bench: &Bench, n: u128, kinds: &[&'static str]) -> Vec<InboxPlace> {
    let mut places = bench.store.inbox(person(n), kinds).await.expect("the store reads");
    places.sort_by_key(|place| place.conversation);
    places
}

async fn place_ids(bench: &Bench, n: u128, kinds: &[&'static str]) -> Vec<ConversationId> {
    places(bench, n, kinds).await.iter().map(|place| place.conversation).collect()
}

fn place(n: u128, slot: u8, floor: Seq, last: Seq) -> InboxPlace {
    InboxPlace { conversation: id(n), slot, floor, last }
}

/// Whether these places in a log wait there, in order of arrival.
async fn waits(bench: &Bench, place: InboxPlace, limit: usize, expect: &[Seq]) {
    let waiting = bench.store.waiting(std::slice::from_ref(&place), limit).await.expect("the store reads");
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].is_sorted());
    let seqs: Vec<_> = waiting[0].iter().map(|event| event.seq).collect();
    assert_eq!(seqs, expect, "{place:?}, at most {limit}");
}

pub(super) async fn conversations_where_something_waits_are_listed(mut bench: Bench) {
    let board = known_as(talk(5, 2), |identity| identity.kind = Board::NAME);
    let talks = [talk(3, 2), talk(1, 2), talk(2, 2), talk(4, 2), board];
    let rows = vec![
        waiting(&talks[0], 1, &[]),
        waiting(&talks[0], 2, &[1]),
        waiting(&talks[1], 1, &[0]),
        waiting(&talks[2], 1, &[]),
        waiting(&talks[4], 1, &[0]),
    ];
    bench.commit(opening(&talks.iter().collect::<Vec<_>>(), rows)).await;
    let check = async |kinds: &[&'static str], after: Option<u128>, limit: usize, expect: &[u128]| {
        let found = bench.store.waiting_conversations(kinds, after.map(id), limit).await;
        let expect: Vec<_> = expect.iter().map(|n| id(*n)).collect();
        assert_eq!(found.expect("the store reads"), expect, "{kinds:?} {after:?} {limit}");
    };
    check(KINDS, None, 10, &[1, 3, 5]).await;
    check(&[Post::NAME], None, 10, &[1, 3]).await;
    check(KINDS, None, 2, &[1, 3]).await;
    check(KINDS, Some(1), 10, &[3, 5]).await;
    check(KINDS, Some(5), 10, &[]).await;
    check(&[], None, 10, &[]).await;
}

/// Conversation 1 with these pending sets.
async fn with(mut bench: Bench, sets: &[&[u8]]) -> Bench {
    let talk = talk(1, 3);
    let rows = (1..).zip(sets).map(|(seq, set)| waiting(&talk, seq, set)).collect();
    bench.commit(opening(&[&talk], rows)).await;
    bench
}

pub(super) async fn it_lists_where_a_member_is_in(mut bench: Bench) {
    let (here, mut left, elsewhere) = (talk(1, 3), talk(2, 3), talk(3, 1));
    let mut members = left.members.to_vec();
    members[2].left = Some(1);
    left.members = members.into();
    let rows = vec![waiting(&here, 1, &[0, 2]), waiting(&left, 1, &[0]), waiting(&elsewhere, 1, &[0])];
    bench.commit(opening(&[&here, &left, &elsewhere], rows)).await;
    bench.commit(recording(vec![waiting(&here, 2, &[2])])).await;
    let mine = places(&bench, 2, KINDS).await;
    assert_eq!(mine.len(), 1, "{mine:?}");
    let InboxPlace { conversation, slot, floor, last } = mine[0];
    assert_eq!((conversation, slot, floor, last), (id(1), 2, 0, 2));
    assert_eq!(place_ids(&bench, 0, KINDS).await, [id(1), id(2), id(3)]);
    assert_eq!(place_ids(&bench, 9, KINDS).await, []);
}

pub(super) async fn it_lists_the_kinds_asked_for(mut bench: Bench) {
    let other = known_as(talk(2, 1), |identity| identity.kind = Board::NAME);
    let strange = known_as(talk(3, 1), |identity| identity.kind = UNKNOWN);
    let post = talk(1, 1);
    let rows = [&post, &other, &strange].map(|talk| waiting(talk, 1, &[0])).to_vec();
    bench.commit(opening(&[&post, &other, &strange], rows)).await;
    assert_eq!(place_ids(&bench, 0, KINDS).await, [id(1), id(2)]);
    assert_eq!(place_ids(&bench, 0, &[Board::NAME]).await, [id(2)]);
    assert_eq!(place_ids(&bench, 0, &[]).await, []);
}

pub(super) async fn what_waits_is_listed_from_floor_to_last(bench: Bench) {
    let bench = with(bench, &[&[0, 1], &[0], &[1], &[], &[1, 2], &[1]]).await;
    waits(&bench, place(1, 1, 0, 6), 100, &[1, 3, 5, 6]).await;
    waits(&bench, place(1, 1, 1, 5), 100, &[3, 5]).await;
    waits(&bench, place(1, 1, 2, 4), 100, &[3]).await;
    waits(&bench, place(1, 1, 6, 6), 100, &[]).await;
    waits(&bench, place(1, 2, 0, 6), 100, &[5]).await;
    waits(&bench, place(1, 7, 0, 6), 100, &[]).await;
    waits(&bench, place(9, 1, 0, 6), 100, &[]).await;
}

pub(super) async fn a_list_is_cut_at_its_limit(bench: Bench) {
    let bench = with(bench, &[&[0, 1], &[0], &[1], &[1], &[0, 1]]).await;
    waits(&bench, place(1, 1, 0, 5), 2, &[1, 3]).await;
    waits(&bench, place(1, 1, 3, 5), 2, &[4, 5]).await;
    waits(&bench, place(1, 1, 0, 5), 0, &[]).await;
}

pub(super) async fn arrival_orders_over_conversations(mut bench: Bench) {
    let (first, second) = (talk(1, 1), talk(2, 1));
    let batch = opening(&[&first, &second], vec![waiting(&second, 1, &[0]), waiting(&first, 1, &[0])]);
    bench.commit(batch).await;
    bench.commit(recording(vec![waiting(&first, 2, &[0]), waiting(&second, 2, &[0])])).await;
    let mut bench = bench.reopen().await;
    bench.commit(recording(vec![waiting(&first, 3, &[0])])).await;
    let asked = [place(1, 0, 0, 3), place(2, 0, 0, 2)];
    let waiting = bench.store.waiting(&asked, 100).await.expect("the store reads");
    let of = |n: u128, events: &[WaitingEvent]| {
        events.iter().map(|event| (event.arrival, n, event.seq)).collect::<Vec<_>>()
    };
    let mut all = [of(1, &waiting[0]), of(2, &waiting[1])].concat();
    all.sort_unstable();
    let order: Vec<_> = all.iter().map(|(_, n, seq)| (*n, *seq)).collect();
    assert_eq!(order, [(2, 1), (1, 1), (1, 2), (2, 2), (1, 3)]);
}

pub(super) async fn each_place_gets_its_own_list(bench: Bench) {
    let bench = with(bench, &[&[0], &[1]]).await;
    let asked = [place(1, 1, 0, 2), place(9, 0, 0, 9), place(1, 0, 0, 2), place(1, 1, 0, 1)];
    let waiting = bench.store.waiting(&asked, 100).await.expect("the store reads");
    let seqs: Vec<Vec<_>> = waiting.iter().map(|list| list.iter().map(|event| event.seq).collect()).collect();
    assert_eq!(seqs, [vec![2], vec![], vec![1], vec![]]);
    assert!(bench.store.waiting(&[], 100).await.expect("the store reads").is_empty());
}

/// What comes for these places: which one, its words, whom it waits for.
async fn bodies(
    bench: &Bench,
    wanted: &[(ConversationId, Seq)],
) -> Vec<(ConversationId, Seq, String, Vec<u128>)> {
    let found = bench.store.waiting_events(&bench.registry, wanted).await.expect("the store reads");
    let show = |waiting: &hearken_core::store::Waiting| {
        let event = &waiting.event;
        let people = (0..9).filter(|n| waiting.waits_for.contains(&person(*n))).collect::<Vec<_>>();
        assert_eq!(people.len(), waiting.waits_for.len(), "each once, and nobody else");
        let words = words(event.body.as_ref()).unwrap_or_default().to_owned();
        (event.conversation.id, event.seq, words, people)
    };
    found.iter().map(show).collect()
}

pub(super) async fn bodies_come_in_the_order_asked_with_whom_they_wait_for(mut bench: Bench) {
    let (first, mut second) = (talk(1, 2), talk(2, 2));
    // The slot of one who has left is another's now.
    let mut members = second.members.to_vec();
    members[0].left = Some(0);
    members.push(member(5, 0));
    second.members = members.into();
    let rows = vec![waiting(&first, 1, &[0, 1]), waiting(&first, 2, &[1]), waiting(&second, 1, &[0])];
    bench.commit(opening(&[&first, &second], rows)).await;
    let asked = [(id(1), 2), (id(2), 1), (id(1), 1)];
    let expect = [
        (id(1), 2, "2".to_owned(), vec![1]),
        (id(2), 1, "1".to_owned(), vec![5]),
        (id(1), 1, "1".to_owned(), vec![0, 1]),
    ];
    assert_eq!(bodies(&bench, &asked).await, expect);
}

pub(super) async fn what_is_gone_is_missing(bench: Bench) {
    let mut bench = with(bench, &[&[0], &[], &[1], &[]]).await;
    bench.ledger.trim(super::scene::at(3), 1).await.expect("the store trims");
    let asked = [(id(1), 1), (id(1), 2), (id(1), 3), (id(1), 4), (id(1), 5), (id(9), 1)];
    let found = bodies(&bench, &asked).await;
    assert_eq!(found.iter().map(|found| found.1).collect::<Vec<_>>(), [1, 3]);
}

pub(super) async fn an_unknown_kind_is_missing(mut bench: Bench) {
    let strange = known_as(talk(1, 1), |identity| identity.kind = UNKNOWN);
    let rows = vec![waiting(&strange, 1, &[0]), waiting(&talk(2, 1), 1, &[0])];
    bench.commit(opening(&[&strange, &talk(2, 1)], rows)).await;
    let found = bodies(&bench, &[(id(1), 1), (id(2), 1)]).await;
    assert_eq!(found.iter().map(|found| found.0).collect::<Vec<_>>(), [id(2)]);
}

async fn raise(bench: &mut Bench, n: u128, floors: &[(ConversationId, Seq)]) {
    bench.ledger.raise_floors(person(n), floors).await.expect("the store writes");
}

async fn floor(bench: &Bench, n: u128) -> Seq {
    let places = places(bench, n, KINDS).await;
    places.iter().find(|place| place.conversation == id(1)).expect("something may wait there").floor
}

pub(super) async fn a_raised_floor_is_told_and_never_sinks(bench: Bench) {
    let mut bench = with(bench, &[&[], &[], &[0, 1], &[0, 1]]).await;
    raise(&mut bench, 0, &[(id(9), 1), (id(1), 2)]).await;
    assert_eq!(floor(&bench, 0).await, 2);
    raise(&mut bench, 0, &[(id(1), 1)]).await;
    assert_eq!(floor(&bench, 0).await, 2);
    raise(&mut bench, 0, &[]).await;
    let bench = bench.reopen().await;
    assert_eq!(floor(&bench, 0).await, 2);
    waits(&bench, places(&bench, 0, KINDS).await[0].clone(), 9, &[3, 4]).await;
}

pub(super) async fn a_floor_is_one_members_own(mut bench: Bench) {
    let (first, second) = (talk(1, 3), talk(2, 3));
    let rows = vec![waiting(&first, 1, &[1]), waiting(&first, 2, &[0, 1]), waiting(&second, 1, &[0])];
    bench.commit(opening(&[&first, &second], rows)).await;
    raise(&mut bench, 0, &[(id(1), 1)]).await;
    assert_eq!(floor(&bench, 0).await, 1);
    assert_eq!(floor(&bench, 1).await, 0);
    assert_eq!(places(&bench, 0, KINDS).await[1].floor, 0);
}

pub(super) async fn floors_outlive_a_rewrite_of_the_members(bench: Bench) {
    let mut bench = with(bench, &[&[], &[], &[0, 1], &[0, 1]]).await;
    raise(&mut bench, 0, &[(id(1), 2)]).await;
    let mut talk: Conversation = bench.found(id(1)).await;
    let mut members = talk.members.to_vec();
    for member in &mut members {
        member.read = 4;
    }
    members.push(member(7, 9));
    talk.members = members.into();
    bench.commit(rewriting(&talk, true)).await;
    assert_eq!(floor(&bench, 0).await, 2);
    assert_eq!(floor(&bench, 1).await, 0);
}
