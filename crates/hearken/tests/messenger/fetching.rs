//! Long lists (messenger.md, "Fetch"): fifty to a frame, in order of arrival, and what arrives meanwhile is neither
//! lost nor listed twice.

use hearken_core::memory::MemoryStore;
use hearken_testkit::client::Client;
use hearken_testkit::faulty::FaultyStore;
use serde_json::Value;

use crate::backend::BACKENDS;
use crate::speech::{fetch, frame};
use crate::stand::Stand;
use crate::witness::Witness;

const ASHA: &str = "9999999999";
const BEN: &str = "9898989898";

fn message(number: usize) -> String {
    // Timestamps that run backwards: the order is that of arrival.
    frame(
        "new_msg",
        &format!("message {number}"),
        BEN,
        ASHA,
        &format!("2020-11-20 12:00:00.{:06}", 9_999 - number),
    )
}

async fn say(chat: &mut Client, numbers: std::ops::Range<usize>) {
    for number in numbers {
        chat.send(&message(number)).await;
        assert!(chat.text().await.contains(r#""command":"msg_sent""#));
    }
}

/// The messages of one frame, and whether it is the last.
fn read(list: &str) -> (Vec<String>, bool) {
    let list: Value = serde_json::from_str(list).unwrap();
    let messages = list["messages"].as_array().unwrap().iter();
    let texts = messages.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect();
    (texts, list["all"].as_str().unwrap() == "True")
}

fn texts(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("message {number}")).collect()
}

async fn check(stand: &mut Stand, chat: &mut Client, total: usize, said: &mut usize) {
    say(chat, *said..total).await;
    *said = total;
    let mut ears = stand.ears("asha").await;
    // Twice: fetching takes nothing away.
    for _ in 0..2 {
        ears.send(&fetch("fetch_msgs", ASHA)).await;
        let frames = total.div_ceil(50).max(1);
        for at in 0..frames {
            let expect = texts(at * 50..total.min(at * 50 + 50));
            assert_eq!(read(&ears.text().await), (expect, at + 1 == frames), "frame {at} of {total}");
        }
    }
}

#[tokio::test]
async fn lists_come_by_fifty() {
    for backend in BACKENDS {
        let mut stand = Stand::open(backend).await;
        stand.person("asha", ASHA).await;
        stand.person("ben", BEN).await;
        let mut witness = Witness::open(&mut stand).await;
        let mut chat = stand.chat("ben", "asha").await;
        let mut said = 0;
        for total in [0, 1, 49, 50, 51, 100, 101] {
            check(&mut stand, &mut chat, total, &mut said).await;
        }
        witness.talks().await;
    }
}

#[tokio::test]
async fn what_arrives_meanwhile_is_neither_lost_nor_listed_twice() {
    let store = FaultyStore::over(MemoryStore::new());
    let mut stand = Stand::over(store.clone(), |_| {}).await;
    stand.person("asha", ASHA).await;
    stand.person("ben", BEN).await;
    let mut chat = stand.chat("ben", "asha").await;
    let mut back = stand.chat("asha", "ben").await;
    say(&mut chat, 0..120).await;
    let mut ears = stand.ears("asha").await;
    store.hold_reads();
    ears.send(&fetch("fetch_msgs", ASHA)).await;
    store.until_reading().await;
    say(&mut chat, 120..121).await;
    assert_eq!(ears.text().await, message(120));
    store.release_reads();
    let mut listed = Vec::new();
    loop {
        let (texts, last) = read(&ears.text().await);
        listed.extend(texts);
        if last {
            break;
        }
    }
    // It came before the list was read, so it may stand there, once; it came live too.
    listed.dedup();
    assert!(listed == texts(0..120) || listed == texts(0..121), "{listed:?}");

    // What is received while the list is under way may be missing from the rest, and is gone from the next.
    let sent = format!("2020-11-20 12:00:00.{:06}", 9_999 - 7);
    back.send(&frame("msg_received", &sent, ASHA, BEN, "2020-11-20 13:00:00")).await;
    back.send(&frame("new_msg", "received", ASHA, BEN, "2020-11-20 13:00:00")).await;
    assert!(back.text().await.contains("msg_sent"));
    ears.send(&fetch("fetch_msgs", ASHA)).await;
    let (texts, _) = read(&ears.text().await);
    assert!(!texts.contains(&"message 7".to_owned()) && texts.len() == 50);
}

#[tokio::test]
async fn the_longest_messages_are_listed_in_frames_that_a_socket_may_hold() {
    let mut stand = Stand::open(BACKENDS[0]).await;
    stand.person("asha", ASHA).await;
    stand.person("ben", BEN).await;
    let mut chat = stand.chat("ben", "asha").await;
    // Six bytes a character as JSON, and four as themselves.
    let long = ["\u{1}".repeat(4096), "🦉".repeat(4096)];
    for number in 0..100 {
        let sent = format!("2020-11-20 12:00:00.{number:06}");
        chat.send(&frame("new_msg", &long[number % 2], BEN, ASHA, &sent)).await;
        assert!(chat.text().await.contains(r#""command":"msg_sent""#));
    }
    let mut ears = stand.ears("asha").await;
    ears.send(&fetch("fetch_msgs", ASHA)).await;
    let mut found = Vec::new();
    loop {
        let frame = ears.text().await;
        assert!(frame.len() < 448 << 10, "a frame of {} bytes", frame.len());
        let (texts, last) = read(&frame);
        assert!(!texts.is_empty());
        found.extend(texts);
        if last {
            break;
        }
    }
    assert!(found.iter().enumerate().all(|(number, text)| *text == long[number % 2]) && found.len() == 100);
}
