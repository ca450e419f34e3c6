//! Passwords: argon2id, on a few threads of their own that yield to everything else, so that however many sign in at
//! once, messages go on (common.md, "Signing in").

use std::sync::{Arc, OnceLock};

use argon2::{Argon2, Params, PasswordHasher as _, PasswordVerifier as _};
use parking_lot::{Condvar, Mutex};
use tokio::sync::{Semaphore, oneshot};

use super::line::Line;
use crate::network::Network;
use crate::token::fill_random;

/// The fewest and the most characters of a new password. Long ones cost the hash nothing, only the reading.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=200;
/// How many that are chosen may wait in line at once. One takes some tens of milliseconds.
const MOST_CHOSEN: usize = 32;
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

/// The threads that hash. They start with the first password, and end with this.
#[derive(Default)]
pub(crate) struct Hasher {
    shared: Arc<Shared>,
    started: OnceLock<()>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    come: Condvar,
    /// Room for passwords that are chosen.
    chosen: Arc<Semaphore>,
}

#[derive(Default)]
struct Waiting {
    line: Line<Work>,
    ended: bool,
}

impl Default for Shared {
    fn default() -> Self {
        let chosen = Arc::new(Semaphore::new(MOST_CHOSEN));
        Self { waiting: Mutex::default(), come: Condvar::new(), chosen }
    }
}

impl Hasher {
    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<HashedPassword, PasswordBusy> {
        // Only people who have signed in, and operators, choose passwords: they wait.
        let room = Arc::clone(&self.shared.chosen).acquire_owned().await.map_err(|_| PasswordBusy)?;
        let password = password.as_bytes().to_vec();
        let (done, hashed) = oneshot::channel();
        let work: Work = Box::new(move |argon2| {
            let _room = room;
            drop(done.send(hash(argon2, &password)));
        });
        self.push(None, work)?;
        hashed.await.map_err(|_| PasswordBusy)
    }

    /// Whether `password` is the one that was hashed. Without a hash it takes as long, and is not.
    pub(crate) async fn verify(
        &self,
        network: Network,
        password: &str,
        hashed: Option<HashedPassword>,
    ) -> Result<bool, PasswordBusy> {
        let known = hashed.is_some();
        let hashed = hashed.unwrap_or_else(|| HashedPassword::stored(NOBODYS.to_owned()));
        let password = password.as_bytes().to_vec();
        let (done, right) = oneshot::channel();
        // It stays in line whoever hangs up: else he could come again at once, and fill it.
        let work: Work = Box::new(move |argon2| {
            let right = argon2.verify_password(&password, hashed.as_str()).is_ok();
            let _ = done.send(right);
        });
        self.push(Some(network), work)?;
        // Dropped undone where it had to give way to others'.
        let right = right.await.map_err(|_| PasswordBusy)?;
        Ok(right && known)
    }

    fn push(&self, lane: Option<Network>, work: Work) -> Result<(), PasswordBusy> {
        self.started.get_or_init(|| self.start());
        self.shared.waiting.lock().line.push(lane, work).map_err(|_| PasswordBusy)?;
        self.shared.come.notify_one();
        Ok(())
    }

    /// Starts the threads: one for each core but one.
    fn start(&self) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores.saturating_sub(1).max(1) {
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name("passwords".into()).spawn(move || run(&shared));
            if let Err(error) = thread {
                tracing::error!(%error, "a thread for passwords did not start");
            }
        }
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.shared.waiting.lock().ended = true;
        self.shared.come.notify_all();
    }
}

/// Whether a new password may be chosen: 8 to 200 characters.
pub fn admissible(password: &str) -> Result<(), BadPassword> {
    if LENGTHS.contains(&password.chars().count()) { Ok(()) } else { Err(BadPassword) }
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

fn run(shared: &Shared) {
    // On Linux this is about the calling thread alone. Where it may not be, the threads are like any others.
    let _ = rustix::process::setpriority_process(None, NICENESS);
    let argon2 = argon2id();
    while let Some(work) = next(shared) {
        work(&argon2);
    }
}

/// Waits for the next one; `None` at the end.
fn next(shared: &Shared) -> Option<Work> {
    let mut waiting = shared.waiting.lock();
    loop {
        if waiting.ended {
            return None;
        }
        if let Some(work) = waiting.line.pop() {
            return Some(work);
        }
        shared.come.wait(&mut waiting);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const QUEUE_OF_MANY: usize = 20;

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

    #[tokio::test]
    async fn who_comes_after_many_of_one_place_is_looked_at_before_them() {
        let hasher = Hasher::default();
        let known = hasher.hash("correct horse").await.unwrap();
        let order = std::cell::RefCell::new(Vec::new());
        let one = async |last: u8| {
            let right = hasher.verify(network(last), "correct horse", Some(known.clone())).await;
            order.borrow_mut().push(last);
            right
        };
        let many = futures_util::future::join_all((0..QUEUE_OF_MANY).map(|_| one(1)));
        let (many, other) = futures_util::future::join(many, one(2)).await;
        assert_eq!(other, Ok(true));
        assert!(many.iter().all(|right| *right == Ok(true)));
        let turn = order.borrow().iter().position(|last| *last == 2).expect("he was looked at");
        // Some may have been done before he came, and one of theirs has its turn before his.
        assert!(turn < QUEUE_OF_MANY / 2, "{:?}", order.borrow());
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
