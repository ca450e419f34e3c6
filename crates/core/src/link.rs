//! What ties this node to the others of its installation: what it says, what it hears, and how it notices that it has not
//! heard everything.
//!
//! Every message has a number, and each second a node says how many there were. A number that is left out, a count that
//! is ahead, a silence, a bus that went away or came back: each is a *doubt*, and a doubt is settled by reading in the store
//! what was not heard ([`healing`]). While the bus is away that is done each second.

mod channel;
mod healing;
mod hearing;
mod peers;
mod speaking;
mod tidings;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use uuid::Uuid;

use self::peers::Peers;
use crate::bus::Bus;
use crate::bus::wire::{Said, Tidings};
use crate::clock::Monotonic;
use crate::gate::{Gate, Reader};
use crate::handle::Core;
use crate::hub::{Announcement, Hub};
use crate::start::StartError;

/// What may wait to be said; what does not fit is found by the others in the store.
const OUTBOX: usize = 8192;
/// How often a node says how much it has said, and looks whether it has heard everything.
const BEAT: Duration = Duration::from_secs(1);
/// How often a node without a bus looks in a shared store for what others, a command line say, have done.
const ALONE: Duration = Duration::from_secs(3);
/// How long doubts are gathered before they are settled.
const GATHER: Duration = Duration::from_millis(20);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Who drives the beat by which a node tells and looks how much was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beat {
    /// It beats by itself, each second, and whenever there is a doubt.
    #[default]
    Machine,
    /// [`Core::beat`] alone: for tests.
    Hand,
}

/// What has passed between this node and the others since the start.
#[derive(Debug, Default)]
pub struct BusStats {
    /// Messages said.
    pub said: AtomicU64,
    /// Messages heard from others.
    pub heard: AtomicU64,
    /// Messages heard twice, and passed over.
    pub repeated: AtomicU64,
    /// Messages that no node of this installation has said, or not lately.
    pub refused: AtomicU64,
    /// Times at which something was found not to have been heard.
    pub doubts: AtomicU64,
    /// Times at which the store was read for what was not heard.
    pub healed: AtomicU64,
    /// Times at which something to be said was left out, because too much waited.
    pub left_out: AtomicU64,
}

/// How a node stands with the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusState {
    /// Whether there is a bus at all.
    pub configured: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// Whether everything that others have said has been heard, as far as is known.
    pub sound: bool,
    /// How many other nodes have been heard of late.
    pub peers: usize,
}

/// The node's ties.
pub(crate) struct Link {
    name: Uuid,
    pub(crate) gate: Arc<Gate>,
    monotonic: Arc<dyn Monotonic>,
    outbox: Option<Outbox>,
    connected: AtomicBool,
    doubtful: AtomicBool,
    doubt: Notify,
    peers: Mutex<Peers>,
    /// Up to when everything has been heard, by the machine's date.
    sound_until: Mutex<Option<Timestamp>>,
    stats: BusStats,
}

/// Where what is to be said is put; nobody waits for it.
#[derive(Clone)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<Said>,
    /// Something did not fit.
    overflowed: Arc<AtomicBool>,
}

/// Where committers put what they announce.
#[derive(Clone)]
pub(crate) enum Announcer {
    /// There is one node: its followers are told at once.
    Alone(Arc<Hub>),
    /// There may be others: they are told too, and everything passes the gate.
    Gated(Arc<Link>),
}

impl Announcer {
    pub(crate) fn new(hub: &Arc<Hub>, link: Option<&Arc<Link>>) -> Self {
        link.map_or_else(|| Self::Alone(Arc::clone(hub)), |link| Self::Gated(Arc::clone(link)))
    }

    /// Tells followers, in the order given.
    pub(crate) fn publish(&self, announcements: Vec<Announcement>) {
        match self {
            Self::Alone(hub) => hub.publish(announcements),
            Self::Gated(link) if !announcements.is_empty() => {
                if let Some(outbox) = &link.outbox {
                    outbox.put(Said::Announced(announcements.clone()));
                }
                link.gate.announce(announcements);
            }
            Self::Gated(_) => {}
        }
    }

    /// Something may have been committed that nobody was told of, here or elsewhere.
    pub(crate) fn unsure(&self) {
        if let Self::Gated(link) = self {
            if let Some(outbox) = &link.outbox {
                outbox.put(Said::Unsure);
            }
            link.doubt();
        }
    }
}

impl Outbox {
    fn new() -> (Self, mpsc::Receiver<Said>) {
        let (sender, requests) = mpsc::channel(OUTBOX);
        (Self { sender, overflowed: Arc::default() }, requests)
    }

    fn put(&self, said: Said) {
        if self.sender.try_send(said).is_err() {
            self.overflowed.store(true, Ordering::Release);
        }
    }
}

impl Link {
    /// The ties of a node that shares its store; and what it says, where there is a bus to say it on.
    pub(crate) fn new(
        hub: Arc<Hub>,
        monotonic: Arc<dyn Monotonic>,
        has_bus: bool,
    ) -> (Arc<Self>, Option<mpsc::Receiver<Said>>) {
        let (outbox, said) = if has_bus { Some(Outbox::new()).unzip() } else { (None, None) };
        let mut name = [0; 16];
        crate::token::fill_random(&mut name);
        let link = Self {
            name: uuid::Builder::from_random_bytes(name).into_uuid(),
            gate: Arc::new(Gate::new(hub, Arc::clone(&monotonic))),
            monotonic,
            outbox,
            connected: AtomicBool::new(false),
            doubtful: AtomicBool::new(true),
            doubt: Notify::new(),
            peers: Mutex::default(),
            sound_until: Mutex::default(),
            stats: BusStats::default(),
        };
        (Arc::new(link), said)
    }

