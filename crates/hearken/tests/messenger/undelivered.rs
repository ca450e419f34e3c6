//! `messenger.undelivered_ttl`: what is not received by everybody in time goes, and its sender is told.

use std::time::Duration;

use hearken::installation::undelivered_ttl;
use hearken_messenger::expiry::catch_up;
use hearken_messenger::stored::PERSONAL;
use serde_json::Value;

use crate::backend::{BACKENDS, Backend};
use crate::speech::{fetch, frame};
use crate::stand::{Plan, Stand};

const ASHA: &str = "9999999999";
const BEN: &str = "9898989898";
const CARA: &str = "9797979797";
const KEY: &str = "test12test";
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

fn expiring(plan: &mut Plan) {
    plan.settings.messenger.undelivered_ttl = Some(HOUR);
}

async fn people(stand: &mut Stand) {
    for (name, phone) in [("asha", ASHA), ("ben", BEN), ("cara", CARA)] {
        stand.person(name, phone).await;
    }
}

async fn stand(backend: Backend) -> Stand {
    let mut stand = Stand::planned(backend, expiring).await;
    people(&mut stand).await;
    stand
}

/// Sends a message, and waits until it is kept.
async fn say(stand: &mut Stand, to: &str, text: &str, sent: &str) {
    let (mut chat, command) = if to == KEY {
        (stand.group_chat("asha", KEY).await, "new_grp_msg")
    } else {
        (stand.chat("asha", "ben").await, "new_msg")
    };
    chat.send(&frame(command, text, ASHA, to, sent)).await;
    let answer = chat.text().await;
    assert!(answer.contains("msg_sent"), "{answer}");
}

/// The texts that wait for somebody.
async fn waits(stand: &mut Stand, who: &str, command: &str) -> Vec<String> {
    let phone = stand.phone(who).to_owned();
    let mut ears = stand.ears(who).await;
    ears.send(&fetch(command, &phone)).await;
    let mut texts = Vec::new();
    loop {
        let list: Value = serde_json::from_str(&ears.text().await).unwrap();
        let messages = list["messages"].as_array().expect("a list and nothing else").iter();
        texts.extend(messages.map(|entry| entry["message"].as_str().unwrap().to_owned()));
        if list["all"] == "True" {
            return texts;
        }
    }
}

fn expired(sent: &str, msg_from: &str, at: &str) -> String {
    format!(
        r#"{{"message":"{sent}","command":"msg_expired","msg_from":"{msg_from}","msg_to":"{ASHA}","sent_timestamp":"{at}"}}"#
    )
}

#[tokio::test]
async fn a_message_goes_and_its_sender_is_told_on_every_device() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let mut phone = stand.ears("asha/phone").await;
        let mut tablet = stand.ears("asha/tablet").await;
        let sent = "2020-11-18T21:16:32.1+01:00";
        say(&mut stand, BEN, "in vain", sent).await;
        assert!(phone.text().await.contains("new_msg") && tablet.text().await.contains("new_msg"));
        stand.running.clock.advance(Duration::from_millis(3_599_999));
        assert_eq!(waits(&mut stand, "ben", "fetch_msgs").await, ["in vain"]);
        stand.running.clock.advance(Duration::from_millis(1));
        for ears in [&mut phone, &mut tablet] {
            assert_eq!(ears.text().await, expired(sent, BEN, "2020-11-19 01:00:00.000"));
        }
        assert_eq!(waits(&mut stand, "ben", "fetch_msgs").await, Vec::<String>::new());
        // Whoever was connected has it still: that he says so is no error, and no news.
        let mut ben = stand.chat("ben", "asha").await;
        ben.send(&frame("msg_received", sent, BEN, ASHA, "2020-11-19 01:00:01")).await;
        ben.send(&frame("is_typing", "", BEN, ASHA, "2020-11-19 01:00:02")).await;
        assert!(phone.text().await.contains("is_typing"));
        assert_eq!(stand.running.core.check().await, Ok(vec![]));
    }
}

#[tokio::test]
async fn a_sender_who_is_away_is_told_at_his_next_fetch() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let mut witness = stand.ears("cara").await;
        stand.group(KEY, &["asha*", "cara"]).await;
        let sent = "2020-11-18 21:16:32.123";
        say(&mut stand, BEN, "in vain", sent).await;
        say(&mut stand, KEY, "among us", sent).await;
        assert!(witness.text().await.contains("among us"));
        let mut cara = stand.group_chat("cara", KEY).await;
        cara.send(&frame("grp_msg_received", sent, CARA, KEY, "2020-11-19 00:00:01")).await;
        // A receipt is answered by nothing; what comes after it is.
        cara.send(&frame("delete_grp_msg", sent, CARA, KEY, "2020-11-19 00:00:02")).await;
        assert!(cara.text().await.contains("couldn't find"));
        stand.running.clock.advance(HOUR);
        // The timer fires by itself; what it does is all there is to wait for.
        let (core, asha) = (stand.running.core.clone(), stand.actor("asha").await);
        while core.notices(&asha, PERSONAL, 0, 9).await.expect("the store answers").0.is_empty() {
            tokio::task::yield_now().await;
        }
        let mut ears = stand.ears("asha").await;
        ears.send(&fetch("fetch_grp_msgs", ASHA)).await;
        assert_eq!(ears.text().await, expired(sent, BEN, "2020-11-19 01:00:00.000"));
        assert_eq!(ears.text().await, r#"{"command":"fetch_grp_msgs","all":"True","messages":[]}"#);
        ears.send(&fetch("fetch_msgs", ASHA)).await;
        assert_eq!(ears.text().await, r#"{"command":"fetch_msgs","all":"True","messages":[]}"#);
    }
}

