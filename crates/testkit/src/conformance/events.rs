//! The log: what is recorded reads back.

use std::sync::Arc;

use hearken_core::account::Role;
use hearken_core::event::{Audience, Event};
use hearken_core::ids::{Seq, SignInId};
use hearken_core::store::EventRow;
use hearken_core::{Body, Conversation};
use uuid::Uuid;

use super::bench::Bench;
use super::scene::{
    Text, at, event, event_with, id, line, opening, person, plain, recording, talk, text, waiting, words,
};

fn assert_same(read: &Event, written: &Event) {
    assert_eq!(read.conversation, written.conversation);
    assert_eq!((read.seq, read.at, read.author), (written.seq, written.at, written.author));
    assert_eq!((read.origin, &read.audience), (written.origin, &written.audience));
    assert_eq!(words(read.body.as_ref()), words(written.body.as_ref()));
}

/// Records events with these changes, and expects them to read back.
async fn check(mut bench: Bench, changes: Vec<fn(&mut Event)>) -> Bench {
    let talk = talk(1, 2);
    let seqs = 1..=changes.len() as Seq;
    let rows: Vec<_> = seqs.zip(changes).map(|(seq, change)| event_with(&talk, seq, change)).collect();
    let written: Vec<_> = rows.iter().map(|row| Arc::clone(&row.event)).collect();
    bench.commit(opening(&[&talk], rows)).await;
    let read = bench.events(&talk).await;
    assert_eq!(read.len(), written.len());
    for (read, written) in read.iter().zip(written) {
        assert_same(&read.event, &written);
        assert_eq!(read.pending, None);
    }
    bench
}

pub(super) async fn they_read_back_whole(bench: Bench) {
    check(
        bench,
        vec![
            |_| {},
            |event| event.author = None,
            |event| event.origin = Some(SignInId(Uuid::from_u128(u128::MAX))),
            |event| event.at = at(-1_700_000_000_001),
            |event| event.body = Some(text("")),
            |event| event.body = Some(text("\u{0}\u{1f600} \u{202e}\u{feff}\r\n\"'")),
            |event| event.body = Some(text(&"ж".repeat(32 * 1024))),
        ],
    )
    .await;
}

pub(super) async fn each_audience_reads_back(bench: Bench) {
    check(
        bench,
        vec![
            |event| event.audience = Audience::members(),
            |event| event.audience = Audience::only([]),
            |event| event.audience = Audience::only([person(1), person(0)]),
            |event| event.audience = Audience::members_except([person(1)]),
            |event| event.audience.roles = vec![Role::Supervisor, Role::Agent],
            |event| {
                event.audience = Audience {
                    members: Some(vec![person(0)]),
                    roles: Role::ALL.to_vec(),
                    except: vec![person(3), person(2)],
                }
            },
        ],
    )
    .await;
}

