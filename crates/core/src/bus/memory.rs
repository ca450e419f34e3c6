//! A bus in memory, for several cores in one process. It is as bad as a test wants: it loses, doubles, holds back and
//! reorders by a seed, and ends of it can be cut off, noticed or not.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Bus, BusEnd, BusError, Heard, Listener, Speaker};

/// What one end keeps that nobody has taken yet; of more, something is missed.
const MOST_KEPT: usize = 65_536;

/// How bad the bus is: of a thousand deliveries, how many fare so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Are lost.
    pub lost: u16,
    /// Come twice.
    pub doubled: u16,
    /// Come later, after others.
    pub delayed: u16,
}

/// The bus. Clones are the same one.
#[derive(Clone, Default)]
pub struct MemoryBus(Arc<Mutex<Wire>>);

/// One node's way to it.
pub struct MemoryEnd {
    wire: Arc<Mutex<Wire>>,
    id: usize,
}

#[derive(Default)]
struct Wire {
    ends: Vec<End>,
    faults: Faults,
    holding: bool,
    dice: u64,
}

#[derive(Default)]
struct End {
    channel: Option<String>,
    /// Cut off, and knows it.
    away: bool,
    /// Cut off, and does not know it.
    deaf: bool,
    inbox: VecDeque<Heard>,
    /// Said, and not there yet.
    under_way: Vec<Bytes>,
    news: Arc<Notify>,
}

impl MemoryBus {
    /// A bus that delivers everything at once, until it is told otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another node's way to it.
    pub fn end(&self) -> Arc<MemoryEnd> {
        let mut wire = self.0.lock();
        wire.ends.push(End::default());
        Arc::new(MemoryEnd { wire: Arc::clone(&self.0), id: wire.ends.len() - 1 })
    }

    /// From now on it is as bad as this, in an order that follows from the seed.
    pub fn fail(&self, faults: Faults, seed: u64) {
        let mut wire = self.0.lock();
        wire.faults = faults;
        wire.dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    }

    /// From now on nothing arrives until it is let go.
    pub fn hold(&self) {
        self.0.lock().holding = true;
    }

    /// What is under way arrives, in the order in which it was said, and nothing is held any more.
    pub fn release(&self) {
        let mut wire = self.0.lock();
        wire.holding = false;
        wire.ends.iter_mut().for_each(End::arrive);
    }

    /// What is under way is lost; answers how much that was.
    pub fn lose(&self) -> usize {
        let mut wire = self.0.lock();
        wire.ends.iter_mut().map(|end| std::mem::take(&mut end.under_way).len()).sum()
    }

    /// What is under way arrives the other way round, and nothing is held any more.
    pub fn release_reversed(&self) {
        let mut wire = self.0.lock();
        wire.holding = false;
        for end in &mut wire.ends {
            end.under_way.reverse();
            end.arrive();
        }
    }

    /// How many deliveries are under way.
    pub fn under_way(&self) -> usize {
        self.0.lock().ends.iter().map(|end| end.under_way.len()).sum()
    }
}

impl MemoryEnd {
    /// Cuts this end off, which it notices, or connects it again.
    pub fn cut(&self, away: bool) {
        let mut wire = self.wire.lock();
        let Some(end) = wire.ends.get_mut(self.id) else { return };
        if std::mem::replace(&mut end.away, away) != away {
            end.under_way.clear();
            end.hear(if away { Heard::Disconnected } else { Heard::Connected });
        }
    }

    /// Cuts this end off without its noticing: it hears nobody, and nobody hears it.
    pub fn deafen(&self, deaf: bool) {
        if let Some(end) = self.wire.lock().ends.get_mut(self.id) {
            end.deaf = deaf;
        }
    }
}

impl Bus for MemoryEnd {
    fn join<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<BusEnd, BusError>> {
        let mut wire = self.wire.lock();
        let id = self.id;
        let Some(end) = wire.ends.get_mut(id) else {
            return Box::pin(std::future::ready(Err(BusError::Unusable("there is no such end".into()))));
        };
        end.channel = Some(channel.to_owned());
        end.inbox.clear();
        end.under_way.clear();
        end.hear(if end.away { Heard::Disconnected } else { Heard::Connected });
        let news = Arc::clone(&end.news);
        let speaker = Box::new(MemorySpeaker { wire: Arc::clone(&self.wire), id });
        let listener = Box::new(MemoryListener { wire: Arc::clone(&self.wire), id, news });
        Box::pin(std::future::ready(Ok(BusEnd { speaker, listener })))
    }
}

struct MemorySpeaker {
    wire: Arc<Mutex<Wire>>,
    id: usize,
}

