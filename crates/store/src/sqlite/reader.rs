//! A few connections that only read, lent out one query at a time on threads that may block.

use std::sync::Arc;

use hearken_core::store::{StoreError, StoreFuture};
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::error::translate;

/// The connections that read.
#[derive(Clone)]
pub(super) struct Readers(Arc<Inner>);

struct Inner {
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(super) fn new(
        count: usize,
        connect: impl Fn() -> rusqlite::Result<Connection>,
    ) -> rusqlite::Result<Self> {
        let idle = (0..count).map(|_| connect()).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Inner { idle: Mutex::new(idle), permits: Semaphore::new(count) })))
    }

    /// Runs a query on one of them, waiting until one is free.
    pub(super) fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<'static, T> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            let gone = |_| StoreError::Unavailable("the store is closed".into());
            let _permit = this.permits.acquire().await.map_err(gone)?;
            let work = {
                let this = Arc::clone(&this);
                move || {
                    let lent = this.idle.lock().pop();
                    let Some(connection) = lent else { return Err(no_connection()) };
                    let done = query(&connection).map_err(|error| translate(&error));
                    this.idle.lock().push(connection);
                    done
                }
            };
            // A query that panics has lost its connection; the error says so, and the others go on.
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(no_connection()))
        })
    }
}

fn no_connection() -> StoreError {
    StoreError::Unavailable("no connection to read with".into())
}
