//! A few connections that only read, shared by everybody: several questions are on their way on each at once. One that
//! breaks is replaced by whoever finds it so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Mutex;
use tokio_postgres::Row;

use super::error::Failure;
use super::link::{Ask, Dialler, Link, Purpose};

/// The connections that read.
#[derive(Clone)]
pub(super) struct Readers(Arc<Inner>);

struct Inner {
    dialler: Arc<Dialler>,
    links: Vec<Mutex<Option<Arc<Link>>>>,
    next: AtomicUsize,
}

impl Readers {
    /// They are made when they are first needed.
    pub(super) fn new(dialler: Arc<Dialler>, count: usize) -> Self {
        let links = (0..count).map(|_| Mutex::new(None)).collect();
        Self(Arc::new(Inner { dialler, links, next: AtomicUsize::new(0) }))
    }

    /// Asks one thing; over a new connection if the first breaks, for what only reads can be asked again.
    pub(super) async fn ask<'a>(&self, ask: impl Fn() -> Ask<'a>) -> Result<Vec<Row>, Failure> {
        let at = self.0.next.fetch_add(1, Ordering::Relaxed) % self.0.links.len();
        match self.link(at).await?.ask(ask()).await {
            Err(Failure::Broken(_)) => self.link(at).await?.ask(ask()).await,
            answer => answer,
        }
    }

    /// A connection for what looks at everything there is, for one to use alone.
    pub(super) async fn upkeep(&self) -> Result<Link, Failure> {
        self.0.dialler.dial(Purpose::Upkeep).await
    }

    async fn link(&self, at: usize) -> Result<Arc<Link>, Failure> {
        let mut slot = self.0.links[at].lock().await;
        if let Some(link) = slot.as_ref().filter(|link| !link.is_closed()) {
            return Ok(Arc::clone(link));
        }
        let link = Arc::new(self.0.dialler.dial(Purpose::Reading).await?);
        *slot = Some(Arc::clone(&link));
        Ok(link)
    }
}
