//! Too many: of requests without a token, of sockets from one address, of frames, and of rules that wait.

use std::time::Duration;

use hearken_core::memory::MemoryStore;
use hearken_testkit::faulty::FaultyStore;

use super::people::{ASHA, BEN, come};
use super::request::{ask, status, upgrade_head};
use crate::backend::Backend;
use crate::speech::{fetch, frame, msg_sent};
use crate::stand::Stand;

fn at(number: usize) -> String {
    format!("2020-11-20 12:00:00.{number:06}")
}

fn message(number: usize) -> String {
    frame("new_msg", "hi", ASHA, BEN, &at(number))
}

fn error(says: &str, kind: &str) -> String {
    format!(r#"{{"message":"{says}","command":"error","type":"{kind}","msg_from":"{ASHA}","msg_to":"{BEN}","#)
}

#[tokio::test]
async fn ten_thousand_upgrades_without_a_token() {
    const AT_ONCE: usize = 50;
    let mut stand = Stand::open(Backend::Memory).await;
    let mut witness = come(&mut stand).await;
    let (open, followers) = (stand.sockets.open(), stand.running.core.followers());
    let address = stand.server.address;
    let crowd: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            tokio::spawn(async move {
                let head = upgrade_head("/ws/chat/special/9999999999/", &[]);
                for _ in 0..10_000 / AT_ONCE {
                    assert_eq!(status(&ask(address, &head).await), 401);
                }
            })
        })
        .collect();
    while !crowd.iter().all(tokio::task::JoinHandle::is_finished) {
        witness.talks().await;
    }
    for one in crowd {
        one.await.unwrap();
    }
    assert_eq!((stand.sockets.open(), stand.running.core.followers()), (open, followers));
    witness.talks().await;
}

#[tokio::test]
async fn one_address_has_its_share_of_sockets() {
    let mut stand =
        Stand::planned(Backend::Memory, |plan| plan.settings.limits.sockets_per_address = 5).await;
    let mut witness = come(&mut stand).await;
    // The witnesses have two.
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(stand.ears("asha").await);
    }
    let refused = stand.ask("/ws/chat/special/9999999999/", "asha").await.err().unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("5")));
    // Who may not come in at all is told that first.
    assert_eq!(stand.ask("/ws/chat/special/1234567890/", "asha").await.err().unwrap().status, 403);
    witness.talks().await;
    drop(held.pop());
    stand.sockets.until(|total| total == 4).await;
    held.push(stand.ears("asha").await);
    witness.talks().await;
}

#[tokio::test]
async fn a_socket_has_its_share_of_frames() {
    let mut stand = Stand::planned(Backend::Memory, |plan| plan.settings.messenger.rate = 5).await;
    let mut witness = come(&mut stand).await;
    let mut chat = stand.chat("asha", "ben").await;
    let too_many = error("too many frames at once; slow down", "new_msg");
    // A burst of twice the rate; a frame that can't be read counts too.
    for number in 0..9 {
        chat.send(&message(number)).await;
        assert!(chat.text().await.starts_with(&msg_sent(ASHA, BEN, &at(number))));
    }
    chat.send("{").await;
    assert!(chat.text().await.contains("not JSON"));
    for number in 10..100 {
        chat.send(&message(number)).await;
        assert!(chat.text().await.starts_with(&too_many), "{number}");
    }
    witness.talks().await;
    // Another socket has a share of its own.
    let mut ears = stand.ears("asha").await;
    for _ in 0..10 {
        ears.send(&fetch("fetch_msgs", ASHA)).await;
        assert_eq!(ears.text().await, r#"{"command":"fetch_msgs","all":"True","messages":[]}"#);
    }
    ears.send(&fetch("fetch_msgs", ASHA)).await;
    assert!(ears.text().await.contains(r#""type":"fetch_msgs""#));
    // It comes back with time.
    stand.running.clock.advance(Duration::from_secs(1));
    for number in 100..105 {
        chat.send(&message(number)).await;
        assert!(chat.text().await.starts_with(&msg_sent(ASHA, BEN, &at(number))));
    }
    chat.send(&message(105)).await;
    assert!(chat.text().await.starts_with(&too_many));
    // What was refused was not kept.
    let mut ben = stand.ears("ben").await;
    ben.send(&fetch("fetch_msgs", BEN)).await;
    assert_eq!(ben.text().await.matches(r#""command":"new_msg""#).count(), 14);
}

#[tokio::test]
async fn a_server_that_is_busy_says_so() {
    let store = FaultyStore::over(MemoryStore::new());
    let mut stand = Stand::over(store.clone(), |plan| plan.commit.queue = 4).await;
    let mut witness = come(&mut stand).await;
    let mut chat = stand.chat("asha", "ben").await;
    store.hold_syncs();
    chat.send(&message(0)).await;
    store.until_syncing().await;
    // One is being committed and four wait; there is no room for the rest.
    for number in 1..8 {
        chat.send(&message(number)).await;
    }
    while refused(&stand) < 3 {
        tokio::task::yield_now().await;
    }
    store.release_syncs();
    for number in 0..5 {
        assert!(chat.text().await.starts_with(&msg_sent(ASHA, BEN, &at(number))), "{number}");
    }
    for _ in 5..8 {
        let got = chat.text().await;
        assert!(got.starts_with(&error("the server is busy; send this again", "new_msg")), "{got}");
    }
    // Sent again, they are taken.
    for number in 5..8 {
        chat.send(&message(number)).await;
        assert!(chat.text().await.starts_with(&msg_sent(ASHA, BEN, &at(number))), "{number}");
    }
    witness.talks().await;
}

fn refused(stand: &Stand) -> u64 {
    stand.running.core.commit_stats().refused_busy.load(std::sync::atomic::Ordering::Relaxed)
}

#[tokio::test]
async fn a_store_that_fails_is_no_end() {
    let store = FaultyStore::over(MemoryStore::new());
    let mut stand = Stand::over(store.clone(), |_| {}).await;
    let mut witness = come(&mut stand).await;
    let mut chat = stand.chat("asha", "ben").await;
    let mut ben = stand.ears("ben").await;
    store.fail_commits(0, 2);
    chat.send(&message(0)).await;
    let got = chat.text().await;
    assert!(
        got.starts_with(&error("the server can't save this just now; send this again", "new_msg")),
        "{got}"
    );
    store.fail_commits(0, 0);
    store.break_reads(true);
    ben.send(&fetch("fetch_msgs", BEN)).await;
    assert!(ben.text().await.contains(r#""command":"error","type":"fetch_msgs""#));
    assert_eq!(stand.ask("/ws/chat/group/9999999999/nosuchgrp1/", "asha").await.err().unwrap().status, 503);
    store.break_reads(false);
    witness.talks().await;
    chat.send(&message(0)).await;
    assert_eq!(ben.text().await, message(0));
    ben.send(&fetch("fetch_msgs", BEN)).await;
    assert!(ben.text().await.contains(r#""message":"hi""#));
}
