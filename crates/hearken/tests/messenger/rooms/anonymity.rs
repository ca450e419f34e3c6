//! Nobody learns in a room who the other is: everything that either side is ever sent is searched for the other's number,
//! name and account.

use hearken_testkit::client::Client;
use serde_json::{Value, json};

use super::asking::{Answer, INFO};
use super::{ASHA, BEN, four};
use crate::backend::BACKENDS;
use crate::speech::{fetch, frame};
use crate::stand::Stand;

/// Everything that one of the two has been sent.
struct Witness {
    who: &'static str,
    phone: &'static str,
    /// What would tell the other: his number, and the identifier of his account.
    forbidden: Vec<String>,
    ears: Client,
    says: Option<Client>,
    heard: Vec<String>,
}

impl Witness {
    async fn open(stand: &mut Stand, who: &'static str, other: &str) -> Self {
        let forbidden =
            vec![stand.phone(other).to_owned(), stand.account(other).id.to_string(), other.into()];
        let phone = if who == "asha" { ASHA } else { BEN };
        Self { who, phone, forbidden, ears: stand.ears(who).await, says: None, heard: Vec::new() }
    }

    /// Asks over HTTP, keeping the answer.
    async fn asks(&mut self, stand: &mut Stand, method: &str, rest: &Value) -> u16 {
        let Answer { status, whole, .. } = stand.about_room(self.who, method, rest).await;
        self.heard.push(whole);
        status
    }

    async fn looks(&mut self, stand: &mut Stand) -> u16 {
        let body = json!({ "msg_from": self.phone });
        let Answer { status, whole, .. } = stand.request(self.who, "PATCH", INFO, &body).await;
        self.heard.push(whole);
        status
    }

    async fn enters(&mut self, stand: &mut Stand) {
        self.says = Some(stand.room_chat(self.who).await);
    }

    async fn sends(&mut self, command: &str, message: &str, sent: &str) {
        let frame = frame(command, message, self.phone, "room", sent);
        self.says.as_mut().expect("he has entered").send(&frame).await;
    }