#[tokio::test]
async fn in_a_group_only_those_lose_it_who_have_not_received_it() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        stand.group(KEY, &["asha*", "ben", "cara"]).await;
        let mut asha = stand.ears("asha").await;
        let sent = "2020-11-18 21:16:32.123";
        say(&mut stand, KEY, "for two", sent).await;
        let mut cara = stand.group_chat("cara", KEY).await;
        cara.send(&frame("grp_msg_received", sent, CARA, KEY, "2020-11-19 00:00:01")).await;
        assert!(asha.text().await.contains("msg_received"));
        assert_eq!(waits(&mut stand, "ben", "fetch_grp_msgs").await, ["for two"]);
        stand.running.clock.advance(HOUR);
        assert_eq!(asha.text().await, expired(sent, KEY, "2020-11-19 01:00:00.000"));
        assert_eq!(waits(&mut stand, "ben", "fetch_grp_msgs").await, Vec::<String>::new());
        assert!(asha.close().await.is_empty(), "told once, though several have not received it");
    }
}

#[tokio::test]
async fn what_was_said_in_a_room_goes_without_telling_whom_to() {
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let both = format!(r#"{{"msg_from":"{ASHA}","msg_to":"{BEN}"}}"#);
        assert_eq!(stand.http("asha", "POST", "/chat/special/room", &both).await.0.as_u16(), 201);
        let mut ears = stand.ears("asha").await;
        let mut room = stand.connect(&format!("/ws/chat/room/{ASHA}/"), "asha").await;
        let sent = "2020-11-18 21:16:32.123";
        room.send(&frame("new_msg", "psst", ASHA, "room", sent)).await;
        assert!(room.text().await.contains("msg_sent"));
        stand.running.clock.advance(HOUR);
        assert_eq!(ears.text().await, expired(sent, "room", "2020-11-19 01:00:00.000"));
        let mut ben = stand.ears("ben").await;
        ben.send(&fetch("fetch_room_msgs", BEN)).await;
        assert!(ben.text().await.contains(r#""command":"update""#));
        assert_eq!(ben.text().await, r#"{"command":"fetch_room_msgs","all":"True","messages":[]}"#);
    }
}

#[tokio::test]
async fn many_go_in_their_turn_and_what_is_younger_waits_on() {
    const OLD: usize = 150;
    for backend in BACKENDS {
        let mut stand = stand(backend).await;
        let mut ears = stand.ears("asha/ears").await;
        let mut chat = stand.chat("asha", "ben").await;
        let name = |number: usize| format!("2020-11-18 21:00:00.{number:06}");
        let minute = |number: usize| if number < OLD { 0 } else { (number - OLD + 1) as u32 };
        for number in 0..OLD + 3 {
            if number >= OLD {
                stand.running.clock.advance(MINUTE);
            }
            chat.send(&frame("new_msg", &number.to_string(), ASHA, BEN, &name(number))).await;
            assert!(chat.text().await.contains("msg_sent"));
            assert!(ears.text().await.contains("new_msg"));
        }
        stand.running.clock.advance(57 * MINUTE);
        for number in 0..OLD {
            assert_eq!(ears.text().await, expired(&name(number), BEN, "2020-11-19 01:00:00.000"));
        }
        let left: Vec<_> = (OLD..OLD + 3).map(|number| number.to_string()).collect();
        assert_eq!(waits(&mut stand, "ben", "fetch_msgs").await, left);
        for number in OLD..OLD + 3 {
            stand.running.clock.advance(MINUTE);
            let at = format!("2020-11-19 01:0{}:00.000", minute(number));
            assert_eq!(ears.text().await, expired(&name(number), BEN, &at));
        }
        assert_eq!(waits(&mut stand, "ben", "fetch_msgs").await, Vec::<String>::new());
        assert_eq!(stand.running.core.check().await, Ok(vec![]));
    }
}

#[tokio::test]
async fn what_waited_before_the_bound_was_set_goes_too() {
    for backend in BACKENDS {
        let disk = backend.disk();
        let mut first = Stand::over(disk.open().await, |_| {}).await;
        people(&mut first).await;
        first.group(KEY, &["asha*", "ben"]).await;
        say(&mut first, BEN, "old", "2020-11-18 21:00:00").await;
        say(&mut first, KEY, "old", "2020-11-18 21:00:00").await;
        first.running.clock.advance(HOUR * 24);
        assert_eq!(waits(&mut first, "ben", "fetch_msgs").await, ["old"], "without a bound it waits");
        first.stop().await;
        let mut second = Stand::over(disk.open().await, |plan| {
            plan.settings.messenger.undelivered_ttl = Some(HOUR * 48);
        })
        .await;
        second.known("asha", ASHA).await;
        second.known("ben", BEN).await;
        let settings = |hours| {
            let mut settings =
                hearken::settings::Sources::default().resolve().expect("the defaults are good");
            settings.messenger.undelivered_ttl = Some(HOUR * hours);
            undelivered_ttl(&settings)
        };
        let mut ears = second.ears("asha").await;
        catch_up(&second.running.core, settings(48)).await.expect("the store answers");
        assert_eq!(waits(&mut second, "ben", "fetch_msgs").await, ["old"], "its time has not come");
        second.running.clock.advance(HOUR * 48);
        let mut told = vec![ears.text().await, ears.text().await];
        told.sort();
        let at = "2020-11-21 00:00:00.000";
        let sent = "2020-11-18 21:00:00";
        assert_eq!(told, [expired(sent, BEN, at), expired(sent, KEY, at)]);
        // The same bound once more changes nothing, and costs nothing.
        catch_up(&second.running.core, settings(48)).await.expect("the store answers");
        drop(ears);
        second.stop().await;
    }
}
