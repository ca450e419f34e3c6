//! Several at once: one message is one however many devices send it, one receipt is told once, and everyone sees the
//! same order.

use hearken_testkit::client::Client;

use crate::backend::BACKENDS;
use crate::speech::{fetch, frame, msg_sent};
use crate::stand::Stand;

const ASHA: &str = "9999999999";
const BEN: &str = "9898989898";
const KEY: &str = "test12test";

fn at(number: usize) -> String {
    format!("2020-11-20 12:00:00.{number:06}")
}

async fn stand(backend: crate::backend::Backend) -> Stand {
    let mut stand = Stand::open(backend).await;
    stand.person("asha", ASHA).await;
    stand.person("ben", BEN).await;
    stand
}

/// Sends all frames one after the other without waiting, then reads as many answers as are due.
fn sends(mut client: Client, frames: Vec<String>, answers: usize) -> tokio::task::JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        for frame in &frames {
            client.send(frame).await;
        }
        let mut heard = Vec::new();
        for _ in 0..answers {
            heard.push(client.text().await);
        }
        heard
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_message_from_two_devices_is_one() {
    const COUNT: usize = 100;
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let mut ben = stand.ears("ben").await;
        let said: Vec<_> = (0..COUNT).map(|n| frame("new_msg", "hi", ASHA, BEN, &at(n))).collect();
        let mut devices = Vec::new();
        for device in ["asha/phone", "asha/tablet", "asha/tablet"] {
            devices.push(sends(stand.chat(device, "ben").await, said.clone(), COUNT));
        }
        for device in devices {
            for (number, answer) in device.await.unwrap().iter().enumerate() {
                assert!(answer.starts_with(&msg_sent(ASHA, BEN, &at(number))), "{answer}");
            }
        }
        for frame in &said {
            assert_eq!(ben.text().await, *frame);
        }
        ben.send(&fetch("fetch_msgs", BEN)).await;
        let (first, second) = (ben.text().await, ben.text().await);
        assert_eq!(first.matches("\"new_msg\"").count() + second.matches("\"new_msg\"").count(), COUNT);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_of_two_devices_are_told_once() {
    const COUNT: usize = 100;
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let mut asha = stand.ears("asha").await;
        let mut chat = stand.chat("asha", "ben").await;
        for number in 0..COUNT {
            chat.send(&frame("new_msg", "hi", ASHA, BEN, &at(number))).await;
            assert!(chat.text().await.contains("msg_sent"));
        }
        let mut frames: Vec<_> =
            (0..COUNT).map(|n| frame("msg_received", &at(n), BEN, ASHA, &at(n))).collect();
        // A message behind them tells that all receipts before it are done.
        frames.push(frame("new_msg", "all received", BEN, ASHA, &at(0)));
        let devices = [stand.chat("ben/one", "asha").await, stand.chat("ben/two", "asha").await];
        let devices = devices.map(|device| sends(device, frames.clone(), 1));
        for device in devices {
            assert!(device.await.unwrap()[0].contains("msg_sent"));
        }
        let mut told = Vec::new();
        for _ in 0..=COUNT {
            told.push(asha.text().await);
        }
        told.sort_unstable();
        frames.sort_unstable();
        assert_eq!(told, frames);
        // The last that she hears: nothing came between.
        let mut chat = stand.chat("ben", "asha").await;
        let last = frame("new_msg", "the end", BEN, ASHA, &at(1));
        chat.send(&last).await;
        assert_eq!(asha.text().await, last);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_sees_the_same_order() {
    const COUNT: usize = 40;
    let names = ["dan", "eve", "fay", "gus"];
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        for (number, name) in names.iter().enumerate() {
            stand.person(name, &format!("900000000{number}")).await;
        }
        stand.group(KEY, &["asha*", "ben", "dan", "eve", "fay", "gus"]).await;
        let mut ears = [stand.ears("asha").await, stand.ears("asha/2").await, stand.ears("ben").await];
        let mut senders = Vec::new();
        for name in names {
            let phone = stand.phone(name).to_owned();
            let frames =
                (0..COUNT).map(|n| frame("new_grp_msg", &format!("{name} {n}"), &phone, KEY, &at(n)));
            senders.push(sends(stand.group_chat(name, KEY).await, frames.collect(), COUNT));
        }
        for sender in senders {
            sender.await.unwrap();
        }
        let mut orders = Vec::new();
        for ears in &mut ears {
            let mut order = Vec::new();
            for _ in 0..names.len() * COUNT {
                let heard: serde_json::Value = serde_json::from_str(&ears.text().await).unwrap();
                order.push(heard["message"].as_str().unwrap().to_owned());
            }
            orders.push(order);
        }
        ears[2].send(&fetch("fetch_grp_msgs", BEN)).await;
        let mut listed = Vec::new();
        while listed.len() < names.len() * COUNT {
            let list: serde_json::Value = serde_json::from_str(&ears[2].text().await).unwrap();
            let entries = list["messages"].as_array().unwrap().iter();
            listed.extend(entries.map(|entry| entry["message"].as_str().unwrap().to_owned()));
        }
        assert!(orders.iter().all(|order| *order == listed), "{orders:?}\n{listed:?}");
        // And each sender's own words in the order that he said them.
        for name in names {
            let own = listed.iter().filter(|text| text.starts_with(name));
            assert!(own.cloned().eq((0..COUNT).map(|n| format!("{name} {n}"))));
        }
    }
}
