//! One of a town's people: sends in one chat with several messages on the way at once, hears everybody else of that
//! chat, and answers with receipts as he is wont to.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use crate::book::{Ear, Line};
use crate::people::Person;
use crate::said::{Said, frame, phone};
use crate::socket::{End, Frame, Gone, Heard, Socket};
use crate::town::Progress;

/// How many messages one sends before the first is acknowledged.
const ON_THE_WAY: usize = 8;
/// How many receipts one sends at most with each message: more than the others of his group say meanwhile, so that
/// what waits does not grow from day to day, and few enough that a whole group's, which come to everybody in it, are
/// no more on the way than a hearer may have unheard.
const RECEIPTS_A_MESSAGE: usize = 24;

/// Where somebody talks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// To one other, who has this number.
    Pair(String),
    /// In the group with this key.
    Group(String),
}

/// When somebody sends receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipts {
    /// As messages come.
    AtOnce,
    /// For what waited when the server came back.
    NextDay,
    /// Not at all.
    Never,
}

/// How somebody's two sockets ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parting {
    pub(crate) mouth: Option<End>,
    pub(crate) ears: Option<End>,
}

impl Parting {
    /// Whether both went without a word, as they do when a server crashes.
    pub(crate) fn is_wordless(self) -> bool {
        self == Self { mouth: Some(End::Wordless), ears: Some(End::Wordless) }
    }
}

/// One person, and what he has sent and seen.
pub(crate) struct Resident {
    place: usize,
    person: Person,
    talks: Place,
    habit: Receipts,
    pub(crate) line: Line,
    /// By author.
    pub(crate) ears: BTreeMap<usize, Ear>,
    /// What comes next in his line; messages sent before the crash and not acknowledged are sent again.
    next: usize,
    /// Receipts on the way: once the message of the first number is acknowledged, so many of that author's
    /// messages are certain to be received.
    unsure: VecDeque<(usize, usize, usize)>,
    /// Messages to send a receipt for.
    owed: VecDeque<Said>,
}

impl Resident {
    pub(crate) fn new(
        place: usize,
        person: Person,
        talks: Place,
        habit: Receipts,
        ears: BTreeMap<usize, Ear>,
    ) -> Self {
        let (unsure, owed) = (VecDeque::new(), VecDeque::new());
        Self { place, person, talks, habit, line: Line::default(), ears, next: 0, unsure, owed }
    }

    /// Opens the receive socket and reads what waits.
    pub(crate) async fn wake(&self, server: SocketAddr) -> Result<(Socket, Vec<Said>), Gone> {
        let Person { phone, token, .. } = &self.person;
        let mut socket = Socket::open(server, &format!("/ws/chat/special/{phone}/"), token).await?;
        let command = match self.talks {
            Place::Pair(_) => "fetch_msgs",
            Place::Group(_) => "fetch_grp_msgs",
        };
        let found = socket.fetch(command, phone).await?;
        Ok((socket, found.entries.iter().map(Said::listed).collect()))
    }

    /// Talks until the server is gone or says goodbye, and hears out what it still had to say.
    pub(crate) async fn talk(
        &mut self,
        server: SocketAddr,
        ears: Socket,
        progress: &Progress,
    ) -> Result<Parting, Gone> {
        let (Place::Pair(to) | Place::Group(to)) = &self.talks;
        let kind = if matches!(self.talks, Place::Pair(_)) { "personal" } else { "group" };
        let path = format!("/ws/chat/{kind}/{}/{to}/", self.person.phone);
        let mouth = Socket::open(server, &path, &self.person.token).await?;
        self.next = self.line.acknowledged;
        if self.habit != Receipts::Never {
            self.receive_what_waited();
        }
        let parting = self.talk_on(mouth, ears, progress).await;
        self.unsure.clear();
        self.owed.clear();
        Ok(parting)
    }

