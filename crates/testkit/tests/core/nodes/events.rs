//! Events: every node's followers see each once, in order, whatever the bus does.

use hearken_core::account::Role;
use hearken_core::actor::Actor;
use hearken_core::bus::memory::Faults;
use hearken_core::event::Audience;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::{At, Follow, Kind as _, NewAccount, NewEvent, Receipt};

use super::{Town, again, numbers, shows};
use crate::house::House;
use crate::scene::{Board, No, Note, Talk, id_of, is_idle, line, next_event, next_events, within};

async fn write(house: &House, who: &Actor, board: ConversationId, words: &[String]) {
    for words in words {
        within(house.write(who, board, words)).await.expect("it is saved");
    }
}

/// A board with Ann and Bob on it.
async fn board(town: &Town) -> (ConversationId, Actor, Actor) {
    let [ann, bob] = town.node(0).people().await;
    let board = town.node(0).room::<Board>("board", &[&ann, &bob]).await;
    (board, ann, bob)
}

#[tokio::test(start_paused = true)]
async fn what_one_node_commits_is_seen_on_another() {
    let town = Town::of(2).await;
    let (board, ann, bob) = board(&town).await;
    let mut here = town.node(0).follow_mine(&bob).await;
    let mut there = town.node(1).follow_mine(&again(town.node(1), &bob)).await;
    write(town.node(0), &ann, board, &numbers(0..3)).await;
    shows(&mut there, 1, &numbers(0..3)).await;
    write(town.node(1), &bob, board, &numbers(3..5)).await;
    shows(&mut there, 4, &numbers(3..5)).await;
    shows(&mut here, 1, &numbers(0..5)).await;
    assert!(is_idle(&mut here) && is_idle(&mut there));
    let stats = town.node(1).core.bus_stats().expect("there is a bus");
    assert_eq!(stats.repeated.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn several_nodes_write_one_conversation_at_once() {
    let town = Town::of(3).await;
    let (board, ann, bob) = board(&town).await;
    let mut followers = Vec::new();
    for n in 0..3 {
        followers.push(town.node(n).follow_mine(&again(town.node(n), &bob)).await);
    }
    let replies: Vec<_> = (0..300).map(|n| town.node(n % 3).write(&ann, board, &n.to_string())).collect();
    let mut written = Vec::new();
    for (n, reply) in replies.into_iter().enumerate() {
        written.push((within(reply).await.expect("it is saved"), Some(n.to_string())));
    }
    written.sort();
    for follower in &mut followers {
        assert_eq!(next_events(follower, 300).await, written);
        assert!(is_idle(follower));
    }
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_read_from_the_store_when_the_next_one_comes() {
    let town = Town::of(2).await;
    let (board, ann, bob) = board(&town).await;
    let mut there = town.node(1).follow_mine(&bob).await;
    write(town.node(0), &ann, board, &numbers(0..1)).await;
    shows(&mut there, 1, &numbers(0..1)).await;
    town.bus.hold();
    write(town.node(0), &ann, board, &numbers(1..4)).await;
    town.quiet().await;
    assert!(town.bus.lose() > 0 && is_idle(&mut there));
    town.bus.release();
    write(town.node(0), &ann, board, &numbers(4..5)).await;
    shows(&mut there, 2, &numbers(1..5)).await;
    assert!(is_idle(&mut there));
}

#[tokio::test(start_paused = true)]
async fn what_comes_the_wrong_way_round_is_shown_in_order() {
    let town = Town::of(2).await;
    let (board, ann, bob) = board(&town).await;
    let mut there = town.node(1).follow_mine(&bob).await;
    // Nothing of this conversation has been heard there yet.
    town.bus.hold();
    for words in numbers(0..5) {
        within(town.node(0).write(&ann, board, &words)).await.expect("it is saved");
        town.quiet().await;
    }
    town.bus.release_reversed();
    shows(&mut there, 1, &numbers(0..5)).await;
    town.quiet().await;
    assert!(is_idle(&mut there));
}

#[tokio::test(start_paused = true)]
async fn a_tail_that_was_lost_is_found_by_the_next_count() {
    let town = Town::of(2).await;
    let (board, ann, bob) = board(&town).await;
    let mut there = town.node(1).follow_mine(&bob).await;
    town.bus.hold();
    write(town.node(0), &ann, board, &numbers(0..3)).await;
    town.quiet().await;
    assert!(town.bus.lose() > 0);
    town.bus.release();
    town.beat().await;
    shows(&mut there, 1, &numbers(0..3)).await;
    town.beat().await;
    assert!(is_idle(&mut there) && town.node(1).is_sound());
}

#[tokio::test(start_paused = true)]
async fn what_is_said_twice_is_shown_once() {
    let town = Town::of(2).await;
    let (board, ann, bob) = board(&town).await;
    let mut there = town.node(1).follow_mine(&bob).await;
    town.bus.fail(Faults { doubled: 1000, ..Faults::default() }, 1);
    write(town.node(0), &ann, board, &numbers(0..10)).await;
    shows(&mut there, 1, &numbers(0..10)).await;
    town.quiet().await;
    assert!(is_idle(&mut there));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_cut_off_reads_each_second_and_loses_nothing() {
    let town = Town::of(3).await;
    let (board, ann, bob) = board(&town).await;
    let mut cut_off = town.node(1).follow_mine(&again(town.node(1), &bob)).await;
    let mut third = town.node(2).follow_mine(&again(town.node(2), &bob)).await;
    town.end(1).cut(true);
    write(town.node(0), &ann, board, &numbers(0..2)).await;
    write(town.node(1), &ann, board, &numbers(2..4)).await;
    town.quiet().await;
    town.beat().await;
    shows(&mut cut_off, 1, &numbers(0..4)).await;
    // The others notice its silence.
    for _ in 0..3 {
        town.beat().await;
    }
    shows(&mut third, 1, &numbers(0..4)).await;
    for n in 2..40 {
        write(town.node(n % 2), &ann, board, &numbers(2 * n..2 * n + 2)).await;
        town.beat().await;
        assert!(!town.node(1).is_sound(), "it knows that it is cut off");
        assert!(n < 6 || !town.node(2).is_sound(), "the others know that it lives, by its lease");
    }
    shows(&mut cut_off, 5, &numbers(4..80)).await;
    shows(&mut third, 5, &numbers(4..80)).await;
    town.end(1).cut(false);
    write(town.node(1), &ann, board, &numbers(80..81)).await;
    shows(&mut third, 81, &numbers(80..81)).await;
    town.beat().await;
    town.beat().await;
    shows(&mut cut_off, 81, &numbers(80..81)).await;
    assert!(is_idle(&mut cut_off) && is_idle(&mut third) && town.node(1).is_sound());
}

#[tokio::test(start_paused = true)]
async fn a_silence_is_not_trusted() {
    let town = Town::of(2).await;
    let (board, ann, bob) = board(&town).await;
    let mut there = town.node(1).follow_mine(&bob).await;
    town.end(1).deafen(true);
    write(town.node(0), &ann, board, &numbers(0..2)).await;
    for _ in 0..4 {
        town.beat().await;
    }
    shows(&mut there, 1, &numbers(0..2)).await;
    assert!(!town.node(1).is_sound());
    town.end(1).deafen(false);
    for _ in 0..3 {
        town.beat().await;
    }
    assert!(town.node(1).is_sound() && is_idle(&mut there));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_lives_and_was_never_heard_is_missed() {
    let mut town = Town::of(1).await;
    let (board, ann, bob) = board(&town).await;
    town.grow().await;
    town.end(1).deafen(true);
    for _ in 0..3 {
        town.beat().await;
    }
    let mut there = town.node(1).follow_mine(&bob).await;
    write(town.node(0), &ann, board, &numbers(0..1)).await;
    town.beat().await;
    shows(&mut there, 1, &numbers(0..1)).await;
    // However long it is silent, its lease says that it lives.
    for n in 1..40 {
        town.beat().await;
        write(town.node(0), &ann, board, &numbers(n..n + 1)).await;
        town.beat().await;
        shows(&mut there, n as Seq + 1, &numbers(n..n + 1)).await;
        assert!(!town.node(1).is_sound());
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_comes_later_shows_what_happens_from_then_on() {
    let mut town = Town::of(2).await;
    let (board, ann, bob) = board(&town).await;
    write(town.node(0), &ann, board, &numbers(0..5)).await;
    town.grow().await;
    let mut later = town.node(2).follow_mine(&again(town.node(2), &bob)).await;
    let mut whole = town.node(2).follow(&again(town.node(2), &bob), &[Follow::Conversation(board, 2)]).await;
    for _ in 0..3 {
        town.beat().await;
    }
    write(town.node(1), &ann, board, &numbers(5..7)).await;
    shows(&mut later, 6, &numbers(5..7)).await;
    shows(&mut whole, 3, &numbers(2..7)).await;
    assert!(is_idle(&mut later) && is_idle(&mut whole));
}

#[tokio::test(start_paused = true)]
async fn a_long_quiet_conversation_goes_on_where_it_was() {
    let town = Town::of(2).await;
    let (board, ann, bob) = board(&town).await;
    write(town.node(0), &ann, board, &numbers(0..3)).await;
    for _ in 0..40 {
        town.beat().await;
    }
    let mut there = town.node(1).follow_mine(&bob).await;
    write(town.node(0), &ann, board, &numbers(3..5)).await;
    shows(&mut there, 4, &numbers(3..5)).await;
    // What was lost is read from the store, and nothing that was shown before.
    town.bus.hold();
    write(town.node(0), &ann, board, &numbers(5..6)).await;
    town.quiet().await;
    town.bus.lose();
    town.bus.release();
    town.beat().await;
    shows(&mut there, 6, &numbers(5..6)).await;
    assert!(is_idle(&mut there));
}

#[tokio::test(start_paused = true)]
async fn long_events_and_large_groups_come_too() {
    let town = Town::of(2).await;
    let people: [Actor; 20] = town.node(0).people().await;
    let all: Vec<_> = people.iter().collect();
    let board = town.node(0).room::<Board>("board", &all).await;
    let mut there = town.node(1).follow_mine(&people[7]).await;
    let long = vec!["x".repeat(100 << 10)];
    let mut expect = numbers(0..3);
    write(town.node(0), &people[0], board, &expect).await;
    write(town.node(0), &people[0], board, &long).await;
    expect.extend(long);
    // The list of members is another one each time.
    for (n, leaver) in people.iter().enumerate().skip(15) {
        within(town.node(0).leave::<Board>(leaver, board)).await.expect("anybody may leave");
        write(town.node(n % 2), &people[0], board, &numbers(n..n + 1)).await;
        expect.extend(numbers(n..n + 1));
    }
    shows(&mut there, 1, &expect).await;
    assert!(is_idle(&mut there));
}

#[tokio::test(start_paused = true)]
async fn who_sees_what_is_the_same_on_every_node() {
    let town = Town::of(2).await;
    let [ann, bob] = town.node(0).people().await;
    let agent = town.node(0).newcomer(NewAccount { roles: vec![Role::Agent], ..NewAccount::default() }).await;
    let board = town.node(0).room::<Board>("board", &[&ann, &bob]).await;
    let mut as_bob = town.node(1).follow_mine(&bob).await;
    let mut as_agent = town.node(1).follow(&agent, &[Follow::Role(Board::NAME, Role::Agent)]).await;
    let audiences = [
        Audience::members(),
        Audience::only([id_of(&ann)]),
        Audience { roles: vec![Role::Agent], ..Audience::only([]) },
        Audience::members_except([id_of(&ann)]),
    ];
    for (n, audience) in audiences.into_iter().enumerate() {
        let told = town.node(0).core.update(&ann, At::<Board>::id(board), move |draft| {
            let words = Note::Said(n.to_string());
            Ok::<_, No>(draft.record(NewEvent::new(words).to(audience.clone())))
        });
        within(told).await.expect("it is saved");
    }
    assert_eq!(next_events(&mut as_bob, 2).await, [line(1, "0"), line(4, "3")]);
    assert_eq!(next_events(&mut as_agent, 1).await, [line(3, "2")]);
    assert!(is_idle(&mut as_bob) && is_idle(&mut as_agent));
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_back_is_not_shown_though_the_word_of_it_is_lost() {
    let town = Town::of(2).await;
    let [ann, bob] = town.node(0).people().await;
    let talk = town.node(0).room::<Talk>("talk", &[&ann, &bob]).await;
    let mut there = town.node(1).follow_mine(&bob).await;
    for words in ["1", "2", "3", "4"] {
        within(town.node(0).say(&ann, talk, words)).await.expect("it is saved");
    }
    assert_eq!(next_events(&mut there, 1).await, [line(1, "1")]);
    within(town.node(0).withdraw::<Talk>(&ann, talk, 2)).await.expect("it can be taken back");
    town.quiet().await;
    assert_eq!(next_event(&mut there).await.seq, 3, "it was told");
    town.bus.hold();
    within(town.node(0).withdraw::<Talk>(&ann, talk, 4)).await.expect("it can be taken back");
    town.quiet().await;
    assert!(town.bus.lose() > 0);
    town.bus.release();
    town.beat().await;
    assert_eq!(next_events(&mut there, 1).await, [(4, None)], "it is read from the store, where it is gone");
    assert!(is_idle(&mut there));
}

#[tokio::test(start_paused = true)]
async fn a_receipt_on_one_node_takes_nothing_from_another() {
    let town = Town::of(2).await;
    let [ann, bob] = town.node(0).people().await;
    let talk = town.node(0).room::<Talk>("talk", &[&ann, &bob]).await;
    let mut there = town.node(1).follow_mine(&again(town.node(1), &bob)).await;
    town.bus.hold();
    within(town.node(0).say(&ann, talk, "1")).await.expect("it is saved");
    town.quiet().await;
    assert_eq!(within(town.node(0).receive(&bob, talk, 1)).await, Ok(Receipt::Taken));
    assert_eq!(town.node(1).log(talk).await, [(1, None)]);
    town.bus.release();
    assert_eq!(next_events(&mut there, 1).await, [line(1, "1")]);
}
