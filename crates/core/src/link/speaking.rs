//! Says what was put into the outbox: several things in one message, each message with its number.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;

use super::Link;
use crate::bus::Speaker;
use crate::bus::wire::{Packet, Said};
use crate::handle::Core;

/// How much is taken from the outbox at once.
const AT_ONCE: usize = 256;
/// The number of a message that is not counted.
const UNCOUNTED: u64 = 0;

/// The one who speaks.
pub(super) struct Speaking {
    core: Core,
    link: Arc<Link>,
    speaker: Box<dyn Speaker>,
    said: mpsc::Receiver<Said>,
    count: u64,
    packet: Packet,
}

impl Speaking {
    pub(super) fn new(
        core: &Core,
        link: &Arc<Link>,
        speaker: Box<dyn Speaker>,
        said: mpsc::Receiver<Said>,
    ) -> Self {
        let (core, link) = (core.clone(), Arc::clone(link));
        Self { core, link, speaker, said, count: 0, packet: Packet::default() }
    }

    /// Speaks until the farewell.
    pub(super) async fn run(mut self) {
        let mut taken = Vec::with_capacity(AT_ONCE);
        while self.said.recv_many(&mut taken, AT_ONCE).await > 0 {
            for said in taken.drain(..) {
                match said {
                    Said::Announced(announcements) => {
                        for announcement in &announcements {
                            self.packet.put_announcement(announcement);
                            self.send_if_full().await;
                        }
                    }
                    Said::Tidings(tidings) => {
                        self.packet.put_tidings(&tidings);
                        self.send_if_full().await;
                    }
                    Said::Unsure => {
                        // A message that nobody hears: others look in the store.
                        self.send().await;
                        self.count += 1;
                        self.count(false).await;
                    }
                    Said::Count => self.count(false).await,
                    Said::Farewell => {
                        self.count(true).await;
                        self.speaker.flush().await;
                        return;
                    }
                }
            }
            self.send().await;
        }
    }

    async fn send_if_full(&mut self) {
        if self.packet.is_full() {
            self.send().await;
        }
    }

    /// Sends what is there. What could not be put in counts as a message that nobody hears: so others notice.
    async fn send(&mut self) {
        let overflowed = self.link.outbox.as_ref().is_some_and(|outbox| {
            outbox.overflowed.load(Ordering::Acquire) && outbox.overflowed.swap(false, Ordering::AcqRel)
        });
        if std::mem::take(&mut self.packet.left_out) || overflowed {
            self.count += 1;
            self.link.stats.left_out.fetch_add(1, Ordering::Relaxed);
        }
        if !self.packet.is_empty() {
            self.count += 1;
            let payload = self.packet.take();
            self.announce(self.count, &payload).await;
        }
    }

    async fn count(&mut self, last: bool) {
        self.send().await;
        let mut packet = Packet::default();
        packet.put_count(self.count, last);
        self.announce(UNCOUNTED, &packet.take()).await;
    }

    async fn announce(&mut self, number: u64, payload: &[u8]) {
        let message = self.core.seal().close(self.link.name, number, self.core.wall(), payload);
        // One that does not get out is missed by its number.
        if self.speaker.announce(message).await.is_ok() {
            self.link.stats.said.fetch_add(1, Ordering::Relaxed);
        }
    }
}
