//! Peers that do not read what waits for them: each is let go after its limit and finds everything later, holds no more
//! memory than it may, and costs nobody else anything.

use std::time::Duration;

use hearken_testkit::client::{Client, Next};
use tokio::net::TcpSocket;

use super::people::{ASHA, BEN, come};
use super::request::closed;
use crate::backend::Backend;
use crate::speech::{fetch, frame};
use crate::stand::Stand;
use crate::witness::Witness;

/// A message of four bytes a character takes 16 KiB: this many overflow every buffer of the system.
const MANY: usize = 600;

/// Asha's receive socket over a line that takes little.
async fn hard_of_hearing(stand: &mut Stand, who: &str) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    let stream = socket.connect(stand.server.address).await.unwrap();
    let bearer = format!("Bearer {}", stand.token(who).await);
    Client::open_over(stream, "/ws/chat/special/9999999999/", Some(&bearer)).await.unwrap()
}

/// Ben says many long things to asha, closely watched.
async fn say_much(stand: &mut Stand, witness: &mut Witness) {
    let mut chat = stand.chat("ben", "asha").await;
    let text = "🦉".repeat(4096);
    for number in 0..MANY {
        chat.send(&frame("new_msg", &text, BEN, ASHA, &format!("2020-11-20 12:00:00.{number:06}"))).await;
        assert!(chat.text().await.contains("msg_sent"));
        if number % 100 == 0 {
            witness.talks().await;
        }
    }
}

#[tokio::test]
async fn whoever_never_reads_is_dropped_and_finds_everything_later() {
    let mut stand = Stand::planned(Backend::Memory, |plan| {
        plan.settings.limits.write_timeout = Duration::from_millis(300);
    })
    .await;
    let mut witness = come(&mut stand).await;
    let mut quick = stand.ears("asha/quick").await;
    let open = stand.sockets.open();
    let mut stuck = hard_of_hearing(&mut stand, "asha").await.into_stream();
    let hearing = tokio::spawn(async move {
        for number in 0..MANY {
            let heard = quick.text().await;
            assert!(heard.contains(&format!("2020-11-20 12:00:00.{number:06}")), "{heard:.200}");
        }
        quick
    });
    say_much(&mut stand, &mut witness).await;
    // Her other device hears all of it, in order, and stays; the one that never reads goes.
    let quick = hearing.await.unwrap();
    stand.sockets.until(|total| total == open).await;
    witness.talks().await;
    assert!(closed(&mut stuck).await.len() < MANY * (16 << 10), "it was all there");
    drop(quick);

    let mut ears = stand.ears("asha").await;
    ears.send(&fetch("fetch_msgs", ASHA)).await;
    let mut found = 0;
    while found < MANY {
        let list = ears.text().await;
        assert!(list.len() < 448 << 10, "a frame of {} bytes", list.len());
        for _ in list.matches(r#""command":"new_msg""#) {
            assert!(list.contains(&format!("2020-11-20T12:00:00.{found:06}Z")), "{found} is missing");
            found += 1;
        }
        assert_eq!(list.starts_with(r#"{"command":"fetch_msgs","all":"True""#), found == MANY);
    }
    assert_eq!(ears.ping(b"").await, Vec::<String>::new());
    witness.talks().await;
}

#[tokio::test]
async fn whoever_asks_and_never_reads_the_answers_is_dropped() {
    let mut stand = Stand::planned(Backend::Memory, |plan| {
        plan.settings.limits.write_timeout = Duration::from_millis(300);
    })
    .await;
    let mut witness = come(&mut stand).await;
    let open = stand.sockets.open();
    say_much(&mut stand, &mut witness).await;
    stand.sockets.until(|total| total == open).await;
    let bearer = format!("Bearer {}", stand.token("asha").await);
    let mut ears =
        Client::open(stand.server.address, "/ws/chat/special/9999999999/", Some(&bearer)).await.unwrap();
    // Each answer is 16 MiB.
    for _ in 0..50 {
        ears.send(&fetch("fetch_msgs", ASHA)).await;
    }
    stand.sockets.until(|total| total == open).await;
    witness.talks().await;
    // What was on its way is still there to be read; the rest never was.
    let mut read = 0;
    while let Next::Text(list) = ears.next().await {
        read += list.len();
    }
    assert!(read < MANY * (16 << 10), "{read} bytes");
}

#[tokio::test]
async fn whoever_falls_behind_is_left_without_a_gap() {
    let mut stand = Stand::open(Backend::Memory).await;
    let mut witness = come(&mut stand).await;
    let mut quick = stand.ears("asha/quick").await;
    let mut back = stand.chat("asha/quick", "ben").await;
    let mut chat = stand.chat("ben", "asha").await;
    let mut slow = hard_of_hearing(&mut stand, "asha/slow").await;
    let text = "🦉".repeat(4096);
    // Each is received by the quick device at once, and so gone from the store, long before the slow one reads.
    for number in 0..MANY {
        let sent = format!("2020-11-20 12:00:00.{number:06}");
        chat.send(&frame("new_msg", &text, BEN, ASHA, &sent)).await;
        assert!(chat.text().await.contains("msg_sent"));
        assert!(quick.text().await.contains(&sent));
        back.send(&frame("msg_received", &sent, ASHA, BEN, &sent)).await;
    }
    witness.talks().await;
    // It hears each in its turn; where it would miss one, it is told to come back instead.
    for number in 0..MANY {
        match slow.next().await {
            Next::Text(heard) => {
                assert!(
                    heard.contains(&format!("2020-11-20 12:00:00.{number:06}")),
                    "{number}: {heard:.200}"
                );
            }
            Next::Closed(code) => {
                assert_eq!(code, 1013);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    witness.talks().await;
}

#[tokio::test]
async fn whoever_misses_what_is_not_kept_is_told_to_come_back() {
    let mut stand = Stand::open(Backend::Memory).await;
    let mut witness = come(&mut stand).await;
    let mut slow = hard_of_hearing(&mut stand, "asha").await;
    say_much(&mut stand, &mut witness).await;
    let mut chat = stand.chat("ben", "asha").await;
    let at = "2020-11-20 13:00:00";
    // Typing may be lost, reads may not: more wait than are remembered for one socket.
    for (command, count) in [("is_typing", 300), ("msg_read", 9_000)] {
        for _ in 0..count {
            chat.send(&frame(command, at, BEN, ASHA, at)).await;
        }
    }
    chat.send(&frame("new_msg", "the last", BEN, ASHA, at)).await;
    assert!(chat.text().await.contains("msg_sent"));
    witness.talks().await;
    let (code, heard) = slow.closed().await;
    assert_eq!(code, 1013);
    // What it was told until then came in order and without a gap, and the rest waits.
    for (number, heard) in heard.iter().enumerate() {
        assert!(heard.contains(&format!("2020-11-20 12:00:00.{number:06}")), "{number}: {heard:.200}");
    }
    let mut ears = stand.ears("asha").await;
    ears.send(&fetch("fetch_msgs", ASHA)).await;
    let mut total = 0;
    loop {
        let list = ears.text().await;
        total += list.matches(r#""command":"new_msg""#).count();
        if list.starts_with(r#"{"command":"fetch_msgs","all":"True""#) {
            break;
        }
    }
    assert_eq!(total, MANY + 1);
    witness.talks().await;
}
