//! Putting a core together and taking it down again.

use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::bus::{Bus, BusError};
use crate::clock::{Clock, Monotonic, RunningClock, SystemMonotonic, SystemWall, Wall};
use crate::commit::{ChangesJob, CommitQueue, CommitSettings, Committer, Ground, Request, Turns};
use crate::conversation::Registry;
use crate::directory::Directory;
use crate::handle::{Core, Inner};
use crate::hub::Hub;
use crate::ids::{Ids, RandomIds};
use crate::issuer::{Issuers, NoIssuers};
use crate::keys::KeyReads;
use crate::link::{Announcer, Beat, Link, Linked};
use crate::node::{Alone, Company, Keeping, Lines, NodeTasks, Nodes, Share};
use crate::notice::HandedOver;
use crate::people::PeopleError;
use crate::sign_in::{Guesses, Hasher, Pepper, Revoked, SignInSettings};
use crate::sms::{KeptSms, SmsSender};
use crate::store::{Ledger, Store, StoreError};
use crate::timer::{TimerGround, Timers, Timetable};
use crate::token::Keys;

/// What a core stands on.
pub struct Ports {
    /// What lasts.
    pub store: Arc<dyn Store>,
    /// Product time.
    pub clock: Arc<dyn Clock>,
    /// The machine's date.
    pub wall: Arc<dyn Wall>,
    /// Time that only goes forward.
    pub monotonic: Arc<dyn Monotonic>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// Text messages.
    pub sms: Arc<dyn SmsSender>,
    /// Others who vouch for people.
    pub issuers: Arc<dyn Issuers>,
    /// Where the nodes of a shared store tell one another what they have committed; `None` when there is one node.
    pub bus: Option<Arc<dyn Bus>>,
    /// What nodes know of each other.
    pub nodes: Arc<dyn Nodes>,
}

impl Ports {
    /// This store and these clocks, the machine's monotonic one, random identifiers, no other node, and nothing outside:
    /// messages are kept, and nobody else is believed.
    pub fn on(store: Arc<dyn Store>, clock: Arc<dyn Clock>, wall: Arc<dyn Wall>) -> Self {
        Self {
            store,
            clock,
            monotonic: Arc::new(SystemMonotonic::default()),
            ids: Arc::new(RandomIds::new(Arc::clone(&wall))),
            wall,
            sms: Arc::new(KeptSms::default()),
            issuers: Arc::new(NoIssuers),
            bus: None,
            nodes: Arc::new(Alone),
        }
    }

    /// The machine's own clocks and random identifiers over this store; the product clock besides, for whoever may
    /// move it.
    pub fn system(store: Arc<dyn Store>) -> (Self, Arc<RunningClock>) {
        let wall: Arc<dyn Wall> = Arc::new(SystemWall);
        let clock = Arc::new(RunningClock::new(Arc::clone(&wall)));
        let ports = Self::on(store, clock.clone(), wall);
        (ports, clock)
    }
}

/// How a core works.
#[derive(Clone, Copy, Debug, Default)]
pub struct CoreSettings {
    /// Bounds of the commit path.
    pub commit: CommitSettings,
    /// How long sign-ins hold.
    pub sign_in: SignInSettings,
    /// Who looks whether everything that others said was heard.
    pub beat: Beat,
}

impl From<CommitSettings> for CoreSettings {
    fn from(commit: CommitSettings) -> Self {
        Self { commit, ..Self::default() }
    }
}

/// What runs behind a core.
pub struct Running {
    queue: CommitQueue,
    ended: Vec<oneshot::Receiver<()>>,
    timers: Option<JoinHandle<()>>,
    node: Option<NodeTasks>,
    linked: Option<Linked>,
}

impl Running {
    /// Stops timers, leaves the other nodes, settles what is queued, and ends the committers. Later updates are told that
    /// nothing can be saved. Once this returns and the last handle to the core is gone, so is the store.
    pub async fn stop(self) {
        if let Some(timers) = self.timers {
            timers.abort();
            // An error says that it was aborted, and now it is gone with all that it held.
            let _ = timers.await;
        }
        if let Some(node) = self.node {
            node.stop().await;
        }
        self.queue.stop().await;
        for ended in self.ended {
            // An error means that it has ended already.
            let _ = ended.await;
        }
        if let Some(linked) = self.linked {
            linked.end().await;
        }
    }

    /// Ends as a crash would, but for what is on its way to the store: nobody is told anything, no timer fires any more,
    /// and the lease runs out by itself.
    pub async fn abandon(mut self) {
        if let Some(node) = self.node.take() {
            node.abandon();
        }
        self.stop().await;
    }
}