    /// Tells the other nodes something about people.
    pub(crate) fn tell(&self, tidings: Tidings) {
        if let Some(outbox) = &self.outbox {
            outbox.put(Said::Tidings(tidings));
        }
    }

    /// Something may not have been heard.
    fn doubt(&self) {
        self.stats.doubts.fetch_add(1, Ordering::Relaxed);
        self.doubtful.store(true, Ordering::Release);
        self.doubt.notify_one();
    }

    /// Whether everything has been heard of those that were ever heard, as far as is known.
    fn is_sound(&self) -> bool {
        self.connected.load(Ordering::Acquire)
            && !self.doubtful.load(Ordering::Acquire)
            && !self.peers.lock().is_silent(self.monotonic.elapsed())
    }
}

/// What runs behind a link.
pub(crate) struct Linked {
    link: Arc<Link>,
    speaking: Option<JoinHandle<()>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Linked {
    /// Begins to listen and to speak, where there is a link. When it returns, whatever is committed from here on is heard, or will be found.
    pub(crate) async fn begin(
        core: &Core,
        link: Option<Arc<Link>>,
        bus: Option<(Arc<dyn Bus>, mpsc::Receiver<Said>)>,
        beat: Beat,
    ) -> Result<Option<Self>, StartError> {
        let Some(link) = link else { return Ok(None) };
        let mut tasks = Vec::new();
        let mut speaking = None;
        let joined = match bus {
            Some((bus, said)) => Some((bus.join(&core.bus_channel().await?).await?, said)),
            None => None,
        };
        let (store, registry) = (Arc::clone(&core.0.store), Arc::clone(&core.0.registry));
        // Others can be heard already, but nothing is taken before it is known what lies behind.
        healing::begin(core, &link.gate).await?;
        if let Some((end, said)) = joined {
            let speaker = speaking::Speaking::new(core, &link, end.speaker, said);
            speaking = Some(tokio::spawn(speaker.run()));
            let (news, looking) = tidings::channel();
            tasks.push(tokio::spawn(tidings::look_into(core.clone(), Arc::clone(&link), looking)));
            let listening = hearing::Hearing::new(core, &link, news);
            tasks.push(tokio::spawn(listening.run(end.listener)));
        }
        let reader = Reader { gate: Arc::clone(&link.gate), store, registry };
        tasks.push(tokio::spawn(reader.run()));
        if beat == Beat::Machine {
            tasks.push(tokio::spawn(beat_on(core.clone(), Arc::clone(&link))));
        }
        Ok(Some(Self { link, speaking, tasks }))
    }

    /// Says farewell and lets go.
    pub(crate) async fn end(self) {
        if let (Some(outbox), Some(mut speaking)) = (&self.link.outbox, self.speaking) {
            let farewell = async {
                if outbox.sender.send(Said::Farewell).await.is_ok() {
                    // An error says that it has ended.
                    let _ = (&mut speaking).await;
                }
            };
            if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
                speaking.abort();
            }
        }
        for task in self.tasks {
            task.abort();
            // An error says that it was aborted, and now it is gone with all that it held.
            let _ = task.await;
        }
    }
}

async fn beat_on(core: Core, link: Arc<Link>) {
    let every = if link.outbox.is_some() { BEAT } else { ALONE };
    loop {
        core.beat().await;
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = link.doubt.notified() => tokio::time::sleep(GATHER).await,
        }
    }
}

impl Core {
    /// Says how much was said, and settles what is in doubt. It is done each second by itself, unless time is a test's.
    pub async fn beat(&self) {
        if let Some(link) = &self.0.link {
            healing::beat(self, link).await;
        }
    }

    /// Whether other nodes may have to be waited for.
    pub(crate) fn has_others(&self) -> bool {
        self.0.link.as_ref().is_some_and(|link| {
            let others = link.peers.lock().lately(link.monotonic.elapsed()) > 0;
            link.outbox.is_some() && (others || !self.hears_everybody(link))
        })
    }

    /// Whether everything has been heard, as far as is known. A node that lives and is not heard may have said anything.
    fn hears_everybody(&self, link: &Link) -> bool {
        link.is_sound() && self.live_nodes() <= 1 + link.peers.lock().lately(link.monotonic.elapsed())
    }

    /// How this node stands with the bus; `None` when it is the only one that there can be.
    pub fn bus_state(&self) -> Option<BusState> {
        let link = self.0.link.as_ref()?;
        let now = link.monotonic.elapsed();
        Some(BusState {
            configured: link.outbox.is_some(),
            connected: link.connected.load(Ordering::Acquire),
            sound: self.hears_everybody(link),
            peers: link.peers.lock().lately(now),
        })
    }

    /// What has passed on the bus since the start.
    pub fn bus_stats(&self) -> Option<&BusStats> {
        self.0.link.as_ref().map(|link| &link.stats)
    }
}
