//! Passwords: argon2id, on a few threads of their own that yield to everything else, so that however many sign in at
//! once, messages go on (common.md, "Signing in").

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use argon2::{Argon2, Params, PasswordHasher as _, PasswordVerifier as _};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use crate::network::Network;
use crate::token::fill_random;

/// The fewest and the most characters of a new password. Long ones cost the hash nothing, only the reading.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=200;
/// How many hashes may wait. One takes some tens of milliseconds.
const QUEUE: usize = 64;
/// How many of them may be asked for from one place, so that nobody fills the queue alone.
const QUEUE_OF_ONE: usize = 32;
/// How far behind everything else these threads stand (`nice`).
const NICENESS: i32 = 10;

/// A password as it is kept: its hash, with the salt and what it cost (PHC string).
#[derive(Clone, PartialEq, Eq)]
pub struct HashedPassword(String);

impl HashedPassword {
    /// The form that is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashedPassword")
    }
}

/// A password that nobody may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has 8 to 200 characters")]
pub struct BadPassword;

/// Too many passwords wait to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many sign in at this moment")]
pub struct PasswordBusy;

type Work = Box<dyn FnOnce(&Argon2<'_>) + Send>;

/// What an unknown name is compared with, at the same cost as a known one: the hash of nothing that anybody knows.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbCEhIQ$\
                       RGlkIHlvdSByZWFsbHkgdGhpbmsgc28/IE5vYm9keSA";

/// The threads that hash. They start with the first password.
#[derive(Default)]
pub(crate) struct Hasher {
    work: OnceLock<mpsc::Sender<Work>>,
    waiting: Arc<Mutex<HashMap<Network, usize>>>,
}

impl Hasher {
    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<HashedPassword, PasswordBusy> {
        let password = password.as_bytes().to_vec();
        let (done, hashed) = oneshot::channel();
        let work: Work = Box::new(move |argon2| drop(done.send(hash(argon2, &password))));
        // Only people who have signed in, and operators, choose passwords: they wait.
        self.work().send(work).await.map_err(|_| PasswordBusy)?;
        hashed.await.map_err(|_| PasswordBusy)
    }

    /// Whether `password` is the one that was hashed. Without a hash it takes as long, and is not.
    pub(crate) async fn verify(
        &self,
        network: Network,
        password: &str,
        hashed: Option<HashedPassword>,
    ) -> Result<bool, PasswordBusy> {
        let place = Place::take(&self.waiting, network)?;
        let known = hashed.is_some();
        let hashed = hashed.unwrap_or_else(|| HashedPassword::stored(NOBODYS.to_owned()));
        let password = password.as_bytes().to_vec();
        let (done, right) = oneshot::channel();
        let work: Work = Box::new(move |argon2| {
            // The place goes with the work: whoever hangs up and comes again has not left the queue.
            let _place = place;
            let right = argon2.verify_password(&password, hashed.as_str()).is_ok();
            let _ = done.send(right);
        });
        self.work().try_send(work).map_err(|_| PasswordBusy)?;
        let right = right.await.map_err(|_| PasswordBusy)?;
        Ok(right && known)
    }

    /// The way to the threads: one for each core but one.
    fn work(&self) -> &mpsc::Sender<Work> {
        self.work.get_or_init(|| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            let (work, queue) = mpsc::channel::<Work>(QUEUE);
            let queue = Arc::new(Mutex::new(queue));
            for _ in 0..cores.saturating_sub(1).max(1) {
                let queue = Arc::clone(&queue);
                let thread = std::thread::Builder::new().name("passwords".into()).spawn(move || run(&queue));
                if let Err(error) = thread {
                    tracing::error!(%error, "a thread for passwords did not start");
                }
            }
            work
        })
    }
}

/// Whether a new password may be chosen: 8 to 200 characters.
pub fn admissible(password: &str) -> Result<(), BadPassword> {
    if LENGTHS.contains(&password.chars().count()) { Ok(()) } else { Err(BadPassword) }
}

/// A place in the queue, until dropped.
struct Place {
    waiting: Arc<Mutex<HashMap<Network, usize>>>,
    network: Network,
}

impl Place {
    fn take(waiting: &Arc<Mutex<HashMap<Network, usize>>>, network: Network) -> Result<Self, PasswordBusy> {
        let mut places = waiting.lock();
        let taken = places.entry(network).or_default();
        if *taken >= QUEUE_OF_ONE {
            return Err(PasswordBusy);
        }
        *taken += 1;
        Ok(Self { waiting: Arc::clone(waiting), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.waiting.lock();
        if let Some(taken) = places.get_mut(&self.network) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.network);
            }
        }
    }
}

/// What OWASP's cheat sheet on password storage gives as the least for argon2id: 19 MiB, two passes, one lane.
fn argon2id() -> Argon2<'static> {
    Argon2::from(Params::default())
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> HashedPassword {
    let mut salt = [0; 16];
    fill_random(&mut salt);
    // It fails on lengths out of bounds alone, and these are within.
    let hashed = argon2.hash_password_with_salt(password, &salt).map(|hash| hash.to_string());
    HashedPassword(hashed.unwrap_or_default())
}

fn run(queue: &Mutex<mpsc::Receiver<Work>>) {
    // On Linux this is about the calling thread alone. Where it may not be, the threads are like any others.
    let _ = rustix::process::setpriority_process(None, NICENESS);
    let argon2 = argon2id();
    loop {
        let next = queue.lock().blocking_recv();
        match next {
            Some(work) => work(&argon2),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn network(last: u8) -> Network {
        Network::from(std::net::IpAddr::from(Ipv4Addr::new(192, 0, 2, last)))
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other_is() {
        let hasher = Hasher::default();
        let known = hasher.hash("correct horse").await.unwrap();
        assert!(known.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", known.as_str());
        let check = async |password, hashed, expect| {
            assert_eq!(hasher.verify(network(1), password, hashed).await, Ok(expect), "{password}");
        };
        check("correct horse", Some(known.clone()), true).await;
        check("Correct horse", Some(known.clone()), false).await;
        check("", Some(known.clone()), false).await;
        check("correct horse", None, false).await;
        check("correct horse", Some(HashedPassword::stored("damaged".into())), false).await;
        assert_ne!(hasher.hash("correct horse").await.unwrap(), known, "each has its own salt");
    }

    #[test]
    fn what_nobody_knows_costs_as_much_to_compare() {
        let hashed = argon2::PasswordHash::new(NOBODYS).expect("a hash");
        assert_eq!(hashed.params.to_string(), "m=19456,t=2,p=1");
        assert_eq!(hashed.hash.map(|hash| hash.len()), Some(32));
    }

    #[test]
    fn nobody_fills_the_queue_alone() {
        let waiting = Arc::default();
        let mut taken: Vec<_> =
            (0..QUEUE_OF_ONE).map(|_| Place::take(&waiting, network(1)).unwrap()).collect();
        assert!(Place::take(&waiting, network(1)).is_err());
        assert!(Place::take(&waiting, network(2)).is_ok());
        taken.pop();
        assert!(Place::take(&waiting, network(1)).is_ok());
        drop(taken);
        assert!(waiting.lock().is_empty());
    }

    #[test]
    fn passwords_are_neither_short_nor_endless() {
        for (password, expect) in
            [("1234567", false), ("12345678", true), ("пароль12", true), (&"x".repeat(200), true)]
        {
            assert_eq!(admissible(password).is_ok(), expect, "{password}");
        }
        assert!(admissible(&"x".repeat(201)).is_err());
    }
}
