//! A desk in memory, as far as the load generator talks to one, with a fault to choose.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What a desk may do wrong. The faults of messages befall every tenth of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Answers `false`.
    Refuses,
    /// Acknowledges without delivering.
    Loses,
    /// Delivers twice.
    Doubles,
    /// Delivers after the next message.
    Swaps,
    /// Delivers at every agent's line.
    Babbles,
    /// Closes the sender's socket.
    Closes,
    /// Knows no token.
    Forgets,
    /// Closes instead of connecting.
    Slams,
}

/// A running desk, stopped when dropped.
pub(crate) struct Double {
    pub(crate) base: String,
    _runtime: tokio::runtime::Runtime,
}

/// The first letter of an identifier says who it is: `v`isitor, `a`gent, `s`upervisor.
#[derive(Default)]
struct Rooms {
    sockets: Vec<(String, UnboundedSender<String>)>,
    /// The agent of each visitor's chat, once it is claimed.
    agents: HashMap<String, Option<String>>,
}

#[derive(Clone)]
struct Desk {
    fault: Fault,
    rooms: Arc<Mutex<Rooms>>,
}

/// The token of the account with this identifier.
pub(crate) fn token(id: &str) -> String {
    format!("token-{id}")
}

impl Double {
    pub(crate) fn start(fault: Fault) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let desk = Desk { fault, rooms: Arc::default() };
        let router = Router::new().route("/socket.io/", get(connect)).with_state(desk);
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("it is open"));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { base, _runtime: runtime }
    }
}

async fn connect(State(desk): State<Desk>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(id) = bearer.strip_prefix("Bearer token-").filter(|_| desk.fault != Fault::Forgets) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let id = id.to_owned();
    upgrade.on_upgrade(async move |socket| serve(desk, socket, id).await)
}

async fn serve(desk: Desk, mut socket: WebSocket, id: String) {
    let (sender, mut inbox) = unbounded_channel();
    let open = json!({"sid": "x", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000});
    // A ping before everything else: a client answers it whenever it comes.
    for packet in ["2".to_owned(), format!("0{open}")] {
        sender.send(packet).expect("it is open");
    }
    let (mut count, mut held, mut alive) = (0, VecDeque::new(), false);
    loop {
        let text = tokio::select! {
            Some(packet) = inbox.recv() => {
                if socket.send(Message::text(packet)).await.is_err() { return }
                continue;
            }
            Some(Ok(frame)) = socket.recv() => match frame {
                Message::Text(text) => text,
                Message::Ping(_) => continue,
                _ => return,
            },
            else => return,
        };
        match text.as_str() {
            "3" => alive = true,
            "40" if desk.fault == Fault::Slams => return,
            "40" => desk.admit(&id, &sender),
            _ => {
                assert!(alive, "the ping was answered");
                count += 1;
                let event = text.strip_prefix("42").expect("an event");
                let start = event.find('[').expect("arguments");
                let (ack, arguments) = event.split_at(start);
                let arguments: Value = serde_json::from_str(arguments).expect("JSON");
                let faulty = arguments[1]["bench"].is_u64() && count % 10 == 0;
                if faulty && desk.fault == Fault::Closes {
                    return;
                }
                let answer = desk.event(&id, &arguments, faulty, &mut held);
                sender.send(format!("43{ack}{answer}")).expect("it is open");
            }
        }
    }
}

impl Desk {
    fn admit(&self, id: &str, sender: &UnboundedSender<String>) {
        self.rooms.lock().expect("sound").sockets.push((id.to_owned(), sender.clone()));
        let kind = if id.starts_with('v') { "visitor_init" } else { "staff_init" };
        sender.send("40{\"sid\":\"y\"}".to_owned()).expect("it is open");
        sender.send(format!("42{}", json!([kind, {}]))).expect("it is open");
        self.tell(|to| to != id && !to.starts_with('v'), "staff_goes_online", &json!({}));
    }

    fn tell(&self, whom: impl Fn(&str) -> bool, name: &str, told: &Value) {
        for (_, socket) in self.rooms.lock().expect("sound").sockets.iter().filter(|(id, _)| whom(id)) {
            // One that has gone is of no concern.
            let _ = socket.send(format!("42{}", json!([name, told])));
        }
    }

    /// What one event does; the arguments of its acknowledgement.
    fn event(&self, id: &str, arguments: &Value, faulty: bool, held: &mut VecDeque<Value>) -> Value {
        let (name, content) = (arguments[0].as_str().expect("a name"), &arguments[1]);
        match name {
            "visitor_first_msg" => {
                self.rooms.lock().expect("sound").agents.insert(id.to_owned(), None);
                let told =
                    json!({"user": {"id": id}, "room": {"id": format!("room-{id}")}, "contents": [content]});
                self.tell(|to| !to.starts_with('v'), "append_unclaimed_chats", &told);
            }
            "staff_join" => {
                let visitor = content["room"].as_str().and_then(|room| room.strip_prefix("room-"));
                let visitor = visitor.expect("a room").to_owned();
                let won = self.rooms.lock().expect("sound").agents.insert(visitor, Some(id.to_owned()));
                assert_eq!(won, Some(None), "it was in the queue");
            }
            "visitor_msg" | "visitor_msg_unclaimed" => {
                match (self.fault, faulty) {
                    (Fault::Refuses, true) => return json!([false, "busy"]),
                    (Fault::Loses, true) => return json!([true, null]),
                    (Fault::Swaps, true) => {
                        held.push_back(content.clone());
                        return json!([true, null]);
                    }
                    (Fault::Doubles, true) => self.deliver(id, name, content, false),
                    _ => {}
                }
                self.deliver(id, name, content, faulty && self.fault == Fault::Babbles);
                while let Some(late) = held.pop_front() {
                    self.deliver(id, name, &late, false);
                }
            }
            other => panic!("{other} is no event of the load"),
        }
        json!([true, null])
    }

    fn deliver(&self, visitor: &str, name: &str, content: &Value, everywhere: bool) {
        let told = json!({"user": {"id": visitor}, "content": content});
        let agent = self.rooms.lock().expect("sound").agents[visitor].clone();
        assert_eq!(agent.is_some(), name == "visitor_msg", "each has its time");
        let Some(agent) = agent else {
            return self.tell(|to| !to.starts_with('v'), "visitor_unclaimed_msg", &told);
        };
        self.tell(|to| to == agent || everywhere && to.starts_with('a'), "visitor_send", &told);
        self.tell(|to| to.starts_with('s'), "new_visitor_msg_for_supervisor", &told);
    }
}
