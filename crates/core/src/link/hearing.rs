//! Takes what the bus brings: who says it, whether it is new, and where it goes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::Link;
use crate::bus::wire::{self, Tidings, Word};
use crate::bus::{Heard, Listener};
use crate::handle::Core;

/// How often the secret is read anew at most because somebody says what is not understood.
const ASKED: Duration = Duration::from_secs(1);

/// The one who listens.
pub(super) struct Hearing {
    core: Core,
    link: Arc<Link>,
    news: mpsc::Sender<Tidings>,
    /// When it was last looked whether the secret has been renewed.
    asked: Mutex<Option<Duration>>,
}

impl Hearing {
    pub(super) fn new(core: &Core, link: &Arc<Link>, news: mpsc::Sender<Tidings>) -> Self {
        Self { core: core.clone(), link: Arc::clone(link), news, asked: Mutex::new(None) }
    }

    /// Listens as long as there is anything to be heard.
    pub(super) async fn run(self, mut listener: Box<dyn Listener>) {
        while let Some(heard) = listener.next().await {
            match heard {
                Heard::Message(message) => self.hear(&message),
                Heard::Connected => {
                    if !self.link.connected.swap(true, Ordering::AcqRel) {
                        tracing::info!("the bus is connected");
                    }
                    // What was said meanwhile was not heard.
                    self.link.doubt();
                }
                Heard::Disconnected => {
                    if self.link.connected.swap(false, Ordering::AcqRel) {
                        tracing::warn!("the bus is away; what others do is read from the store");
                    }
                    self.link.doubt();
                }
                Heard::Missed => self.link.doubt(),
            }
        }
        self.link.connected.store(false, Ordering::Release);
        tracing::warn!("the bus has ended; what others do is read from the store");
    }

    fn hear(&self, message: &Bytes) {
        let stats = &self.link.stats;
        let Some(opened) = self.core.seal().open(message, self.core.wall()) else {
            if stats.refused.fetch_add(1, Ordering::Relaxed) == 0 {
                tracing::warn!("a message on the bus is not of this installation, or its clock is wrong");
            }
            self.ask_for_the_secret();
            return;
        };
        if opened.from == self.link.name {
            return;
        }
        let now = self.link.monotonic.elapsed();
        let is_counted = opened.number > 0;
        if is_counted {
            let fate = self.link.peers.lock().hear(opened.from, opened.number, now);
            if fate.doubt {
                self.link.doubt();
            }
            if !fate.new {
                stats.repeated.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        stats.heard.fetch_add(1, Ordering::Relaxed);
        let heard = wire::read(&opened.payload, &self.core.0.registry);
        if heard.more {
            self.link.doubt();
        }
        let mut announced = Vec::with_capacity(heard.words.len());
        for word in heard.words {
            match word {
                Word::Count(count) => self.count(opened.from, count, false),
                Word::Farewell(count) => self.count(opened.from, count, true),
                Word::Tidings(tidings) => self.look_into(tidings),
                // One that is not counted could be played again.
                word if is_counted => announced.push(word),
                _ => {}
            }
        }
        if !announced.is_empty() {
            self.link.gate.hear(announced);
        }
    }

    /// The secret may have been renewed: it is read anew, once in a while. What is not understood until then is missed by
    /// its number.
    fn ask_for_the_secret(&self) {
        let now = self.link.monotonic.elapsed();
        let mut asked = self.asked.lock();
        if asked.is_none_or(|before| now >= before + ASKED) {
            *asked = Some(now);
            self.look_into(Tidings::Keys);
        }
    }

    /// A node says how much it has said, and perhaps that it says no more.
    fn count(&self, from: Uuid, count: u64, last: bool) {
        let mut peers = self.link.peers.lock();
        let behind = peers.count(from, count, self.link.monotonic.elapsed());
        if last {
            peers.farewell(from);
        }
        drop(peers);
        if behind {
            self.link.doubt();
        }
    }

    /// What needs no look at the store is done at once.
    fn look_into(&self, tidings: Tidings) {
        self.core.heard_of(&tidings);
        if self.news.try_send(tidings).is_err() {
            self.link.doubt();
        }
    }
}