    /// Takes everything that has come by now on both sockets, and every list there is.
    async fn takes_all(&mut self) {
        for command in ["fetch_room_msgs", "fetch_msgs", "fetch_grp_msgs"] {
            self.ears.send(&fetch(command, self.phone)).await;
        }
        let mut lists = 0;
        while lists < 3 {
            let heard = self.ears.text().await;
            lists += usize::from(heard.contains(r#""all":"True""#));
            self.heard.push(heard);
        }
        if let Some(says) = &mut self.says {
            self.heard.extend(says.ping(b"all").await);
        }
        self.heard.extend(self.ears.ping(b"all").await);
    }

    fn has_learnt_nothing(&self) {
        for heard in &self.heard {
            for forbidden in &self.forbidden {
                assert!(!heard.contains(forbidden.as_str()), "{} has heard {forbidden}: {heard}", self.who);
            }
        }
    }
}

/// Both do everything that can be done in a room, and everything that is refused there.
async fn talk(stand: &mut Stand, sides: &mut [Witness; 2]) {
    for side in sides.iter_mut() {
        side.enters(stand).await;
        assert_eq!(side.looks(stand).await, 200);
    }
    for number in 0..2 {
        let [first, second] = sides;
        let (one, other) = if number == 0 { (first, second) } else { (second, first) };
        let at = |second: u32| format!("2020-11-21 16:3{number}:{second:02}");
        one.sends("new_msg", "hello", &at(0)).await;
        one.sends("new_msg", "another", &at(0)).await;
        one.sends("new_msg", "not yet received", &at(1)).await;
        one.sends("new_msg", "taken back", &at(2)).await;
        one.sends("is_typing", "", &at(3)).await;
        one.sends("delete_msg", &at(2), &at(4)).await;
        one.sends("delete_msg", &at(9), &at(4)).await;
        one.sends("dance", "", &at(4)).await;
        one.takes_all().await;
        other.sends("msg_received", &at(0), &at(5)).await;
        other.sends("msg_received", &at(9), &at(5)).await;
        other.sends("msg_read", &at(0), &at(6)).await;
        other.takes_all().await;
        one.takes_all().await;
    }
    for side in sides.iter_mut() {
        assert_eq!(side.asks(stand, "POST", &json!({})).await, 400);
        assert_eq!(side.asks(stand, "DELETE", &json!({})).await, 400);
        assert_eq!(side.asks(stand, "DELETE", &json!({ "response": "maybe" })).await, 400);
        side.takes_all().await;
        side.has_learnt_nothing();
    }
}

async fn met(stand: &mut Stand) -> [Witness; 2] {
    let mut sides = [Witness::open(stand, "asha", "ben").await, Witness::open(stand, "ben", "asha").await];
    assert_eq!(sides[0].asks(stand, "POST", &json!({})).await, 202);
    assert_eq!(sides[1].asks(stand, "POST", &json!({})).await, 201);
    sides
}

/// Neither has learnt anything, and each was sent enough for that to mean something.
fn learnt_nothing(sides: &[Witness; 2]) {
    for side in sides {
        side.has_learnt_nothing();
        let all = side.heard.join("\n");
        for word in ["new_msg", "msg_received", "msg_read", "is_typing", "delete_msg", "msg_sent", "error"] {
            assert!(all.contains(&format!("\"{word}\"")), "{} was never sent {word}", side.who);
        }
    }
}

#[tokio::test]
async fn two_who_were_matched_learn_nothing_until_it_is_over_and_after() {
    for backend in BACKENDS {
        for end in [("DELETE", json!({ "response": "0" })), ("PUT", json!({}))] {
            let stand = &mut four(backend).await;
            let mut sides = met(stand).await;
            talk(stand, &mut sides).await;
            assert_eq!(sides[1].asks(stand, "DELETE", &json!({ "response": "1" })).await, 200);
            assert_eq!(sides[0].asks(stand, end.0, &end.1).await, 200);
            for side in &mut sides {
                assert_eq!(side.looks(stand).await, 404);
                side.sends("new_msg", "still there?", "2020-11-21 17:00:00").await;
                side.sends("msg_received", "2020-11-21 16:30:01", "2020-11-21 17:00:00").await;
                side.takes_all().await;
            }
            learnt_nothing(&sides);
            assert_eq!(sides[0].asks(stand, "POST", &json!({})).await, 202);
            learnt_nothing(&sides);
        }
    }
}

#[tokio::test]
async fn two_learn_nothing_when_time_ends_their_room() {
    let stand = &mut four(BACKENDS[0]).await;
    let mut sides = met(stand).await;
    talk(stand, &mut sides).await;
    stand.running.clock.advance(std::time::Duration::from_hours(24));
    for side in &mut sides {
        side.sends("new_msg", "still there?", "2020-11-21 17:00:00").await;
        side.takes_all().await;
        assert_eq!(side.asks(stand, "DELETE", &json!({ "response": "1" })).await, 404);
    }
    learnt_nothing(&sides);
}

#[tokio::test]
async fn who_was_named_learns_nothing_of_who_named_him() {
    let stand = &mut four(BACKENDS[1]).await;
    let mut sides = [Witness::open(stand, "asha", "ben").await, Witness::open(stand, "ben", "asha").await];
    // He names her: his answers may hold her number, though they do not; hers never hold his.
    assert_eq!(sides[1].asks(stand, "POST", &json!({ "msg_to": ASHA })).await, 201);
    talk(stand, &mut sides).await;
    learnt_nothing(&sides);
}

#[tokio::test]
async fn numbers_are_known_once_both_have_agreed_and_not_before() {
    let stand = &mut four(BACKENDS[1]).await;
    let mut sides = met(stand).await;
    talk(stand, &mut sides).await;
    assert_eq!(sides[0].asks(stand, "DELETE", &json!({ "response": "1" })).await, 200);
    for side in &mut sides {
        side.takes_all().await;
    }
    learnt_nothing(&sides);
    // The answer that it is agreed, and the news of it, name nobody either: the personal chat does.
    assert_eq!(sides[1].asks(stand, "DELETE", &json!({ "response": "1" })).await, 200);
    learnt_nothing(&sides);
    for side in &mut sides {
        side.heard.clear();
        side.takes_all().await;
        let told = side.heard.join("\n");
        assert!(told.contains(&side.forbidden[0]) && told.contains("not yet received"), "{told}");
    }
}
