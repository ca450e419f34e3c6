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
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(
        count: usize,
        connect: impl Fn() -> rusqlite::Result<Connection>,
    ) -> rusqlite::Result<Self> {
        let idle = (0..count).map(|_| connect()).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Inner { idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(count)) })))
    }

    /// Runs a query on one of them, waiting until one is free.
    pub(super) fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<'static, T> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            let gone = |_| StoreError::Unavailable("the store is closed".into());
            let permit = Arc::clone(&this.permits).acquire_owned().await.map_err(gone)?;
            let work = move || {
                // It goes with the work, and after the connection is back: whoever asked may be gone before that.
                let _permit = permit;
                let lent = this.idle.lock().pop();
                let Some(connection) = lent else { return Err(no_connection()) };
                let done = query(&connection).map_err(|error| translate(&error));
                this.idle.lock().push(connection);
                done
            };
            // A query that panics has lost its connection; the error says so, and the others go on.
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(no_connection()))
        })
    }
}

fn no_connection() -> StoreError {
    StoreError::Unavailable("no connection to read with".into())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn who_hangs_up_keeps_his_place_until_the_query_has_ended() {
        let readers = Readers::new(1, Connection::open_in_memory).expect("a connection");
        let (started, has_started) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let mut given_up = readers.run(move |_| {
            started.send(()).expect("the test waits");
            let _ = ended.recv();
            Ok(())
        });
        assert!((&mut given_up).now_or_never().is_none());
        has_started.recv().expect("it runs");
        drop(given_up);
        let mut next =
            readers.run(|connection| connection.query_row("select 1", [], |row| row.get::<_, i64>(0)));
        assert!((&mut next).now_or_never().is_none(), "it waits for the connection");
        end.send(()).expect("the query waits");
        assert_eq!(next.await, Ok(1));
    }
}
