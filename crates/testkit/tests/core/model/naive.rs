//! The model: a talk as one would write it down without a thought for time or space.

use std::collections::{BTreeMap, BTreeSet};

use hearken_core::ids::Seq;

use super::Deed;

/// What somebody is told who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    At(Seq),
    Done(bool),
    Taken,
    Repeated,
    Unknown,
    Refused,
}

struct Message {
    author: usize,
    name: Option<u8>,
    waits_for: BTreeSet<usize>,
    has_body: bool,
}

/// A message that followers are to be shown.
pub(crate) struct News {
    pub(crate) seq: Seq,
    pub(crate) words: String,
    pub(crate) shown_to: BTreeSet<usize>,
}

/// A talk.
pub(crate) struct Naive {
    messages: BTreeMap<Seq, Message>,
    /// For each person who is in: the last place before he came.
    present: Vec<Option<Seq>>,
    last: Seq,
    news: Vec<News>,
}

impl Naive {
    pub(crate) fn new(people: usize, present: usize) -> Self {
        let present = (0..people).map(|who| (who < present).then_some(0)).collect();
        Self { messages: BTreeMap::new(), present, last: 0, news: Vec::new() }
    }

    pub(crate) fn does(&mut self, deed: &Deed) -> Answer {
        match deed {
            Deed::Say(who) => self.say(*who, None),
            Deed::SayOnce(who, name) => self.say_once(*who, *name),
            Deed::Receive(who, seq) => self.receive(*who, *seq),
            Deed::Withdraw(seq) => self.withdraw(*seq),
            Deed::Join(who) => {
                self.present[*who].get_or_insert(self.last);
                Answer::Done(true)
            }
            Deed::Leave(who) => {
                for message in self.messages.values_mut() {
                    let waited = message.waits_for.remove(who);
                    message.has_body &= !(waited && message.waits_for.is_empty());
                }
                Answer::Done(self.present[*who].take().is_some())
            }
        }
    }

    fn say(&mut self, author: usize, name: Option<u8>) -> Answer {
        self.last += 1;
        let shown_to: BTreeSet<_> =
            (0..self.present.len()).filter(|who| self.present[*who].is_some()).collect();
        let waits_for: BTreeSet<_> = shown_to.iter().copied().filter(|who| *who != author).collect();
        let has_body = !waits_for.is_empty();
        self.messages.insert(self.last, Message { author, name, waits_for, has_body });
        self.news.push(News { seq: self.last, words: author.to_string(), shown_to });
        Answer::At(self.last)
    }

    fn say_once(&mut self, who: usize, name: u8) -> Answer {
        let same = |message: &Message| message.author == who && message.name == Some(name);
        let earlier = self.messages.iter().find(|(_, message)| same(message)).map(|(seq, _)| *seq);
        earlier.map_or_else(|| self.say(who, Some(name)), Answer::At)
    }

    fn receive(&mut self, who: usize, seq: Seq) -> Answer {
        let Some(message) = self.messages.get_mut(&seq) else { return Answer::Refused };
        let was_in = self.present[who].is_some_and(|joined| seq > joined);
        if !was_in || message.author == who {
            return Answer::Unknown;
        }
        if !message.waits_for.remove(&who) {
            return Answer::Repeated;
        }
        message.has_body &= !message.waits_for.is_empty();
        Answer::Taken
    }

    fn withdraw(&mut self, seq: Seq) -> Answer {
        let Some(message) = self.messages.get_mut(&seq) else { return Answer::Refused };
        message.waits_for.clear();
        message.has_body = false;
        self.news.retain(|news| news.seq != seq);
        Answer::Done(true)
    }

    /// Takes away what nobody needs; answers how much.
    pub(crate) fn trim(&mut self) -> usize {
        let before = self.messages.len();
        self.messages.retain(|seq, message| message.has_body || *seq == self.last);
        before - self.messages.len()
    }

    /// What followers have not been shown yet.
    pub(crate) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// The log: place and words.
    pub(crate) fn log(&self) -> Vec<(Seq, Option<String>)> {
        let words = |message: &Message| message.has_body.then(|| message.author.to_string());
        self.messages.iter().map(|(seq, message)| (*seq, words(message))).collect()
    }

    /// What waits for somebody: place, words, and all for whom it waits.
    pub(crate) fn inbox(&self, who: usize) -> Vec<(Seq, String, Vec<usize>)> {
        let waits = self.messages.iter().filter(|(_, message)| message.waits_for.contains(&who));
        let people = |message: &Message| message.waits_for.iter().copied().collect();
        waits.map(|(seq, message)| (*seq, message.author.to_string(), people(message))).collect()
    }
}
