//! Conversations: their own row and their members.

use std::sync::Arc;

use hearken_core::store::StoreError;
use hearken_core::{Body, Conversation, Kind as _, Member, Target};
use serde_json::Value;

use super::bench::Bench;
use super::scene::{
    AWAY, Board, HOME, Post, Text, UNKNOWN, at, event, id, known_as, member, opening, person, recording,
    rewriting, talk, text,
};

pub(super) fn key(kind: &'static str, key: &str) -> Target {
    Target::Key { kind, organisation: HOME, key: key.into() }
}

/// Whether one read back is the one written. Members come in whatever order.
pub(super) fn assert_same(read: &Conversation, written: &Conversation) {
    assert_eq!(read.identity, written.identity);
    assert_eq!(read.header, written.header);
    let by_account = |talk: &Conversation| {
        let mut members = talk.members.to_vec();
        members.sort_by_key(|member| member.account);
        members
    };
    assert_eq!(by_account(read), by_account(written));
    assert_eq!(read.state.version(), written.state.version());
    let json = |body: &Body| serde_json::from_slice::<Value>(body.json()).expect("a state is JSON");
    assert_eq!(json(&read.state), json(&written.state));
}

fn full(n: u128) -> Conversation {
    let mut full = known_as(talk(n, 2), |identity| identity.key = Some("1:2".into()));
    full.header.status = "unclaimed".into();
    full.header.priority = -3;
    (full.header.starts, full.header.ends) = (Some(at(-86_400_001)), Some(at(999)));
    (full.header.last_seq, full.header.version) = (0, 12);
    full
}

pub(super) async fn a_new_one_reads_back_by_identifier_and_by_key(mut bench: Bench) {
    let full = full(1);
    bench.commit(opening(&[&full, &talk(2, 1)], vec![])).await;
    assert_same(&bench.found(id(1)).await, &full);
    let by_key = bench.read(key(Post::NAME, "1:2")).await.expect("the key is known");
    assert_same(&by_key, &full);
}

pub(super) async fn one_without_a_key_is_found_by_identifier_alone(mut bench: Bench) {
    bench.commit(opening(&[&talk(1, 2), &talk(2, 2)], vec![])).await;
    assert_same(&bench.found(id(1)).await, &talk(1, 2));
    assert_same(&bench.found(id(2)).await, &talk(2, 2));
    assert!(bench.read(key(Post::NAME, "")).await.is_none());
    assert!(bench.read(Target::Id(id(3))).await.is_none());
}

pub(super) async fn an_update_replaces_the_row(mut bench: Bench) {
    let mut full = full(1);
    bench.commit(opening(&[&full, &talk(2, 1)], vec![])).await;
    full.header.status = "closed".into();
    full.header.priority = i64::MAX;
    (full.header.starts, full.header.ends) = (None, Some(at(5)));
    full.header.version = 13;
    full.state = text("old");
    bench.commit(rewriting(&full, false)).await;
    assert_same(&bench.found(id(1)).await, &full);
    assert_same(&bench.found(id(2)).await, &talk(2, 1));
}

pub(super) async fn members_are_replaced_when_they_changed(mut bench: Bench) {
    let mut talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![event(&talk, 1)])).await;
    let mut members = talk.members.to_vec();
    (members[0].left, members[1].read) = (Some(1), 1);
    "admin".clone_into(&mut members[2].role);
    let mut latecomer = member(9, 0);
    (latecomer.joined, latecomer.since, latecomer.read) = (1, at(77), 1);
    members.push(latecomer);
    talk.members = members.into();
    talk.header.last_seq = 1;
    bench.commit(rewriting(&talk, true)).await;
    assert_same(&bench.found(id(1)).await, &talk);
}

pub(super) async fn members_stay_when_they_did_not_change(mut bench: Bench) {
    let mut talk = talk(1, 3);
    bench.commit(opening(&[&talk], vec![])).await;
    talk.state = text("later");
    bench.commit(rewriting(&talk, false)).await;
    assert_same(&bench.found(id(1)).await, &talk);
}

pub(super) async fn a_key_is_unique_within_organisation_and_kind(mut bench: Bench) {
    let keyed = |n| known_as(talk(n, 1), |identity| identity.key = Some("k".into()));
    bench.commit(opening(&[&keyed(1)], vec![])).await;
    let other_kind = known_as(keyed(2), |identity| identity.kind = Board::NAME);
    let other_place = known_as(keyed(3), |identity| identity.organisation = AWAY);
    bench.commit(opening(&[&other_kind, &other_place], vec![])).await;
    let second = opening(&[&talk(5, 1), &keyed(4)], vec![]);
    assert_eq!(bench.refused(second).await, StoreError::Raced);
    assert!(bench.read(Target::Id(id(4))).await.is_none());
    assert!(bench.read(Target::Id(id(5))).await.is_none());
    assert_same(&bench.read(key(Post::NAME, "k")).await.expect("there"), &keyed(1));
    assert_same(&bench.read(key(Board::NAME, "k")).await.expect("there"), &other_kind);
}

pub(super) async fn an_identifier_is_used_once(mut bench: Bench) {
    bench.commit(opening(&[&talk(1, 2)], vec![])).await;
    bench.refused(opening(&[&talk(2, 1), &talk(1, 1)], vec![])).await;
    assert_same(&bench.found(id(1)).await, &talk(1, 2));
    assert!(bench.read(Target::Id(id(2))).await.is_none());
}