impl Speaker for MemorySpeaker {
    fn announce(&mut self, message: Bytes) -> BoxFuture<'_, Result<(), BusError>> {
        let said = self.wire.lock().say(self.id, &message);
        Box::pin(std::future::ready(said))
    }

    fn flush(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct MemoryListener {
    wire: Arc<Mutex<Wire>>,
    id: usize,
    news: Arc<Notify>,
}

impl Listener for MemoryListener {
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>> {
        Box::pin(async move {
            loop {
                if let Some(end) = self.wire.lock().ends.get_mut(self.id)
                    && let Some(heard) = end.inbox.pop_front()
                {
                    return Some(heard);
                }
                self.news.notified().await;
            }
        })
    }
}

impl Wire {
    fn say(&mut self, from: usize, message: &Bytes) -> Result<(), BusError> {
        let Some(speaker) = self.ends.get(from) else { return Ok(()) };
        let (away, deaf, channel) = (speaker.away, speaker.deaf, speaker.channel.clone());
        if away {
            return Err(BusError::Away("it was cut off".into()));
        }
        for to in 0..self.ends.len() {
            let hears = self.ends.get(to).is_some_and(|end| !end.away && !end.deaf && end.channel == channel);
            if to != from && hears && !deaf {
                self.deliver(to, message);
            }
        }
        Ok(())
    }

    fn deliver(&mut self, to: usize, message: &Bytes) {
        let fate = self.roll() as u16 % 1000;
        let Faults { lost, doubled, delayed } = self.faults;
        let late = self.holding || (lost + doubled..lost + doubled + delayed).contains(&fate);
        let copies = if fate < lost { 0 } else { 1 + usize::from(fate < lost + doubled) };
        // Whatever was held back earlier may come now, before or after.
        let released = if self.holding { 0 } else { self.roll() as usize % 3 };
        let Some(end) = self.ends.get_mut(to) else { return };
        for _ in 0..copies {
            if late {
                end.under_way.push(message.clone());
            } else {
                end.hear(Heard::Message(message.clone()));
            }
        }
        for _ in 0..released {
            if let Some(earlier) = end.under_way.pop() {
                end.hear(Heard::Message(earlier));
            }
        }
    }

    /// The next number of a row that follows from the seed (xorshift).
    fn roll(&mut self) -> u32 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 16) as u32
    }
}

impl End {
    fn hear(&mut self, heard: Heard) {
        match self.inbox.len() {
            0..MOST_KEPT => self.inbox.push_back(heard),
            MOST_KEPT => self.inbox.push_back(Heard::Missed),
            _ => {}
        }
        self.news.notify_one();
    }

    fn arrive(&mut self) {
        for message in std::mem::take(&mut self.under_way) {
            self.hear(Heard::Message(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    async fn joined(bus: &MemoryBus, channel: &str) -> (Arc<MemoryEnd>, BusEnd) {
        let end = bus.end();
        let joined = end.join(channel).await.expect("anybody may join");
        (end, joined)
    }

    fn heard(end: &mut BusEnd) -> Vec<Heard> {
        std::iter::from_fn(|| end.listener.next().now_or_never().flatten()).collect()
    }

    fn message(n: u8) -> Heard {
        Heard::Message(Bytes::from(vec![n]))
    }

    async fn say(end: &mut BusEnd, messages: std::ops::Range<u8>) {
        for n in messages {
            let _ = end.speaker.announce(Bytes::from(vec![n])).await;
        }
    }

    #[tokio::test]
    async fn everybody_else_on_the_channel_hears() {
        let bus = MemoryBus::new();
        let ((_, mut one), (_, mut two)) = (joined(&bus, "a").await, joined(&bus, "a").await);
        let (_, mut other) = joined(&bus, "b").await;
        say(&mut one, 0..2).await;
        assert_eq!(heard(&mut two), [Heard::Connected, message(0), message(1)]);
        assert_eq!(heard(&mut one), [Heard::Connected]);
        assert_eq!(heard(&mut other), [Heard::Connected]);
    }

    #[tokio::test]
    async fn it_can_be_held_lost_and_cut() {
        let bus = MemoryBus::new();
        let ((_, mut one), (end, mut two)) = (joined(&bus, "a").await, joined(&bus, "a").await);
        heard(&mut two);
        bus.hold();
        say(&mut one, 0..2).await;
        assert_eq!((heard(&mut two), bus.under_way()), (vec![], 2));
        bus.release_reversed();
        assert_eq!(heard(&mut two), [message(1), message(0)]);
        bus.hold();
        say(&mut one, 2..4).await;
        assert_eq!(bus.lose(), 2);
        bus.release();
        end.cut(true);
        say(&mut one, 4..5).await;
        assert!(two.speaker.announce(Bytes::new()).await.is_err());
        end.cut(false);
        end.deafen(true);
        say(&mut one, 5..6).await;
        assert_eq!(heard(&mut two), [Heard::Disconnected, Heard::Connected]);
        assert_eq!(heard(&mut one), [Heard::Connected]);
    }

    #[tokio::test]
    async fn a_seed_decides_what_goes_wrong() {
        async fn run(seed: u64) -> Vec<Heard> {
            let bus = MemoryBus::new();
            let ((_, mut one), (_, mut two)) = (joined(&bus, "a").await, joined(&bus, "a").await);
            bus.fail(Faults { lost: 200, doubled: 200, delayed: 200 }, seed);
            say(&mut one, 0..200).await;
            bus.release();
            heard(&mut two)
        }
        let (first, again, other) = (run(1).await, run(1).await, run(2).await);
        assert_eq!(first, again);
        assert_ne!(first, other);
        let times = |n| first.iter().filter(|heard| **heard == message(n)).count();
        let count = |times_heard| (0..200).filter(|n| times(*n) == times_heard).count();
        assert!(count(0) > 10 && count(1) > 80 && count(2) > 10, "{} {} {}", count(0), count(1), count(2));
        assert!(!first.is_sorted_by_key(|heard| match heard {
            Heard::Message(bytes) => bytes.first().copied(),
            _ => None,
        }));
    }
}
