//! One of a street's people: says one message after the other to the neighbour, hears the neighbour's, sends receipts,
//! and comes back by whichever node is up when a line is lost.

use std::cell::Cell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;

use super::Addresses;
use crate::book::{Ear, Line, compare};
use crate::people::Person;
use crate::said::{Said, frame, phone};
use crate::socket::{Frame, Gone, Heard, Socket};

/// How long somebody waits who was sent away, or told that nothing can be saved, before he tries again.
const PAUSE: Duration = Duration::from_millis(20);
/// Receipts that go out with one message.
const RECEIPTS: usize = 16;

/// What others may see of one person.
#[derive(Default)]
pub(super) struct Seen {
    /// What he has said.
    pub(super) line: Cell<Line>,
    /// How many of the neighbour's messages he has been shown.
    pub(super) shown: Cell<usize>,
    /// How often he has had to connect.
    pub(super) visits: Cell<usize>,
}

/// One person.
pub(super) struct Neighbour {
    place: usize,
    person: Person,
    me: Rc<Seen>,
    peer: Rc<Seen>,
    ear: Ear,
    /// The message that has to come next on the open receive socket, once one has come there.
    live: Option<usize>,
    /// Receipts on the way: once the message of the first number is acknowledged, so many are certain to be kept.
    unsure: VecDeque<(usize, usize)>,
}

impl Neighbour {
    pub(super) fn new(place: usize, person: Person, me: Rc<Seen>, peer: Rc<Seen>) -> Self {
        Self { place, person, me, peer, ear: Ear::default(), live: None, unsure: VecDeque::new() }
    }

    /// Lives on until told to stop, by the node at hand that is his own if it is up, else by another.
    pub(super) async fn live(
        &mut self,
        nodes: &Addresses,
        news: &watch::Sender<u64>,
        mut stop: watch::Receiver<bool>,
    ) {
        let home = self.place % nodes.len();
        while !*stop.borrow() {
            let mut order = (0..nodes.len()).map(|step| (home + step) % nodes.len());
            let node = order.find_map(|node| nodes[node].get());
            if let Some(node) = node {
                // Gone, whatever he had begun: he comes back and looks.
                let _ = self.visit(node, news, &mut stop).await;
                self.unsure.clear();
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Looks what waits, and talks until the line is lost or he is told to stop.
    async fn visit(
        &mut self,
        node: SocketAddr,
        news: &watch::Sender<u64>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Gone> {
        let mut ears = self.come_by(node).await?;
        self.me.visits.set(self.me.visits.get() + 1);
        let (number, token, to) = (&self.person.phone, self.person.token.clone(), phone(self.place ^ 1));
        let mut mouth = open(node, &format!("/ws/chat/personal/{number}/{to}/"), &token).await?;
        self.speak(&mut mouth).await?;
        let stopping = stop.clone();
        loop {
            tokio::select! {
                heard = mouth.hear() => {
                    let Heard::Frame(frame) = heard else { return Err(Gone) };
                    self.answered(&frame, &mut mouth, *stopping.borrow()).await?;
                }
                heard = ears.hear() => match heard {
                    Heard::Frame(frame) => self.heard(&frame),
                    Heard::Closed(_) => return Err(Gone),
                },
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
            news.send_modify(|count| *count += 1);
        }
    }

    /// Opens the receive socket and looks what waits.
    pub(super) async fn come_by(&mut self, node: SocketAddr) -> Result<Socket, Gone> {
        let path = format!("/ws/chat/special/{}/", self.person.phone);
        let mut ears = open(node, &path, &self.person.token).await?;
        self.live = None;
        self.look(&mut ears).await?;
        Ok(ears)
    }

    /// Reads the list of what waits, and compares it with what must.
    async fn look(&mut self, ears: &mut Socket) -> Result<(), Gone> {
        let acknowledged = self.peer.line.get().acknowledged;
        let found = list(ears, &self.person.phone).await?;
        let line = Line { sent: self.peer.line.get().sent, acknowledged };
        match compare(line, self.ear, &found) {
            Ok(here) => self.ear = Ear { receipts: here.start, certain: here.start, seen: here.end },
            Err(wrong) => panic!("{} finds {wrong:?} of {line:?} by {:?}", self.place, self.ear),
        }
        self.me.shown.set(self.ear.seen);
        Ok(())
    }

    /// Says the next message, or again the one that is not acknowledged; and before it some receipts.
    async fn speak(&mut self, mouth: &mut Socket) -> Result<(), Gone> {
        let line = self.me.line.get();
        let said = Said { author: self.place, number: line.acknowledged };
        let (me, to) = (self.person.phone.clone(), phone(self.place ^ 1));
        for number in (self.ear.receipts..self.ear.seen).take(RECEIPTS) {
            let of = Said { author: self.place ^ 1, number }.timestamp();
            mouth.put(frame("msg_received", &of, &me, &to, &of)).await?;
            self.ear.receipts = number + 1;
            self.unsure.push_back((said.number, self.ear.receipts));
        }
        self.me.line.set(Line { sent: line.sent.max(said.number + 1), ..line });
        mouth.send(frame("new_msg", &said.text(), &me, &to, &said.timestamp())).await
    }

    async fn answered(&mut self, frame: &Frame, mouth: &mut Socket, stopping: bool) -> Result<(), Gone> {
        match (frame.command.as_str(), frame.kind.as_str()) {
            ("msg_sent", _) => {
                let line = self.me.line.get();
                let expected = Said { author: self.place, number: line.acknowledged };
                assert_eq!(
                    Said::named(&frame.message),
                    Some(expected),
                    "acknowledged in the order of sending"
                );
                self.me.line.set(Line { acknowledged: line.acknowledged + 1, ..line });
                while let Some((_, receipts)) = self.unsure.pop_front_if(|(with, _)| *with <= expected.number)
                {
                    self.ear.certain = receipts;
                }
            }
            ("error", "msg_received") => {
                self.receive_again();
                return Ok(());
            }
            ("error", "new_msg") => {
                self.receive_again();
                tokio::time::sleep(PAUSE).await;
            }
            _ => return Err(Gone),
        }
        if stopping { Ok(()) } else { self.speak(mouth).await }
    }

    /// A receipt may not be kept, and so may none of those on their way: they are sent again.
    fn receive_again(&mut self) {
        self.unsure.clear();
        self.ear.receipts = self.ear.certain;
    }

    /// Live, messages come in their order, each once, and none is left out. What came while the list was read may be in it
    /// too.
    fn heard(&mut self, frame: &Frame) {
        if frame.command != "new_msg" {
            assert!(matches!(frame.command.as_str(), "msg_received" | "error"), "{frame:?}");
            return;
        }
        let said = Said::told(frame);
        let expected = self.live.unwrap_or(said.number.min(self.ear.seen));
        let expected = Said { author: self.place ^ 1, number: expected };
        assert_eq!(said, expected, "{} hears it out of turn", self.place);
        self.live = Some(said.number + 1);
        self.ear.seen = self.ear.seen.max(said.number + 1);
        self.me.shown.set(self.ear.seen);
    }
}

/// Opens a socket; whoever is sent away comes back later.
async fn open(node: SocketAddr, path: &str, token: &str) -> Result<Socket, Gone> {
    Socket::ask(node, path, token).await?.map_err(|_| Gone)
}

/// The numbers of what waits, in the order of the list.
async fn list(ears: &mut Socket, phone: &str) -> Result<Vec<usize>, Gone> {
    let list = ears.try_fetch("fetch_msgs", phone).await?.map_err(|_| Gone)?;
    Ok(list.entries.iter().map(|entry| Said::listed(entry).number).collect())
}