/// Why a core could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The first organisation or the signing keys.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The committer's thread.
    #[error("the committer's thread did not start: {0}")]
    Thread(#[from] std::io::Error),
    /// The bus.
    #[error(transparent)]
    Bus(#[from] BusError),
}

impl Core {
    /// Starts a core; call within a tokio runtime.
    pub async fn start(
        ports: Ports,
        registry: Registry,
        settings: impl Into<CoreSettings>,
    ) -> Result<(Self, Running), StartError> {
        let CoreSettings { commit: settings, sign_in, beat } = settings.into();
        let Ports { store, clock, wall, monotonic, ids, sms, issuers, bus, nodes } = ports;
        let registry = Arc::new(registry);
        let (queue, requests) = CommitQueue::new(settings.queue, store.ledgers());
        let hub = Arc::new(Hub::default());
        let handed = Arc::<HandedOver>::default();
        let ledgers: Vec<_> = requests.iter().map(|_| store.ledger(&registry)).collect::<Result<_, _>>()?;
        let is_shared = bus.is_some() || ledgers.iter().any(|ledger| ledger.is_shared());
        let link = is_shared.then(|| Link::new(Arc::clone(&hub), Arc::clone(&monotonic), bus.is_some()));
        let (link, said) = link.unzip();
        let ground = Ground {
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            hub: Announcer::new(&hub, link.as_ref()),
            timetable: Arc::new(Timetable::new()),
            stats: Arc::clone(queue.stats()),
            handed: Arc::clone(&handed),
            gone: Arc::clone(&hub.gone),
            shards: Arc::clone(queue.shards()),
            turns: Arc::new(Turns::new(queue.shards().count())),
        };
        let ended = start_committers(ledgers, requests, settings, &ground)?;
        let share = Arc::new(Share::new(nodes.company()));
        let timers = timers(&ground, &store, &registry, &queue, &share);
        let pepper = pepper(store.as_ref(), &queue).await?;
        let revoked = Revoked::default();
        revoked.load(store.as_ref()).await?;
        let core = Self(Arc::new(Inner {
            directory: Directory::new(Arc::clone(&store)),
            store,
            registry,
            queue: queue.clone(),
            hub,
            link: link.clone(),
            handed,
            timers: Arc::clone(&timers),
            nodes,
            share,
            lines: Lines::default(),
            key_reads: KeyReads::default(),
            keys: RwLock::new(Arc::new(Keys::none())),
            sign_in,
            pepper: RwLock::new(pepper),
            passwords: Hasher::default(),
            guesses: Guesses::default(),
            revoked,
            sms,
            issuers,
            clock,
            wall,
            monotonic,
            ids,
        }));
        core.ensure_default_organisation().await?;
        core.load_keys().await?;
        let linked = Linked::begin(&core, link, bus.zip(said.flatten()), beat).await?;
        let (node, timers) = core.take_place(timers).await?;
        Ok((core, Running { queue, ended, timers, node, linked }))
    }

    /// Takes its place among the nodes, if there may be others; else all lines there were are lost. From then on timers
    /// fire.
    async fn take_place(
        &self,
        timers: Arc<Timers>,
    ) -> Result<(Option<NodeTasks>, Option<JoinHandle<()>>), StoreError> {
        let node = match self.0.nodes.company() {
            Company::Shared => Some(Keeping::start(self).await?),
            Company::Alone => {
                self.0.registry.ready().set(self.now());
                self.lose_everybody();
                None
            }
            Company::Passing => return Ok((None, None)),
        };
        Ok((node, Some(tokio::spawn(async move { timers.run().await }))))
    }
}

/// The installation's secret, made where there is none yet.
async fn pepper(store: &dyn Store, queue: &CommitQueue) -> Result<Pepper, StoreError> {
    if let Some(pepper) = Pepper::read(store).await? {
        return Ok(pepper);
    }
    let (job, made) = ChangesJob::job(Pepper::make());
    queue.send(Request::Update(job)).await;
    match made.await {
        // Another node was first: its secret is everybody's.
        Ok(Ok(()) | Err(StoreError::Conflict)) => {}
        Ok(Err(error)) => return Err(error),
        Err(_) => return Err(StoreError::Unavailable("the committer has ended".into())),
    }
    let made = Pepper::read(store).await?;
    made.ok_or_else(|| StoreError::Unavailable("what was just written is not there".into()))
}

fn timers(
    ground: &Ground,
    store: &Arc<dyn Store>,
    registry: &Arc<Registry>,
    queue: &CommitQueue,
    share: &Arc<Share>,
) -> Arc<Timers> {
    Arc::new(Timers::new(TimerGround {
        timetable: Arc::clone(&ground.timetable),
        store: Arc::clone(store),
        registry: Arc::clone(registry),
        queue: queue.clone(),
        clock: Arc::clone(&ground.clock),
        share: Arc::clone(share),
    }))
}

/// Gives each queue a committer with a ledger of its own.
fn start_committers(
    ledgers: Vec<Box<dyn Ledger>>,
    queues: Vec<mpsc::Receiver<Request>>,
    settings: CommitSettings,
    ground: &Ground,
) -> Result<Vec<oneshot::Receiver<()>>, StartError> {
    let mut ended = Vec::with_capacity(queues.len());
    for (shard, (queue, ledger)) in queues.into_iter().zip(ledgers).enumerate() {
        let blocks = ledger.blocks();
        let committer = Committer::new(ledger, queue, shard, settings, ground.clone());
        ended.push(run_committer(committer, blocks)?);
    }
    Ok(ended)
}

/// A store whose calls block gets a thread of its own: one trip between threads per commit, not one per query.
fn run_committer(committer: Committer, blocks: bool) -> Result<oneshot::Receiver<()>, std::io::Error> {
    let (ending, ended) = oneshot::channel();
    let work = async move {
        committer.run().await;
        let _ = ending.send(());
    };
    if blocks {
        let name = "committer".to_owned();
        std::thread::Builder::new().name(name).spawn(move || futures_executor::block_on(work))?;
    } else {
        tokio::spawn(work);
    }
    Ok(ended)
}