pub(super) async fn a_stretch_ends_where_it_should(mut bench: Bench) {
    let talk = talk(1, 1);
    bench.commit(opening(&[&talk], (1..=9).map(|seq| event(&talk, seq)).collect())).await;
    let read = async |after, upto, limit, expect: &[Seq]| {
        let read = bench.store.events(&talk, after, upto, limit).await.expect("the store reads");
        let seqs: Vec<_> = read.iter().map(|stored| stored.event.seq).collect();
        assert_eq!(seqs, expect, "after {after} up to {upto}, at most {limit}");
    };
    read(0, 9, 100, &[1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
    read(3, 6, 100, &[4, 5, 6]).await;
    read(3, 6, 2, &[4, 5]).await;
    read(3, 6, 3, &[4, 5, 6]).await;
    read(8, 100, 5, &[9]).await;
    read(9, 9, 5, &[]).await;
    read(5, 4, 5, &[]).await;
    read(0, 9, 0, &[]).await;
}

pub(super) async fn a_place_past_every_log_holds_nothing(mut bench: Bench) {
    let talk = talk(1, 1);
    bench.commit(opening(&[&talk], vec![event(&talk, 1)])).await;
    let past = bench.store.events(&talk, Seq::MAX - 1, Seq::MAX, 10).await;
    assert!(past.expect("a place no log reaches is no failure").is_empty());
    let all = bench.store.events(&talk, 0, Seq::MAX, 10).await;
    assert_eq!(all.expect("nor is a bound that no log reaches").len(), 1);
}

pub(super) async fn conversations_keep_their_events_apart(mut bench: Bench) {
    let (first, second) = (talk(1, 1), talk(2, 1));
    let rows = vec![event(&first, 1), event(&second, 1), event(&first, 2)];
    bench.commit(opening(&[&first, &second], rows)).await;
    assert_eq!(bench.log(&first).await, [plain(1), plain(2)]);
    assert_eq!(bench.log(&second).await, [plain(1)]);
    assert_eq!(bench.log(&talk(3, 1)).await, []);
}

pub(super) async fn a_place_is_used_once(mut bench: Bench) {
    let talk = talk(1, 1);
    bench.commit(opening(&[&talk], vec![event(&talk, 1)])).await;
    bench.refused(recording(vec![event(&talk, 2), event(&talk, 1)])).await;
    bench.refused(recording(vec![event(&talk, 2), event(&talk, 2)])).await;
    assert_eq!(bench.log(&talk).await, [plain(1)]);
    bench.commit(recording(vec![event(&talk, 2)])).await;
    assert_eq!(bench.log(&talk).await, [plain(1), plain(2)]);
}

pub(super) async fn what_is_not_kept_has_no_body(mut bench: Bench) {
    let talk = talk(1, 2);
    let never = EventRow { kept: false, ..event(&talk, 2) };
    bench.commit(opening(&[&talk], vec![waiting(&talk, 1, &[]), never])).await;
    assert_eq!(bench.log(&talk).await, [line(1, &[]), (2, None, None)]);
}

pub(super) async fn pending_sets_read_back(mut bench: Bench) {
    let talk = talk(1, 2);
    let sets: [&[u8]; 5] = [&[0], &[0, 1], &[127], &[7, 8, 63, 64], &[]];
    let rows = (1..).zip(sets).map(|(seq, set)| waiting(&talk, seq, set)).collect();
    bench.commit(opening(&[&talk], rows)).await;
    let expect: Vec<_> = (1..).zip(sets).map(|(seq, set)| line(seq, set)).collect();
    assert_eq!(bench.log(&talk).await, expect);
}

pub(super) async fn a_newer_body_comes_back_and_is_passed_over(mut bench: Bench) {
    let talk = talk(1, 1);
    let newer = |event: &mut Event| event.body = Some(Body::stored(7, br#"["later"]"#.to_vec()));
    bench.commit(opening(&[&talk], vec![event_with(&talk, 1, newer), event(&talk, 2)])).await;
    let read = bench.events(&talk).await;
    let body = read[0].event.body.as_ref().expect("it is there, if nobody can read it");
    assert_eq!((body.version(), body.get::<Text>()), (7, None));
    assert_eq!(serde_json::from_slice::<Vec<String>>(body.json()).ok(), Some(vec!["later".into()]));
    assert_eq!(words(read[1].event.body.as_ref()), Some("2"));
}

pub(super) async fn they_outlive_the_store_being_closed(bench: Bench) {
    let mut bench = check(bench, vec![|_| {}, |event| event.audience = Audience::only([person(1)])]).await;
    let talk = talk(1, 2);
    bench.commit(recording(vec![waiting(&talk, 3, &[0, 9])])).await;
    let bench = bench.reopen().await;
    let read = bench.events(&talk).await;
    assert_eq!(read[1].event.audience, Audience::only([person(1)]));
    assert_eq!(bench.log(&talk).await, [plain(1), plain(2), line(3, &[0, 9])]);
}

pub(super) async fn a_large_batch_is_written_whole(mut bench: Bench) {
    let talks: Vec<Conversation> = (0..40).map(|n| talk(n, 2)).collect();
    let body = "x".repeat(2048);
    let long = |event: &mut Event| event.body = Some(text(&body));
    let rows = talks.iter().flat_map(|talk| (1..=50).map(move |seq| event_with(talk, seq, long))).collect();
    bench.commit(opening(&talks.iter().collect::<Vec<_>>(), rows)).await;
    for (n, talk) in (0..).zip(&talks) {
        let read = bench.events(talk).await;
        assert!(read.iter().map(|stored| stored.event.seq).eq(1..=50), "of conversation {n}");
        assert!(read.iter().all(|stored| words(stored.event.body.as_ref()) == Some(body.as_str())));
        assert_eq!(bench.found(id(n)).await.header.last_seq, 50);
    }
}
