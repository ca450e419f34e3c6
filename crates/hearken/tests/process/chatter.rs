//! People in pairs who send as fast as they are answered and receive nothing, so that whatever was acknowledged waits:
//! for tests that look at a copy of the store while everything goes on.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use tokio::sync::watch;

use crate::people::{Offline, Person};
use crate::said::{Said, frame};
use crate::socket::{Gone, Socket};

/// Messages of one person on the way at once.
const ON_THE_WAY: usize = 4;

/// Pairs: an even place with the odd one after it.
pub(crate) struct Chatter {
    people: Vec<Person>,
    kept: Vec<AtomicUsize>,
    total: watch::Sender<usize>,
    clock: SystemMonotonic,
}

/// A few messages on their way at once.
#[derive(Clone, Copy)]
pub(crate) struct Round {
    sent: Duration,
    took: Duration,
}

impl Chatter {
    pub(crate) async fn found(data: &Path, people: usize) -> Self {
        let house = Offline::open(data).await;
        let people = house.people(people).await;
        house.close().await;
        let kept = people.iter().map(|_| AtomicUsize::new(0)).collect();
        Self { people, kept, total: watch::Sender::new(0), clock: SystemMonotonic::default() }
    }

    /// Everybody sends until the server is gone; answers of every few messages when they were sent, and how long they
    /// took to be acknowledged.
    pub(crate) async fn talk(&self, server: SocketAddr) -> Vec<Round> {
        let talks = (0..self.people.len()).map(|place| self.talk_one(server, place));
        join_all(talks).await.into_iter().flatten().collect()
    }

    async fn talk_one(&self, server: SocketAddr, place: usize) -> Vec<Round> {
        let (me, peer) = (&self.people[place], &self.people[place ^ 1]);
        let path = format!("/ws/chat/personal/{}/{}/", me.phone, peer.phone);
        let mut took = Vec::new();
        let Ok(mut socket) = Socket::open(server, &path, &me.token).await else { return took };
        loop {
            let sent = self.clock.elapsed();
            if self.round(&mut socket, place).await.is_err() {
                return took;
            }
            took.push(Round { sent, took: self.clock.elapsed().saturating_sub(sent) });
        }
    }

    async fn round(&self, socket: &mut Socket, place: usize) -> Result<(), Gone> {
        let (me, peer) = (&self.people[place].phone, &self.people[place ^ 1].phone);
        let first = self.kept[place].load(Ordering::Relaxed);
        for number in first..first + ON_THE_WAY {
            let said = Said { author: place, number };
            socket.put(frame("new_msg", &said.text(), me, peer, &said.timestamp())).await?;
        }
        socket.flush().await?;
        for number in first..first + ON_THE_WAY {
            let answer = socket.frame().await?;
            let named = (answer.command.as_str(), Said::named(&answer.message));
            assert_eq!(named, ("msg_sent", Some(Said { author: place, number })));
            self.kept[place].fetch_add(1, Ordering::Relaxed);
            self.total.send_modify(|total| *total += 1);
        }
        Ok(())
    }

    /// Waits until so many messages are acknowledged in all.
    pub(crate) async fn until(&self, total: usize) {
        self.total.subscribe().wait_for(|now| *now >= total).await.expect("they talk");
    }

    /// What time it is for [`Round`]s.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// How many messages of each are acknowledged.
    pub(crate) fn kept(&self) -> Vec<usize> {
        self.kept.iter().map(|kept| kept.load(Ordering::Relaxed)).collect()
    }

    /// How many messages are acknowledged in all.
    pub(crate) fn total(&self) -> usize {
        *self.total.borrow()
    }

    /// Panics unless everybody finds what was acknowledged by then, and all of it in order. Answers how many messages
    /// there are.
    pub(crate) async fn assert_kept(&self, server: SocketAddr, by_then: &[usize]) -> usize {
        let mut all = 0;
        for (place, person) in self.people.iter().enumerate() {
            let path = format!("/ws/chat/special/{}/", person.phone);
            let mut socket = Socket::open(server, &path, &person.token).await.expect("it is up");
            let list = socket.fetch("fetch_msgs", &person.phone).await.expect("it is up");
            let author = place ^ 1;
            for (number, entry) in list.entries.iter().enumerate() {
                assert_eq!(Said::listed(entry), Said { author, number });
            }
            let found = list.entries.len();
            assert!(found >= by_then[author], "{found} of {} that {author} has sent", by_then[author]);
            all += found;
        }
        all
    }
}

/// How long rounds took that were under way in this span, for whoever reads it: the median, the 99th percentile, the
/// longest.
pub(crate) fn latencies(rounds: &[Round], span: std::ops::Range<Duration>) -> String {
    let within = rounds.iter().filter(|round| round.sent + round.took >= span.start && round.sent < span.end);
    let mut took: Vec<_> = within.map(|round| round.took.as_secs_f64() * 1000.0).collect();
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took.get(((took.len() as f64 * part) as usize).min(took.len().saturating_sub(1)));
    let shown: Vec<_> = [0.5, 0.99, 1.0].map(at).into_iter().flatten().map(|ms| format!("{ms:.1}")).collect();
    format!("{} ms ({} rounds)", shown.join(", "), took.len())
}
