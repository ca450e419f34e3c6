//! Whether a commit has happened whose answer was lost.
//!
//! Every batch writes its own number in its transaction. Whoever does not know what became of it writes the same number
//! on a new connection: the server makes him wait while the first transaction is still under way somewhere, and then
//! says that the number is there, or takes it, after which the first can't be committed any more.

use std::time::Duration;

use uuid::Uuid;

use super::error::Failure;
use super::link::{Ask, Dialler, Purpose, values};

/// How often it is asked, and how far apart: some fifteen seconds in all.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(150);

/// The statement by which a batch writes its number.
pub(super) const NOTE: &str = "insert into batches (id) values ($1)";
const CLAIM: &str = "insert into batches (id) values ($1) on conflict do nothing returning 1";

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is on stable storage.
    Committed,
    /// It is not, and will never be.
    Gone,
    /// The store could not be asked in time.
    Unknown,
}

/// Asks until it is known, or for as long as anybody would wait.
pub(super) async fn fate(dialler: &Dialler, batch: Uuid) -> Fate {
    for _ in 0..TRIES {
        let asked = async {
            let link = dialler.dial(Purpose::Writing).await?;
            link.ask(Ask::new(CLAIM, values![batch])).await
        };
        match asked.await {
            Ok(taken) if taken.is_empty() => return Fate::Committed,
            Ok(_) => return Fate::Gone,
            Err(Failure::Broken(_) | Failure::Refused(_)) => tokio::time::sleep(PAUSE).await,
        }
    }
    Fate::Unknown
}
