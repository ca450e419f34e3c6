//! Chats in which visitors talk and agents listen. In closed loop a visitor sends the next message when the last one's
//! acknowledgement and its delivery are in; at a fixed rate messages go out when they are due, chats taking turns.

use super::words::{FIRST, Heard, Template, hear, pong};
use crate::clock::Nanos;
use crate::drive::Play;
use crate::lines::{LineId, Lines};
use crate::meter::Meter;
use crate::pace::Pace;
use crate::pairs::{Awaited, Flight, take};

/// The lines of one chat.
#[derive(Debug)]
pub(crate) struct Chat {
    /// The visitor's.
    pub(crate) visitor: LineId,
    /// The agent's, who has other chats too.
    pub(crate) agent: LineId,
}

/// The chats of a run. The chat of a message is its number modulo their count.
#[derive(Debug)]
pub(crate) struct Chats {
    all: Vec<(Chat, Awaited)>,
    /// The chat of each visitor's line; `None` for agents and supervisors.
    of_line: Vec<Option<usize>>,
    message: Template,
    /// `None` in closed loop.
    pace: Option<Pace>,
    /// The next message's number, but for its chat.
    next: u64,
    meter: Meter,
    turn: usize,
}

impl Chats {
    /// Claimed chats over the first `lines` lines.
    pub(crate) fn new(chats: Vec<Chat>, lines: usize, message: Template, pace: Option<Pace>) -> Self {
        let mut of_line = vec![None; lines];
        for (place, chat) in chats.iter().enumerate() {
            of_line[chat.visitor] = Some(place);
        }
        let next = FIRST.next_multiple_of(chats.len() as u64);
        let all = chats.into_iter().map(|chat| (chat, Awaited::default())).collect();
        Self { all, of_line, message, pace, next, meter: Meter::new(), turn: 0 }
    }

    fn say(&mut self, place: usize, due: Nanos, lines: &mut Lines) {
        let count = self.all.len() as u64;
        let (chat, awaited) = &mut self.all[place];
        let flight = Flight { name: self.next + place as u64, since: due };
        self.next += count;
        if !lines.send(chat.visitor, self.message.fill(flight.name)) {
            return self.meter.error("not sent", 1);
        }
        awaited.acknowledgement.push_back(flight);
        awaited.delivery.push_back(flight);
    }

    /// The chat in which `from` has heard about the message of this number, if that is his to hear.
    fn settle(&mut self, at: Nanos, from: LineId, heard: &Heard<'_>) -> Option<usize> {
        let meter = &mut self.meter;
        match (*heard, self.of_line[from]) {
            (Heard::Done(name), Some(place)) => {
                take(&mut self.all[place].1.acknowledgement, name, meter)
                    .inspect(|flight| meter.acknowledge(flight.since, at));
                Some(place)
            }
            (Heard::Event(b"visitor_send", Some(name)), None) => {
                let place = (name % self.all.len() as u64) as usize;
                let (chat, awaited) = &mut self.all[place];
                if chat.agent != from {
                    meter.error("at another's line", 1);
                    return None;
                }
                take(&mut awaited.delivery, name, meter).inspect(|flight| meter.deliver(flight.since, at));
                Some(place)
            }
            // Supervisors hear it too; what is told of people and the queue may still be on its way.
            (Heard::Event(b"new_visitor_msg_for_supervisor", _) | Heard::Event(_, None), _) => None,
            _ => {
                meter.error("unexpected packet", 1);
                None
            }
        }
    }
}

impl Play for Chats {
    fn start(&mut self, at: Nanos, lines: &mut Lines) {
        match &mut self.pace {
            Some(pace) => pace.start(at),
            None => (0..self.all.len()).for_each(|place| self.say(place, at, lines)),
        }
    }

    fn text(&mut self, at: Nanos, from: LineId, text: &[u8], lines: &mut Lines) {
        let heard = match hear(text) {
            Heard::Ping => return pong(from, lines),
            Heard::Refused => return self.meter.refused(text),
            heard => heard,
        };
        if let Some(place) = self.settle(at, from, &heard)
            && self.pace.is_none()
            && self.meter.sending()
            && self.all[place].1.count() == 0
        {
            self.say(place, at, lines);
        }
    }

    fn closed(&mut self, _line: LineId) {
        self.meter.error("closed", 1);
    }

    fn due(&mut self, at: Nanos, lines: &mut Lines) -> Option<Nanos> {
        if !self.meter.sending() {
            return None;
        }
        while let Some(due) = self.pace.as_mut()?.take(at) {
            self.turn = (self.turn + 1) % self.all.len();
            self.meter.sent(due, at);
            self.say(self.turn, due, lines);
        }
        self.pace.as_ref().map(Pace::next)
    }

    fn awaited(&self) -> u64 {
        self.all.iter().map(|(_, awaited)| awaited.count() as u64).sum()
    }

    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }
}
