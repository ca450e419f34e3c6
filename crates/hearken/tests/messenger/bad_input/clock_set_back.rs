//! The machine's clock is put back by a year while people talk: order, repeats, rates and lists go on as before.

use std::time::Duration;

use super::people::{ASHA, BEN};
use crate::backend::BACKENDS;
use crate::speech::{fetch, frame, msg_sent};
use crate::stand::Stand;
use crate::witness::Witness;

#[tokio::test]
async fn the_clock_set_back() {
    for backend in BACKENDS {
        let mut stand = Stand::planned(backend, |plan| plan.settings.messenger.rate = 2).await;
        stand.person("asha", ASHA).await;
        stand.person("ben", BEN).await;
        let mut witness = Witness::open(&mut stand).await;
        let mut chat = stand.chat("asha", "ben").await;
        let mut ben = stand.ears("ben").await;
        let message = |number: u32, text: &str| {
            frame("new_msg", text, ASHA, BEN, &format!("2020-11-20 12:00:00.{number:03}"))
        };
        for number in 0..4 {
            chat.send(&message(number, "before")).await;
            assert!(chat.text().await.contains(r#""command":"msg_sent""#));
            assert_eq!(ben.text().await, message(number, "before"));
        }
        chat.send(&message(4, "too fast")).await;
        assert!(chat.text().await.contains("slow down"));

        stand.running.clock.set("2019-11-19T00:00:00Z".parse().unwrap());
        // The rate does not go by the date: it is no better, and comes back no later.
        chat.send(&message(4, "too fast")).await;
        let got = chat.text().await;
        assert!(got.contains("slow down") && got.contains("2019-11-19 00:00:00.000"), "{got}");
        stand.running.clock.advance(Duration::from_secs(1));
        for number in 4..6 {
            chat.send(&message(number, "after")).await;
            let sent = format!("2020-11-20 12:00:00.{number:03}");
            let answer = format!("{}2019-11-19 00:00:01.000\"}}", msg_sent(ASHA, BEN, &sent));
            assert_eq!(chat.text().await, answer);
            assert_eq!(ben.text().await, message(number, "after"));
        }
        stand.running.clock.advance(Duration::from_secs(10));
        // A repeat of what was sent before is still known, by the time it was kept at first.
        chat.send(&message(0, "before")).await;
        assert!(chat.text().await.contains("2020-11-19 00:00:00.000"));
        chat.send(&message(0, "other")).await;
        assert!(chat.text().await.contains("another message with this timestamp"));
        witness.talks().await;
        // Whoever comes with a token of before is let in.
        let mut late = stand.ears("ben").await;
        chat.send(&message(0, "before")).await;
        assert!(chat.text().await.contains(r#""command":"msg_sent""#));
        assert_eq!(late.ping(b"here").await, Vec::<String>::new());

        ben.send(&fetch("fetch_msgs", BEN)).await;
        let list = ben.text().await;
        let places: Vec<_> = (0..6).map(|number| list.find(&format!("12:00:00.{number:03}000Z"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{list}");
        assert_eq!(stand.running.core.check().await.unwrap(), Vec::<String>::new());
    }
}
