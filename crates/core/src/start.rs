//! Putting a core together and taking it down again.

use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::{Clock, Monotonic, RunningClock, SystemMonotonic, SystemWall, Wall};
use crate::commit::{CommitQueue, CommitSettings, Committer, Ground, Request};
use crate::conversation::Registry;
use crate::directory::Directory;
use crate::handle::{Core, Inner};
use crate::hub::Hub;
use crate::ids::{Ids, RandomIds};
use crate::notice::HandedOver;
use crate::people::PeopleError;
use crate::store::{Store, StoreError};
use crate::timer::{Timers, Timetable};
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
}

impl Ports {
    /// The machine's own clocks and random identifiers over this store; the product clock besides, for whoever may
    /// move it.
    pub fn system(store: Arc<dyn Store>) -> (Self, Arc<RunningClock>) {
        let wall: Arc<dyn Wall> = Arc::new(SystemWall);
        let clock = Arc::new(RunningClock::new(Arc::clone(&wall)));
        let ids = Arc::new(RandomIds::new(Arc::clone(&wall)));
        let monotonic = Arc::new(SystemMonotonic::default());
        (Self { store, clock: clock.clone(), wall, monotonic, ids }, clock)
    }
}

/// What runs behind a core.
pub struct Running {
    queue: CommitQueue,
    ended: oneshot::Receiver<()>,
    timers: JoinHandle<()>,
}

impl Running {
    /// Stops timers, settles what is queued, and ends the committer. Later updates are told that nothing can be
    /// saved. Once this returns and the last handle to the core is gone, so is the store.
    pub async fn stop(self) {
        self.timers.abort();
        // An error says that it was aborted, and now it is gone with all that it held.
        let _ = self.timers.await;
        self.queue.send(Request::Stop).await;
        // An error means that it has ended already.
        let _ = self.ended.await;
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
}

impl Core {
    /// Starts a core; call within a tokio runtime.
    pub async fn start(
        ports: Ports,
        registry: Registry,
        settings: CommitSettings,
    ) -> Result<(Self, Running), StartError> {
        let Ports { store, clock, wall, monotonic, ids } = ports;
        let registry = Arc::new(registry);
        let ledger = store.ledger(&registry)?;
        let (queue, requests) = CommitQueue::new(settings.queue);
        let (hub, timetable) = (Arc::new(Hub::default()), Arc::new(Timetable::new()));
        let handed = Arc::<HandedOver>::default();
        let ground = Ground {
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            hub: Arc::clone(&hub),
            timetable: Arc::clone(&timetable),
            stats: Arc::clone(queue.stats()),
            handed: Arc::clone(&handed),
            gone: Arc::clone(&hub.gone),
        };
        let blocks = ledger.blocks();
        let committer = Committer::new(ledger, requests, settings, ground);
        let ended = run_committer(committer, blocks)?;
        let timers = Arc::new(Timers::new(
            timetable,
            Arc::clone(&store),
            Arc::clone(&registry),
            queue.clone(),
            Arc::clone(&clock),
        ));
        let core = Self(Arc::new(Inner {
            directory: Directory::new(Arc::clone(&store)),
            store,
            registry,
            queue: queue.clone(),
            hub,
            handed,
            timers: Arc::clone(&timers),
            keys: RwLock::new(Arc::new(Keys::none())),
            clock,
            wall,
            monotonic,
            ids,
        }));
        core.ensure_default_organisation().await?;
        core.load_keys().await?;
        let timers = tokio::spawn(async move { timers.run().await });
        Ok((core, Running { queue, ended, timers }))
    }
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