pub(super) async fn the_last_place_counts_events_that_came_alone(mut bench: Bench) {
    let talk = talk(1, 1);
    bench.commit(opening(&[&talk], vec![event(&talk, 1)])).await;
    assert_eq!(bench.found(id(1)).await.header.last_seq, 1);
    bench.commit(recording(vec![event(&talk, 2), event(&talk, 3)])).await;
    assert_eq!(bench.found(id(1)).await.header.last_seq, 3);
}

pub(super) async fn the_last_place_counts_what_the_row_says(mut bench: Bench) {
    let mut talk = talk(1, 1);
    talk.header.last_seq = 7;
    bench.commit(opening(&[&talk], vec![])).await;
    assert_eq!(bench.found(id(1)).await.header.last_seq, 7);
    bench.commit(recording(vec![event(&talk, 8)])).await;
    assert_eq!(bench.found(id(1)).await.header.last_seq, 8);
}

pub(super) async fn one_of_an_unknown_kind_is_not_there(mut bench: Bench) {
    let strange = known_as(talk(1, 1), |identity| {
        (identity.kind, identity.key) = (UNKNOWN, Some("k".into()));
    });
    bench.commit(opening(&[&strange, &talk(2, 1)], vec![])).await;
    assert!(bench.read(Target::Id(id(1))).await.is_none());
    assert!(bench.read(key(UNKNOWN, "k")).await.is_none());
    assert!(bench.read(Target::Id(id(2))).await.is_some());
}

pub(super) async fn a_newer_state_comes_back_and_is_passed_over(mut bench: Bench) {
    let mut newer = talk(1, 1);
    newer.state = Body::stored(9, br#"{"later":[1,"\u00e9"]}"#.to_vec());
    bench.commit(opening(&[&newer], vec![])).await;
    let read = bench.found(id(1)).await;
    assert_same(&read, &newer);
    assert_eq!(read.state.get::<Text>(), None);
}

pub(super) async fn any_text_reads_back(mut bench: Bench) {
    let odd = "\u{1f468}\u{200d}\u{1f469} '\"\\%_ \u{1}\u{202e}\u{feff}\n\r\t Straße ١٢٣ ";
    let mut talk = known_as(talk(1, 1), |identity| identity.key = Some(odd.into()));
    talk.header.status = odd.to_owned().into();
    talk.state = text(&format!("\u{0}{odd}"));
    let mut members = talk.members.to_vec();
    odd.clone_into(&mut members[0].role);
    talk.members = members.into();
    bench.commit(opening(&[&talk], vec![])).await;
    assert_same(&bench.read(key(Post::NAME, odd)).await.expect("there"), &talk);
}

pub(super) async fn those_that_somebody_is_in_come_in_pages(mut bench: Bench) {
    let board = known_as(talk(4, 2), |identity| identity.kind = Board::NAME);
    let mut left = talk(5, 2);
    left.members = left.members.iter().map(|member| Member { left: Some(0), ..member.clone() }).collect();
    let strange = known_as(talk(6, 2), |identity| identity.kind = UNKNOWN);
    let talks = [full(3), talk(1, 1), talk(2, 2), board, left, strange, talk(7, 2), talk(8, 0)];
    bench.commit(opening(&talks.iter().collect::<Vec<_>>(), vec![event(&talks[0], 1)])).await;
    let both: &[&'static str] = &[Post::NAME, Board::NAME];
    let check =
        async |n: u128, kinds: &[&'static str], after: Option<u128>, limit: usize, expect: &[u128]| {
            let found = bench.store.conversations_of(person(n), kinds, after.map(id), limit).await;
            let found: Vec<_> = found.expect("the store reads").iter().map(|talk| talk.identity.id).collect();
            assert_eq!(
                found,
                expect.iter().map(|n| id(*n)).collect::<Vec<_>>(),
                "{n} {kinds:?} {after:?} {limit}"
            );
        };
    check(0, both, None, 10, &[1, 2, 3, 4, 7]).await;
    check(1, both, None, 10, &[2, 3, 4, 7]).await;
    check(2, both, None, 10, &[]).await;
    check(0, &[Board::NAME], None, 10, &[4]).await;
    check(0, &[Post::NAME], Some(1), 2, &[2, 3]).await;
    check(0, both, Some(4), 10, &[7]).await;
    check(0, both, Some(7), 10, &[]).await;
    check(0, &[], None, 10, &[]).await;
    check(0, both, None, 0, &[]).await;
    let found = bench.store.conversations_of(person(0), both, Some(id(2)), 1).await.expect("the store reads");
    assert_eq!(found[0].header.last_seq, 1, "it is read whole");
    let mut whole = found[0].clone();
    whole.header.last_seq = 0;
    assert_same(&whole, &full(3));
}

pub(super) async fn they_outlive_the_store_being_closed(mut bench: Bench) {
    let (full, mut rewritten) = (full(1), talk(2, 2));
    bench.commit(opening(&[&full, &rewritten], vec![event(&rewritten, 1)])).await;
    rewritten.state = text("later");
    rewritten.header.last_seq = 1;
    rewritten.members = Arc::new([member(0, 0)]);
    rewritten.members = [rewritten.members[0].clone(), member(1, 5)].into();
    bench.commit(rewriting(&rewritten, true)).await;
    let bench = bench.reopen().await;
    assert_same(&bench.found(id(1)).await, &full);
    assert_same(&bench.found(id(2)).await, &rewritten);
}
