//! What has come lately, for a node that was not told.

use std::sync::Arc;

use hearken_core::ids::{ConversationId, NoticeId, Seq};
use hearken_core::store::{Batch, DirectoryChange, Grown};
use hearken_core::{Conversation, Notice};
use uuid::Uuid;

use super::bench::Bench;
use super::people::{full, organisation};
use super::scene::{HOME, UNKNOWN, at, event, id, known_as, opening, person, recording, talk, text, words};

async fn last(bench: &Bench) -> i64 {
    bench.store.last_arrival().await.expect("the store reads")
}

/// Conversations that grew after an arrival: which, and from where to where.
async fn grown(bench: &Bench, arrived: i64) -> Vec<(ConversationId, Seq, Seq)> {
    let grown = bench.store.grown(arrived, None, 100).await.expect("the store reads");
    grown.into_iter().map(|Grown { conversation, first, last }| (conversation, first, last)).collect()
}

pub(super) async fn the_last_one_counts_up(mut bench: Bench) {
    assert_eq!(last(&bench).await, 0);
    let (first, second) = (talk(1, 1), talk(2, 1));
    bench.commit(opening(&[&first, &second], vec![event(&first, 1)])).await;
    let one = last(&bench).await;
    bench.commit(recording(vec![event(&second, 1)])).await;
    let two = last(&bench).await;
    bench.commit(Batch::default()).await;
    assert!(0 < one && one < two && last(&bench).await == two);
}

pub(super) async fn conversations_that_grew_are_listed(mut bench: Bench) {
    let talks = [talk(1, 1), talk(2, 1), talk(3, 1)];
    let unknown = known_as(talk(4, 1), |identity| identity.kind = UNKNOWN);
    let all: Vec<_> = talks.iter().chain([&unknown]).collect();
    let first = vec![event(&talks[0], 1), event(&talks[0], 2), event(&talks[2], 1)];
    bench.commit(opening(&all, first)).await;
    let before = last(&bench).await;
    assert_eq!(grown(&bench, 0).await, [(id(1), 1, 2), (id(3), 1, 1)]);
    assert_eq!(grown(&bench, before).await, []);
    let more = vec![event(&unknown, 1), event(&talks[1], 1), event(&talks[0], 3), event(&talks[0], 4)];
    bench.commit(recording(more)).await;
    assert_eq!(grown(&bench, before).await, [(id(1), 3, 4), (id(2), 1, 1), (id(4), 1, 1)]);
    assert_eq!(grown(&bench, 0).await.first(), Some(&(id(1), 1, 4)));
    assert_eq!(grown(&bench, last(&bench).await - 1).await, [(id(1), 4, 4)]);
}

pub(super) async fn they_are_listed_in_pages(mut bench: Bench) {
    let talks: Vec<_> = (1..=5).map(|n| talk(n, 1)).collect();
    let rows = talks.iter().rev().map(|talk| event(talk, 1)).collect();
    bench.commit(opening(&talks.iter().collect::<Vec<_>>(), rows)).await;
    let page = async |after, limit| {
        let page = bench.store.grown(0, after, limit).await.expect("the store reads");
        page.iter().map(|grown| grown.conversation).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [id(1), id(2)]);
    assert_eq!(page(Some(id(2)), 2).await, [id(3), id(4)]);
    assert_eq!(page(Some(id(4)), 2).await, [id(5)]);
    assert_eq!(page(Some(id(5)), 2).await, []);
}

pub(super) async fn the_last_events_of_a_conversation_are_read(mut bench: Bench) {
    let (talk, other) = (talk(1, 1), talk(2, 1));
    bench.commit(opening(&[&talk, &other], (1..=3).map(|seq| event(&talk, seq)).collect())).await;
    let before = last(&bench).await;
    bench.commit(recording((4..=8).map(|seq| event(&talk, seq)).collect())).await;
    bench.commit(recording(vec![event(&other, 1)])).await;
    let bench = &bench;
    let check = async |talk: &Conversation, arrived, upto, limit, expect: &[Seq]| {
        let read = bench.store.arrived(talk, arrived, upto, limit).await.expect("the store reads");
        let seqs: Vec<_> = read.iter().map(|stored| stored.event.seq).collect();
        assert_eq!(seqs, expect, "after {arrived} up to {upto}, of the last {limit}");
        assert!(read.iter().all(|read| words(read.event.body.as_ref()).is_some()));
    };
    check(&talk, before, 8, 100, &[4, 5, 6, 7, 8]).await;
    check(&talk, before, 6, 100, &[4, 5, 6]).await;
    check(&talk, before, 8, 2, &[7, 8]).await;
    check(&talk, before, 5, 3, &[4, 5]).await;
    check(&talk, before, 3, 100, &[]).await;
    check(&talk, 0, Seq::MAX, 100, &[1, 2, 3, 4, 5, 6, 7, 8]).await;
    check(&talk, before + 2, Seq::MAX, 100, &[6, 7, 8]).await;
    check(&talk, last(bench).await, 8, 100, &[]).await;
    check(&other, before, 8, 100, &[1]).await;
}

pub(super) async fn notices_told_lately_are_listed(mut bench: Bench) {
    let known = talk(1, 1);
    let unknown = known_as(talk(2, 1), |identity| identity.kind = UNKNOWN);
    bench.commit(opening(&[&known, &unknown], vec![])).await;
    let name = |n| NoticeId(Uuid::from_u128(n));
    let notice = |talk: &Conversation, to, n: u128| {
        Arc::new(Notice {
            id: name(n),
            account: person(to),
            conversation: Arc::clone(&talk.identity),
            at: at(n as i64),
            origin: None,
            kept: true,
            body: text(&n.to_string()),
        })
    };
    let notices =
        vec![notice(&known, 1, 5), notice(&known, 2, 3), notice(&unknown, 1, 4), notice(&known, 1, 9)];
    bench.commit(Batch { notices, ..Batch::default() }).await;
    let check = async |after, limit, expect: &[(u128, u128)]| {
        let found = bench.store.notices_since(&bench.registry, name(after), limit).await;
        let found = found.expect("the store reads");
        let line = |notice: &Arc<Notice>| (notice.account, notice.id, notice.conversation.id, notice.at);
        let lines: Vec<_> = found.iter().map(line).collect();
        let expect: Vec<_> =
            expect.iter().map(|(to, n)| (person(*to), name(*n), id(1), at(*n as i64))).collect();
        assert_eq!(lines, expect, "after {after}, at most {limit}");
        assert!(found.iter().all(|notice| notice.kept && notice.origin.is_none()));
    };
    check(0, 100, &[(2, 3), (1, 5), (1, 9)]).await;
    check(3, 100, &[(1, 5), (1, 9)]).await;
    check(3, 1, &[(1, 5)]).await;
    check(9, 100, &[]).await;
}

pub(super) async fn accounts_are_found_among_others(mut bench: Bench) {
    let people: Vec<_> = (1..=4).map(full).collect();
    let mut directory = vec![organisation(HOME, "default")];
    directory.extend(people.iter().cloned().map(DirectoryChange::AddAccount));
    bench.commit(Batch { directory, ..Batch::default() }).await;
    let asked = [person(3), person(77), person(1)];
    let mut found = bench.store.accounts_among(&asked).await.expect("the store reads");
    found.sort_by_key(|account| account.id);
    assert_eq!(found, [people[0].clone(), people[2].clone()]);
    let none = bench.store.accounts_among(&[]).await.expect("the store reads");
    assert!(none.is_empty());
}
