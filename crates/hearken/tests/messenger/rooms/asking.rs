//! Requests about rooms, as somebody.

use hearken_testkit::client::Client;
use serde_json::{Value, json};

use crate::stand::Stand;

pub(super) const ROOM: &str = "/chat/special/room";
pub(super) const INFO: &str = "/chat/info/room";

/// An answer, and all of it as one text.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) whole: String,
}

impl Stand {
    /// What somebody is answered.
    pub(super) async fn request(&mut self, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        let (status, body) = self.http(who, method, path, &body.to_string()).await;
        Answer { status: status.as_u16(), whole: format!("{status} {body}"), body }
    }

    /// The same about a room, with one's own number in `msg_from`.
    pub(super) async fn about_room(&mut self, who: &str, method: &str, rest: &Value) -> Answer {
        let name = who.split('/').next().unwrap_or(who);
        let mut body = json!({ "msg_from": self.phone(name) });
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.request(who, method, ROOM, &body).await
    }

    /// Opens a room that must open.
    pub(crate) async fn open_room(&mut self, who: &str, other: &str) {
        let to = self.phone(other).to_owned();
        let answer = self.about_room(who, "POST", &json!({ "msg_to": to })).await;
        assert_eq!((answer.status, &answer.body["info"]), (201, &json!("created")), "{}", answer.whole);
    }

    /// A vote that must be taken; answers what it came to.
    pub(crate) async fn vote(&mut self, who: &str, response: &str) -> String {
        let answer = self.about_room(who, "DELETE", &json!({ "response": response })).await;
        assert_eq!(answer.status, 200, "{}", answer.whole);
        answer.body["info"].as_str().expect("a word").to_owned()
    }

    /// Somebody's send socket to his room.
    pub(super) async fn room_chat(&mut self, who: &str) -> Client {
        let name = who.split('/').next().unwrap_or(who);
        let path = format!("/ws/chat/room/{}/", self.phone(name));
        self.connect(&path, who).await
    }
}