    async fn talk_on(&mut self, mut mouth: Socket, mut ears: Socket, progress: &Progress) -> Parting {
        let mut parting = Parting::default();
        while parting.mouth.is_none() || parting.ears.is_none() {
            if parting == Parting::default() {
                // A line that is gone will say so when it is read.
                let _ = self.say_more(&mut mouth).await;
            }
            tokio::select! {
                heard = mouth.hear(), if parting.mouth.is_none() => match heard {
                    Heard::Frame(frame) => {
                        self.answered(&frame);
                        progress.send_modify(|acknowledged| *acknowledged += 1);
                    }
                    Heard::Closed(end) => parting.mouth = Some(end),
                },
                heard = ears.hear(), if parting.ears.is_none() => match heard {
                    Heard::Frame(frame) if frame.command == "new_msg" => self.hear(Said::told(&frame)),
                    Heard::Frame(frame) => assert_eq!(frame.command, "msg_received", "{frame:?}"),
                    Heard::Closed(end) => parting.ears = Some(end),
                },
            }
        }
        parting
    }

    async fn say_more(&mut self, mouth: &mut Socket) -> Result<(), Gone> {
        while self.next - self.line.acknowledged < ON_THE_WAY {
            self.say(mouth).await?;
        }
        mouth.flush().await
    }

    /// Sends the next message, and before it some of the receipts that are owed.
    async fn say(&mut self, mouth: &mut Socket) -> Result<(), Gone> {
        for _ in 0..RECEIPTS_A_MESSAGE {
            let Some(said) = self.owed.pop_front() else { break };
            let ear = self.ears.get_mut(&said.author).expect("somebody of this chat");
            assert_eq!(said.number, ear.receipts, "receipts go out in order");
            ear.receipts += 1;
            self.unsure.push_back((self.next, said.author, ear.receipts));
            mouth.put(self.receipt(said)).await?;
        }
        let said = Said { author: self.place, number: self.next };
        self.next += 1;
        self.line.sent = self.line.sent.max(self.next);
        mouth.put(self.message(said)).await
    }

    fn receive_what_waited(&mut self) {
        for (author, ear) in &self.ears {
            let numbers = ear.receipts..ear.seen;
            self.owed.extend(numbers.map(|number| Said { author: *author, number }));
        }
    }

    /// A message came on the receive socket.
    fn hear(&mut self, said: Said) {
        let ear = self.ears.get_mut(&said.author).expect("somebody of this chat");
        assert_eq!(said.number, ear.seen, "{} hears {said:?} out of turn", self.place);
        ear.seen += 1;
        if self.habit == Receipts::AtOnce {
            self.owed.push_back(said);
        }
    }

    fn receipt(&self, said: Said) -> String {
        let command = match self.talks {
            Place::Pair(_) => "msg_received",
            Place::Group(_) => "grp_msg_received",
        };
        let (of, to) = (said.timestamp(), phone(said.author));
        frame(command, &of, &self.person.phone, &to, &of)
    }

    fn message(&self, said: Said) -> String {
        let (command, to) = match &self.talks {
            Place::Pair(to) => ("new_msg", to),
            Place::Group(to) => ("new_grp_msg", to),
        };
        frame(command, &said.text(), &self.person.phone, to, &said.timestamp())
    }

    /// A message is acknowledged, and with it every receipt sent before it: a socket's frames are done in order.
    fn answered(&mut self, frame: &Frame) {
        assert_eq!(frame.command, "msg_sent", "{frame:?}");
        let expected = Said { author: self.place, number: self.line.acknowledged };
        assert_eq!(Said::named(&frame.message), Some(expected), "acknowledged in the order of sending");
        self.line.acknowledged += 1;
        while let Some((before, author, receipts)) = self.unsure.front().copied()
            && before <= expected.number
        {
            self.unsure.pop_front();
            self.ears.entry(author).or_default().certain = receipts;
        }
    }
}
