//! One issuer's keys at hand: fetched when they are first wanted, again when they grow old or a token names a key
//! that is not among them, and never so often that forged tokens could make us a burden to the issuer.

use std::sync::Arc;
use std::time::Duration;

use hearken_core::clock::Monotonic;
use hearken_core::issuer::IssuerError;
use parking_lot::Mutex;
use reqwest::Client;
use tokio::sync::OwnedMutexGuard;

use super::fetch::{Fault, Fetched, Source};
use super::key_set::{Key, KeySet};

/// How long after one fetch there is no other.
const PAUSE: Duration = Duration::from_secs(30);
/// The same as long as no fetch has succeeded: then nobody of this issuer can sign in.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);
/// How long keys that have grown old are still used while their issuer can't be asked.
const GRACE: Duration = Duration::from_hours(24);

/// The keys of one issuer.
pub(super) struct Keys(Arc<Inner>);

struct Inner {
    issuer: String,
    source: Source,
    client: Client,
    monotonic: Arc<dyn Monotonic>,
    at_hand: Mutex<AtHand>,
    /// Held while they are fetched: one at a time.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct AtHand {
    keys: Option<KeySet>,
    /// Until when they are good, by the monotonic clock.
    good_until: Duration,
    /// When they were last asked for.
    asked: Option<Duration>,
}

/// What is known of a key.
enum Look {
    Good(Key),
    Old(Key),
    Missing,
}

impl Keys {
    /// The keys of `issuer`, none yet.
    pub(super) fn new(issuer: &str, source: Source, client: Client, monotonic: Arc<dyn Monotonic>) -> Self {
        let (at_hand, fetching) = (Mutex::default(), Arc::default());
        Self(Arc::new(Inner { issuer: issuer.to_owned(), source, client, monotonic, at_hand, fetching }))
    }

    /// The key of this name.
    pub(super) async fn find(&self, kid: &str) -> Result<Key, IssuerError> {
        match self.0.look(kid) {
            Look::Good(key) => return Ok(key),
            // One asks; meanwhile the others take what is known, so that a slow issuer holds up nobody.
            Look::Old(key) => match Arc::clone(&self.0.fetching).try_lock_owned() {
                Ok(turn) => self.refresh(turn).await,
                Err(_) => return Ok(key),
            },
            Look::Missing => {
                let turn = Arc::clone(&self.0.fetching).lock_owned().await;
                // Whoever had the turn before may have found it.
                if let Look::Good(key) = self.0.look(kid) {
                    return Ok(key);
                }
                self.refresh(turn).await;
            }
        }
        match self.0.look(kid) {
            Look::Good(key) | Look::Old(key) => Ok(key),
            Look::Missing if self.0.at_hand.lock().keys.is_none() => Err(IssuerError::Unavailable),
            Look::Missing => Err(IssuerError::Forged("its key is none of the issuer's")),
        }
    }

    /// Fetches the keys if it is time. The fetch goes on when whoever asked goes away: else a forger who hangs up
    /// could keep the keys from ever arriving.
    async fn refresh(&self, turn: OwnedMutexGuard<()>) {
        if !self.0.may_ask() {
            return;
        }
        let inner = Arc::clone(&self.0);
        let fetch = tokio::spawn(async move {
            // The reason stands in the log.
            let _ = inner.fetch().await;
            drop(turn);
        });
        // It ends early only with the runtime.
        let _ = fetch.await;
    }

    /// Fetches the keys now, and says how many there are.
    pub(super) async fn check(&self) -> Result<usize, Fault> {
        let _turn = self.0.fetching.lock().await;
        self.0.fetch().await
    }
}

impl Inner {
    fn look(&self, kid: &str) -> Look {
        let (at_hand, now) = (self.at_hand.lock(), self.monotonic.elapsed());
        match at_hand.keys.as_ref().and_then(|keys| keys.find(kid)) {
            Some(key) if now < at_hand.good_until => Look::Good(key.clone()),
            Some(key) if now < at_hand.good_until.saturating_add(GRACE) => Look::Old(key.clone()),
            _ => Look::Missing,
        }
    }

    /// Whether enough time has passed since they were last asked for; if so, notes that they are now.
    fn may_ask(&self) -> bool {
        let (mut at_hand, now) = (self.at_hand.lock(), self.monotonic.elapsed());
        let pause = if at_hand.keys.is_some() { PAUSE } else { PAUSE_WITHOUT_KEYS };
        let may = at_hand.asked.is_none_or(|asked| now >= asked.saturating_add(pause));
        if may {
            at_hand.asked = Some(now);
        }
        may
    }

    async fn fetch(&self) -> Result<usize, Fault> {
        match self.source.fetch(&self.client, &self.issuer).await {
            Ok(Fetched { keys, good_for }) => {
                let (mut at_hand, now, found) = (self.at_hand.lock(), self.monotonic.elapsed(), keys.len());
                *at_hand =
                    AtHand { keys: Some(keys), good_until: now.saturating_add(good_for), asked: Some(now) };
                Ok(found)
            }
            Err(why) => {
                tracing::warn!(issuer = self.issuer, %why, "an outside issuer's keys can't be fetched");
                Err(why)
            }
        }
    }
}
