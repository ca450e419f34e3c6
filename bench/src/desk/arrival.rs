//! Brings the desk to where a load begins: each visitor opens a chat with a first message, and each chat is claimed by
//! the agent it is meant for, who hears of it from the queue like any client.

use serde_json::Value;

use super::words::{Heard, hear, pong};
use crate::clock::Nanos;
use crate::drive::Play;
use crate::lines::{LineId, Lines};
use crate::meter::Meter;

/// A chat to come.
#[derive(Debug)]
pub(crate) struct Meant {
    /// The visitor's account, 32 hex digits.
    pub(crate) visitor_id: String,
    /// The visitor's line.
    pub(crate) visitor: LineId,
    /// The line of the agent who is to claim it; `None` leaves it in the queue.
    pub(crate) agent: Option<LineId>,
}

/// Visitors and staff on their way into their chats.
#[derive(Debug)]
pub(crate) struct Arrival {
    chats: Vec<Meant>,
    /// The line whose word about the queue is taken.
    watcher: LineId,
    awaited: u64,
    meter: Meter,
}

impl Arrival {
    /// Nobody has said anything yet. `watcher` is a staff line, open before the first word.
    pub(crate) fn new(chats: Vec<Meant>, watcher: LineId) -> Self {
        Self { chats, watcher, awaited: 0, meter: Meter::new() }
    }

    /// Every visitor says the first word.
    pub(crate) fn begin(&mut self, lines: &mut Lines) {
        for (place, chat) in self.chats.iter().enumerate() {
            let first = format!("42{place}[\"visitor_first_msg\",{{\"text\":\"hello\"}}]");
            if !lines.send(chat.visitor, first.as_bytes()) {
                self.meter.error("not sent", 1);
            }
            // The word that it is open, the place in the queue, and the claim.
            self.awaited += if chat.agent.is_some() { 3 } else { 2 };
        }
    }

    /// The queue has a new chat: its agent claims it.
    fn queued(&mut self, packet: &[u8], lines: &mut Lines) {
        let event: Value = serde_json::from_slice(&packet[2..]).unwrap_or_default();
        let text = |place: &str| event.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let (visitor, room) = (text("/1/user/id"), text("/1/room/id"));
        let Some(place) = self.chats.iter().position(|chat| chat.visitor_id == visitor) else {
            return self.meter.error("unknown visitor", 1);
        };
        self.awaited -= 1;
        if let Some(agent) = self.chats[place].agent {
            let join = format!("42{place}[\"staff_join\",{{\"room\":\"{room}\"}}]");
            if !lines.send(agent, join.as_bytes()) {
                self.meter.error("not sent", 1);
            }
        }
    }
}

impl Play for Arrival {
    fn start(&mut self, _at: Nanos, lines: &mut Lines) {
        self.begin(lines);
    }

    fn text(&mut self, _at: Nanos, from: LineId, text: &[u8], lines: &mut Lines) {
        match hear(text) {
            Heard::Done(_) => self.awaited -= 1,
            Heard::Refused => self.meter.refused(text),
            Heard::Event(b"append_unclaimed_chats", _) if from == self.watcher => self.queued(text, lines),
            Heard::Ping => pong(from, lines),
            // What else is told of people who come is none of this play's business.
            Heard::Event(..) | Heard::Other => {}
        }
    }

    fn closed(&mut self, _line: LineId) {
        self.meter.error("closed", 1);
    }

    fn awaited(&self) -> u64 {
        self.awaited
    }

    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }
}
