//! A messenger in memory, as far as the load generator talks to one, with a fault to choose.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// The one group there is; everybody is in it.
pub(crate) const GROUP: &str = "test12test";

/// What a messenger may do wrong. The faults of messages befall every tenth of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Answers an error.
    Refuses,
    /// Acknowledges without delivering.
    Loses,
    /// Delivers twice.
    Doubles,
    /// Delivers after the next message.
    Swaps,
    /// Closes the sender's socket.
    Closes,
    /// Knows no token.
    Forgets,
}

/// A running messenger, stopped when dropped.
pub(crate) struct Double {
    pub(crate) base: String,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Clone)]
struct Hub {
    fault: Fault,
    receivers: Arc<Mutex<HashMap<String, Vec<UnboundedSender<String>>>>>,
}

/// The token of the account with this phone.
pub(crate) fn token(phone: &str) -> String {
    format!("token-{phone}")
}

impl Double {
    pub(crate) fn start(fault: Fault) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route("/ws/chat/special/{phone}/", get(special))
            .route("/ws/chat/{kind}/{from}/{to}/", get(sending))
            .with_state(Hub { fault, receivers: Arc::default() });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { base, _runtime: runtime }
    }
}

fn known(hub: &Hub, headers: &HeaderMap, phone: &str) -> bool {
    let expected = format!("Bearer {}", token(phone));
    hub.fault != Fault::Forgets && headers.get("authorization").is_some_and(|given| *given == *expected)
}

async fn special(
    State(hub): State<Hub>,
    Path(phone): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !known(&hub, &headers, &phone) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (sender, mut inbox) = unbounded_channel();
    hub.receivers.lock().expect("sound").entry(phone).or_default().push(sender);
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        loop {
            tokio::select! {
                Some(text) = inbox.recv() => if socket.send(Message::text(text)).await.is_err() { return },
                frame = socket.recv() => if !matches!(frame, Some(Ok(_))) { return },
            }
        }
    })
}

async fn sending(
    State(hub): State<Hub>,
    Path((kind, from, to)): Path<(String, String, String)>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !known(&hub, &headers, &from) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        let (mut count, mut held) = (0_u32, None);
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            let frame: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!((&frame["msg_from"], &frame["msg_to"]), (&json!(from), &json!(to)), "as the path");
            if frame["command"] == "msg_received" {
                hub.deliver(&frame);
                continue;
            }
            assert_eq!(frame["command"], if kind == "group" { "new_grp_msg" } else { "new_msg" });
            count += 1;
            let answer = if count.is_multiple_of(10) {
                hub.falter(&frame, &mut held)
            } else {
                Some(hub.accept(&frame, &mut held))
            };
            let Some(answer) = answer else { return };
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    })
}

impl Hub {
    fn accept(&self, frame: &Value, held: &mut Option<Value>) -> Value {
        self.deliver(frame);
        if let Some(late) = held.take() {
            self.deliver(&late);
        }
        let sent = frame["sent_timestamp"].as_str().expect("a string");
        let named = if frame["msg_to"] == GROUP { sent.replace(' ', "T") + "Z" } else { sent.to_owned() };
        json!({
            "message": named, "command": "msg_sent", "msg_from": frame["msg_from"],
            "msg_to": frame["msg_to"], "sent_timestamp": "2026-01-01 00:00:00.000",
        })
    }

    fn falter(&self, frame: &Value, held: &mut Option<Value>) -> Option<Value> {
        let acknowledged = self.quietly(frame);
        match self.fault {
            Fault::None | Fault::Forgets => Some(self.accept(frame, held)),
            Fault::Refuses => Some(json!({"command": "error", "message": "busy", "type": "new_msg"})),
            Fault::Loses => Some(acknowledged),
            Fault::Doubles => {
                self.deliver(frame);
                Some(self.accept(frame, held))
            }
            Fault::Swaps => {
                *held = Some(frame.clone());
                Some(acknowledged)
            }
            Fault::Closes => None,
        }
    }

    /// The acknowledgement alone.
    fn quietly(&self, frame: &Value) -> Value {
        let nobody = Self { fault: self.fault, receivers: Arc::default() };
        nobody.accept(frame, &mut None)
    }

    fn deliver(&self, frame: &Value) {
        let receivers = self.receivers.lock().expect("sound");
        let (from, to) = (frame["msg_from"].as_str().expect("a string"), frame["msg_to"].as_str());
        let group = to == Some(GROUP);
        for (phone, sockets) in
            receivers.iter().filter(|(phone, _)| group && *phone != from || to == Some(phone))
        {
            let mut frame = frame.clone();
            if group {
                frame["command"] = "new_msg".into();
                frame["msg_from"] = format!("{GROUP}-{from}").into();
                frame["msg_to"] = phone.as_str().into();
            }
            for socket in sockets {
                // One that has gone is of no concern.
                let _ = socket.send(frame.to_string());
            }
        }
    }
}
