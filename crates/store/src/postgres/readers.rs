//! A few connections that only read, shared by everybody: several questions are on their way on each at once. One that
//! breaks is replaced by whoever finds it so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::Row;

use super::error::Failure;
use super::link::{Ask, Dialler, Link, Purpose};

/// How often a server that does not answer is tried, and how far apart, before reads fail: a restart takes less. While
/// it is known to be away, it is tried once.
const DIALLINGS: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// The connections that read.
#[derive(Clone)]
pub(super) struct Readers(Arc<Inner>);

struct Inner {
    dialler: Arc<Dialler>,
    slots: Vec<Slot>,
    next: AtomicUsize,
    /// Whether the server was there when it was last tried.
    reachable: AtomicBool,
}

/// A place for a connection.
#[derive(Default)]
struct Slot {
    link: Mutex<Option<Arc<Link>>>,
    /// How often one could not be made.
    failures: AtomicU64,
}

impl Readers {
    /// They are made when they are first needed.
    pub(super) fn new(dialler: Arc<Dialler>, count: usize) -> Self {
        let slots = (0..count).map(|_| Slot::default()).collect();
        let (next, reachable) = (AtomicUsize::new(0), AtomicBool::new(true));
        Self(Arc::new(Inner { dialler, slots, next, reachable }))
    }

    /// Asks one thing; over a new connection if the first breaks, for what only reads can be asked again.
    pub(super) async fn ask<'a>(&self, ask: impl Fn() -> Ask<'a>) -> Result<Vec<Row>, Failure> {
        let slot = &self.0.slots[self.0.next.fetch_add(1, Ordering::Relaxed) % self.0.slots.len()];
        let link = self.link(slot).await?;
        match link.ask(ask()).await {
            Err(Failure::Broken(_)) => {
                self.drop_link(slot, &link).await;
                self.link(slot).await?.ask(ask()).await
            }
            answer => answer,
        }
    }

    /// A connection for what looks at everything there is, for one to use alone.
    pub(super) async fn upkeep(&self) -> Result<Link, Failure> {
        self.0.dialler.dial(Purpose::Upkeep).await
    }

    async fn link(&self, slot: &Slot) -> Result<Arc<Link>, Failure> {
        let failures = slot.failures.load(Ordering::Acquire);
        let mut held = slot.link.lock().await;
        if let Some(link) = held.as_ref().filter(|link| !link.is_closed()) {
            return Ok(Arc::clone(link));
        }
        // Whoever has waited while another tried in vain has waited long enough.
        if slot.failures.load(Ordering::Acquire) != failures {
            return Err(Failure::Broken("it could not be reached a moment ago".to_owned()));
        }
        let dialled = self.dial().await;
        self.0.reachable.store(dialled.is_ok(), Ordering::Release);
        match dialled {
            Ok(link) => Ok(Arc::clone(held.insert(Arc::new(link)))),
            Err(failure) => {
                slot.failures.fetch_add(1, Ordering::AcqRel);
                Err(failure)
            }
        }
    }

    async fn dial(&self) -> Result<Link, Failure> {
        let tries = if self.0.reachable.load(Ordering::Acquire) { DIALLINGS } else { 1 };
        for _ in 1..tries {
            if let Ok(link) = self.0.dialler.dial(Purpose::Reading).await {
                return Ok(link);
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.0.dialler.dial(Purpose::Reading).await
    }

    /// One that has broken, or has not answered in time, is used no more.
    async fn drop_link(&self, slot: &Slot, broken: &Arc<Link>) {
        let mut held = slot.link.lock().await;
        if held.as_ref().is_some_and(|link| Arc::ptr_eq(link, broken)) {
            *held = None;
        }
    }
}
