//! A street of people who talk in pairs, each pair across both nodes, while something else happens.

use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Addresses;
use super::neighbour::{Neighbour, Seen};
use crate::book::Line;
use crate::people::Person;
use crate::socket::PATIENCE;

/// The people of a street.
pub(super) struct Street {
    neighbours: Vec<Neighbour>,
    watch: Watch,
}

/// What can be seen of a street from outside.
#[derive(Clone)]
pub(super) struct Watch {
    seen: Vec<Rc<Seen>>,
    /// Counts whatever comes to anybody.
    news: watch::Sender<u64>,
}

impl Street {
    /// People who live at these places; an even place talks with the odd one after it.
    pub(super) fn of(people: Vec<Person>) -> Self {
        let seen: Vec<_> = people.iter().map(|_| Rc::new(Seen::default())).collect();
        let neighbours = people.into_iter().enumerate().map(|(place, person)| {
            Neighbour::new(place, person, Rc::clone(&seen[place]), Rc::clone(&seen[place ^ 1]))
        });
        Self { neighbours: neighbours.collect(), watch: Watch { seen, news: watch::Sender::new(0) } }
    }

    /// Everybody talks until `meanwhile` is over and everything said has been shown.
    pub(super) async fn talk<F: Future>(
        &mut self,
        nodes: &Addresses,
        meanwhile: impl FnOnce(Watch) -> F,
    ) -> F::Output {
        let stop = watch::Sender::new(false);
        let Watch { news, .. } = &self.watch;
        let lives = self.neighbours.iter_mut().map(|one| one.live(nodes, news, stop.subscribe()));
        let meanwhile = meanwhile(self.watch.clone());
        let end = async {
            let done = meanwhile.await;
            stop.send_replace(true);
            done
        };
        let (_, done) = tokio::join!(join_all(lives), end);
        done
    }

    /// Everybody comes by this node once more and looks what waits.
    pub(super) async fn look(&mut self, node: SocketAddr) {
        for one in &mut self.neighbours {
            one.come_by(node).await.expect("the node is up");
        }
    }

    /// What can be seen of it.
    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }
}

impl Watch {
    /// Waits until this many more messages are acknowledged, in all.
    pub(super) async fn until_said(&self, more: usize) {
        let goal = self.total().acknowledged + more;
        let said = self.news.subscribe();
        self.wait(said, || self.total().acknowledged >= goal, PATIENCE)
            .await
            .unwrap_or_else(|()| panic!("of {goal} messages {} are acknowledged", self.total().acknowledged));
    }

    /// Waits until everybody has been shown what is acknowledged by now; says how long it took.
    pub(super) async fn until_caught_up(&self, within: Duration) -> Result<Duration, String> {
        let clock = SystemMonotonic::default();
        let goals: Vec<_> = self.seen.iter().map(|seen| seen.line.get().acknowledged).collect();
        let behind = || {
            let places = 0..self.seen.len();
            places.filter(|place| self.seen[*place].shown.get() < goals[place ^ 1]).collect::<Vec<_>>()
        };
        let waited = self.wait(self.news.subscribe(), || behind().is_empty(), within).await;
        waited.map_err(|()| {
            let of = |place: usize| (place, self.seen[place].shown.get(), goals[place ^ 1]);
            format!(
                "behind after {within:?} (who, shown, said): {:?}",
                behind().into_iter().map(of).collect::<Vec<_>>()
            )
        })?;
        Ok(clock.elapsed())
    }

    /// What everybody has said.
    pub(super) fn total(&self) -> Line {
        self.seen.iter().fold(Line::default(), |sum, seen| {
            let line = seen.line.get();
            Line { sent: sum.sent + line.sent, acknowledged: sum.acknowledged + line.acknowledged }
        })
    }

    /// How often people have had to connect, in all.
    pub(super) fn visits(&self) -> usize {
        self.seen.iter().map(|seen| seen.visits.get()).sum()
    }

    async fn wait(
        &self,
        mut news: watch::Receiver<u64>,
        done: impl Fn() -> bool,
        within: Duration,
    ) -> Result<(), ()> {
        timeout(within, news.wait_for(|_| done())).await.map(drop).map_err(drop)
    }
}
