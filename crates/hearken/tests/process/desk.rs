//! `kill -9` while visitors and staff talk: what was acknowledged is in the chat after each restart, once and in order,
//! rows are numbered without a gap, and everybody comes back to his chats.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hearken_core::NewAccount;
use hearken_core::account::Role;
use hearken_testkit::socketio::SocketIo;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::people::Offline;
use crate::server::{Server, assert_sound};
use crate::{figure, rounds};

const FAST: (&str, &str) = ("HEARKEN_DESK__RATE", "1000000");
const DAY: Duration = Duration::from_hours(24);
/// How many visitors talk; every two share one of the staff.
const CHATS: usize = 6;
/// How many messages of one tab are on their way.
const AT_ONCE: u64 = 8;

/// Somebody who says one number after another.
struct Talker {
    token: String,
    /// The event that says it.
    event: &'static str,
    room: String,
    name: String,
    next: u64,
    acknowledged: BTreeSet<u64>,
}

impl Talker {
    fn args(&self, number: u64) -> Value {
        let content = json!({ "who": self.name, "n": number });
        if self.event == "staff_msg" { json!({ "room": self.room, "content": content }) } else { content }
    }

    /// Says numbers until the line breaks.
    async fn talk(&mut self, server: SocketAddr, total: &AtomicUsize) {
        let mut tab = SocketIo::connect(server, &self.token).await.expect("it opens");
        let mut under_way = std::collections::VecDeque::new();
        loop {
            while under_way.len() < AT_ONCE as usize {
                let number = self.next;
                self.next += 1;
                under_way.push_back((tab.ask(self.event, &[self.args(number)]).await, number));
            }
            let Some((id, number)) = under_way.pop_front() else { return };
            let Some(answer) = tab.answer_if_any(id).await else { return };
            assert_eq!(answer, json!([true, null]), "{} {number}", self.name);
            self.acknowledged.insert(number);
            total.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// All rows of a chat, as REST tells them.
async fn rows(server: SocketAddr, token: &str, room: &str) -> Vec<Value> {
    let (client, mut rows) = (reqwest::Client::new(), Vec::<Value>::new());
    loop {
        let after = rows.last().map_or(0, |row| row["sequence_num"].as_u64().expect("a number"));
        let url = format!("http://{server}/api/v1/desk/chats/{room}/messages?after={after}&limit=100");
        let answer = client.get(url).bearer_auth(token).send().await.expect("an answer");
        let answer: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        let page = answer["data"].as_array().unwrap_or_else(|| panic!("no rows: {answer}"));
        if page.is_empty() {
            return rows;
        }
        rows.extend(page.iter().cloned());
    }
}

/// Nothing acknowledged is missing, nothing is there twice, and rows are numbered 1, 2, 3 …
fn examine(rows: &[Value], talkers: &[&Talker]) {
    let numbers: Vec<_> = rows.iter().map(|row| row["sequence_num"].as_u64().expect("a number")).collect();
    assert_eq!(numbers, (1..=rows.len() as u64).collect::<Vec<_>>());
    for talker in talkers {
        let said: Vec<u64> = rows
            .iter()
            .filter(|row| row["content"]["who"] == *talker.name)
            .map(|row| row["content"]["n"].as_u64().expect("a number"))
            .collect();
        assert!(said.is_sorted_by(|one, other| one < other), "{}: {said:?}", talker.name);
        let kept: BTreeSet<_> = said.into_iter().collect();
        let lost: Vec<_> = talker.acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "{} was told that {lost:?} are saved", talker.name);
    }
}

#[tokio::test]
async fn what_is_acknowledged_at_the_desk_survives_every_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let offline = Offline::open(&data).await;
    let mut tokens = Vec::new();
    for place in 0..=(CHATS + CHATS / 2) {
        let role = match place {
            place if place < CHATS => Role::Visitor,
            place if place < CHATS + CHATS / 2 => Role::Agent,
            _ => Role::Admin,
        };
        let new =
            NewAccount { name: Some(format!("person {place}")), roles: vec![role], ..NewAccount::default() };
        let account = offline.core().add_account(new).await.expect("a new person");
        tokens.push(offline.core().issue(account.id, DAY).await.expect("a token"));
    }
    offline.close().await;
    let admin = tokens.pop().expect("one");

    let mut server = Server::start(&data, &[FAST]);
    let mut talkers = meet(server.address, &tokens).await;
    let (mut dice, total) = (Dice::new(7), Arc::new(AtomicUsize::new(0)));
    let kills = rounds(4, 60);
    for kill in 0..kills {
        let until = total.load(Ordering::Relaxed) + dice.between(200, 1500) as usize;
        let address = server.address;
        let talk = talkers.iter_mut().map(|talker| talker.talk(address, &total));
        let killer = async {
            while total.load(Ordering::Relaxed) < until {
                tokio::task::yield_now().await;
            }
            server.kill();
        };
        tokio::join!(futures_util::future::join_all(talk), killer);
        assert_eq!(server.said(), "", "kill {kill}");
        assert_sound(&data);
        server = Server::start(&data, &[FAST]);
        for pair in talkers.chunks(2) {
            let rows = rows(server.address, &admin, &pair[0].room).await;
            examine(&rows, &[&pair[0], &pair[1]]);
        }
    }
    figure(format_args!(
        "{kills} kills at the desk: {} messages acknowledged, none lost",
        total.load(Ordering::Relaxed)
    ));
}

/// Every visitor opens a chat, which one of the staff claims. Answers the two talkers of each chat, one after the other.
async fn meet(server: SocketAddr, tokens: &[String]) -> Vec<Talker> {
    let mut talkers = Vec::new();
    for visitor in 0..CHATS {
        let agent = &tokens[CHATS + visitor / 2];
        let mut staff = SocketIo::connect(server, agent).await.expect("it opens");
        staff.hear("staff_init").await;
        let mut tab = SocketIo::connect(server, &tokens[visitor]).await.expect("it opens");
        assert_eq!(tab.call("visitor_first_msg", &[json!({"hello": visitor})]).await, json!([true, null]));
        let queued = staff.await_event("append_unclaimed_chats").await;
        let room = queued["room"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(staff.call("staff_join", &[json!({ "room": room })]).await, json!([true, null]));
        for (event, token) in [("visitor_msg", &tokens[visitor]), ("staff_msg", agent)] {
            talkers.push(Talker {
                token: token.clone(),
                event,
                room: room.clone(),
                name: format!("{event} {visitor}"),
                next: 0,
                acknowledged: BTreeSet::new(),
            });
        }
        // Both lose their lines here, and are back as talkers within their grace.
        staff.lose();
        tab.lose();
    }
    talkers
}
