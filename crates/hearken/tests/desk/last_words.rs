//! What somebody says in the same breath as his goodbye, or just before his line breaks, has been said.

use hearken_testkit::socketio::SocketIo;
use serde_json::{Value, json};

use crate::stand::{DONE, Stand};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

impl Stand {
    /// Waits until no connection is left, and all that came by them is seen to: then how the chats of `ana` stand.
    async fn when_all_are_gone(&self) -> Vec<Value> {
        self.sockets.until(|total| total == 0).await;
        while self.is_online("ana").await {
            tokio::task::yield_now().await;
        }
        let (status, answer) = self.http("max", "GET", "/api/v1/desk/chats", "").await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().expect("a list").clone()
    }

    async fn is_online(&self, name: &str) -> bool {
        use hearken_desk::{presence, stored::Side};
        let account = self.account(name);
        let online = presence::online(&self.running.core, account.organisation_id, Side::Visitor, 100).await;
        online.expect("the store answers").contains(&account.id)
    }

    /// What has been said in a chat.
    async fn said(&self, chat: &Value) -> Vec<String> {
        let path = format!("/api/v1/desk/chats/{}/messages", chat["id"].as_str().expect("text"));
        let (status, answer) = self.http("max", "GET", &path, "").await;
        assert_eq!(status, 200, "{answer}");
        let rows = answer["data"].as_array().expect("a list").iter();
        rows.map(|row| row["content"]["content"].as_str().expect("text").to_owned()).collect()
    }

    /// A request of a polling client.
    async fn poll(&self, sid: &str, body: Option<&str>) -> String {
        let path = if sid.is_empty() { POLLING.to_owned() } else { format!("{POLLING}&sid={sid}") };
        let (method, token) = (if body.is_some() { "POST" } else { "GET" }, self.token("ana"));
        let headers = [("authorization", token), ("content-type", "text/plain;charset=UTF-8")];
        let (status, _, answer) = self.ask(method, &path, &headers, body.unwrap_or_default()).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

fn event(name: &str, line: &str) -> String {
    format!("42{}", json!([name, { "content": line }]))
}

/// A visitor's tab with an open chat, in which he says much and leaves at once.
async fn emit(tab: &mut SocketIo, lines: usize) {
    for line in 0..lines {
        tab.send(&event("visitor_msg_unclaimed", &format!("line {line}"))).await;
    }
}

fn expected(lines: usize, last: &[&str]) -> Vec<String> {
    let said = (0..lines).map(|line| format!("line {line}"));
    ["hello".to_owned()].into_iter().chain(said).chain(last.iter().map(|it| (*it).to_owned())).collect()
}

#[tokio::test]
async fn what_is_said_with_a_goodbye_is_said_first() {
    let stand = Stand::open().await;
    let mut ana = stand.tab("ana").await;
    assert_eq!(ana.call("visitor_first_msg", &[json!({"content": "hello"})]).await, DONE);
    emit(&mut ana, 90).await;
    ana.disconnect().await;
    let chats = stand.when_all_are_gone().await;
    assert_eq!(chats[0]["closed_by"], "visitor");
    assert_eq!(stand.said(&chats[0]).await, expected(90, &["leave room"]));
}

#[tokio::test]
async fn a_chat_that_is_opened_with_a_goodbye_is_closed() {
    let stand = Stand::open().await;
    let mut ana = stand.tab("ana").await;
    ana.send(&event("visitor_first_msg", "hello")).await;
    emit(&mut ana, 3).await;
    ana.disconnect().await;
    let chats = stand.when_all_are_gone().await;
    assert_eq!(chats.len(), 1);
    assert_eq!((&chats[0]["status"], &chats[0]["closed_by"]), (&json!("closed"), &json!("visitor")));
    assert_eq!(stand.said(&chats[0]).await, expected(3, &["leave room"]));
}

#[tokio::test]
async fn a_polling_client_says_goodbye_in_one_request() {
    let stand = Stand::open().await;
    let open = stand.poll("", None).await;
    let sid: Value = serde_json::from_str(&open[1..]).unwrap();
    let sid = sid["sid"].as_str().expect("text");
    stand.poll(sid, Some("40")).await;
    assert!(stand.poll(sid, None).await.starts_with("40"));
    let lines: Vec<_> = (0..5).map(|n| event("visitor_msg_unclaimed", &format!("line {n}"))).collect();
    let body =
        [event("visitor_first_msg", "hello"), lines.join("\u{1e}"), "41".into(), "1".into()].join("\u{1e}");
    stand.poll(sid, Some(&body)).await;
    let chats = stand.when_all_are_gone().await;
    assert_eq!((&chats[0]["status"], &chats[0]["closed_by"]), (&json!("closed"), &json!("visitor")));
    assert_eq!(stand.said(&chats[0]).await, expected(5, &["leave room"]));
}

/// Beyond the rate there is a last turn for what waits, too.
#[tokio::test]
async fn what_waits_for_its_turn_is_said_before_the_goodbye() {
    let stand = Stand::planned(|settings| settings.desk.rate = 10).await;
    let mut ana = stand.tab("ana").await;
    ana.send(&event("visitor_first_msg", "hello")).await;
    emit(&mut ana, 22).await;
    ana.disconnect().await;
    // Time goes on until all of it is said, and no longer: what follows has timers of its own.
    let chat = loop {
        stand.pass(std::time::Duration::from_millis(50));
        tokio::task::yield_now().await;
        let (_, answer) = stand.http("max", "GET", "/api/v1/desk/chats", "").await;
        let Some(chat) = answer["data"].get(0).cloned() else { continue };
        if stand.said(&chat).await.len() >= 23 {
            break chat;
        }
    };
    let chats = stand.when_all_are_gone().await;
    assert_eq!(chats[0]["id"], chat["id"]);
    assert_eq!(stand.said(&chats[0]).await, expected(22, &["leave room"]));
}
