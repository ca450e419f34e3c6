//! Signing keys that another node has made or taken away. A token signed with a key that is not known here makes the
//! keys be read anew, so that it is good at once; a key that was taken away counts no more after a few seconds at most,
//! as nodes among others read the keys that often.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::handle::Core;
use crate::people::PeopleError;
use crate::token::{Claims, TokenError};

/// How often keys are read at most, whoever asks with whatever token.
const APART: Duration = Duration::from_secs(1);
/// How many may wait for the next reading; a token of somebody beyond that is refused unread.
const MOST_WAITING: usize = 1024;

/// When the keys were last read.
#[derive(Default)]
pub(crate) struct KeyReads {
    last: Mutex<Option<Duration>>,
    begun: AtomicU64,
    waiting: AtomicUsize,
}

impl Core {
    /// What a token of ours says, if it is good.
    pub(crate) async fn verified(&self, token: &str) -> Result<Claims, TokenError> {
        let keys = Arc::clone(&self.0.keys.read());
        match keys.verify(token, self.wall()) {
            // Nobody but this process makes keys in a store that it has to itself.
            Err(TokenError::Forged) if !self.0.share.is_alone() && keys.lacks_the_key_of(token) => {
                self.read_keys_for_another().await?;
                let keys = Arc::clone(&self.0.keys.read());
                keys.verify(token, self.wall())
            }
            verified => verified,
        }
    }

    /// Reads the keys, or waits until somebody has who began after this call.
    async fn read_keys_for_another(&self) -> Result<(), TokenError> {
        let reads = &self.0.key_reads;
        let _waiting = Waiting::enter(&reads.waiting).ok_or(TokenError::Forged)?;
        let begun = reads.begun.load(Ordering::Acquire);
        let mut last = reads.last.lock().await;
        if reads.begun.load(Ordering::Acquire) > begun {
            return Ok(());
        }
        if let Some(last) = *last {
            tokio::time::sleep((last + APART).saturating_sub(self.elapsed())).await;
        }
        self.read_keys(&mut last).await.map_err(|_| TokenError::Unavailable)
    }

    /// Reads the keys, unless they have just been read.
    pub(crate) async fn refresh_keys(&self) {
        let mut last = self.0.key_reads.last.lock().await;
        if last.is_some_and(|last| last + APART > self.elapsed()) {
            return;
        }
        if let Err(error) = self.read_keys(&mut last).await {
            tracing::warn!(%error, "signing keys could not be read anew");
        }
    }

    async fn read_keys(&self, last: &mut Option<Duration>) -> Result<(), PeopleError> {
        self.0.key_reads.begun.fetch_add(1, Ordering::AcqRel);
        *last = Some(self.elapsed());
        self.load_keys().await
    }
}

/// One who waits, counted.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Option<Self> {
        let entered = Self(waiting);
        (waiting.fetch_add(1, Ordering::AcqRel) < MOST_WAITING).then_some(entered)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
