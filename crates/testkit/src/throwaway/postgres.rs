//! A PostgreSQL that is thrown away: a cluster made for it, which loses everything with the machine and nothing with
//! its processes.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::OnceLock;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};

use super::database::Database;
use super::guard::Guard;
use super::port;
use super::programs::{self, User};

/// Names the PostgreSQL that all tests share, as `postgres://USER@HOST:PORT/postgres`.
const SHARED: &str = "HEARKEN_TEST_POSTGRES";
/// Who may do everything in it.
const OWNER: &str = "hearken";
/// How it is run: fast, for nothing outlives the run; many connections, for tests run beside each other.
const SETTINGS: [&str; 12] = [
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "shared_buffers=64MB",
    "max_connections=400",
    "jit=off",
    "log_checkpoints=off",
    "timezone=UTC",
    "deadlock_timeout=200ms",
];

/// A cluster on a free port. It ends when this is dropped, and with the process at the latest.
#[derive(Debug)]
pub struct Postgres {
    server: Mutex<Option<Child>>,
    port: u16,
    user: Option<User>,
    guard: Guard,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub fn start() -> Self {
        let guard = Guard::new("postgres", "data/postmaster.pid", "QUIT");
        let user = programs::unprivileged();
        if let Some(User { uid, gid }) = user {
            std::os::unix::fs::chown(guard.folder(), Some(uid), Some(gid)).expect("root may give it away");
        }
        initialise(guard.folder(), user);
        let postgres = Self { server: Mutex::new(None), port: port::free(), user, guard };
        postgres.resume();
        postgres
    }

    /// The address of a database in it, there or not.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{OWNER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database, which goes when it is dropped.
    pub fn database(&self) -> Database {
        Database::on(&self.url("postgres"))
    }

    /// Stops it as an operator would, who throws out whoever is connected. Nothing that was committed is lost.
    pub fn stop(&self) {
        self.end(Signal::INT);
    }

    /// Ends it as a crash would: what runs in it finds out for itself.
    pub fn kill(&self) {
        self.end(Signal::KILL);
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill), on the same port and what it had committed.
    pub fn resume(&self) {
        let mut server = self.server.lock();
        assert!(server.is_none(), "it runs");
        // After a crash its other processes hold on to their memory until they notice.
        *server = Some(self.ready().or_else(|_| self.ready()).expect("it starts"));
    }

    fn ready(&self) -> Result<Child, String> {
        let log = self.guard.folder().join("log");
        let said = File::options().create(true).append(true).open(&log).expect("a log");
        let folder = self.guard.folder().to_str().expect("a plain path").to_owned();
        let mut command =
            programs::command(&programs::of_postgres("postgres"), self.guard.folder(), self.user);
        command.args(["-D", &format!("{folder}/data")]);
        let port = format!("port={}", self.port);
        let sockets = format!("unix_socket_directories={folder}");
        for setting in SETTINGS.into_iter().chain([&*port, &*sockets]) {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let mut server = command.spawn().expect("PostgreSQL runs");
        let answers = || super::database::answers(&self.url("postgres"));
        match port::await_ready(&mut server, answers) {
            Ok(()) => Ok(server),
            Err(why) => {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                Err(format!("{why}; it says\n{said}"))
            }
        }
    }

    fn end(&self, signal: Signal) {
        let mut server = self.server.lock().take().expect("it runs");
        let pid = i32::try_from(server.id()).ok().and_then(Pid::from_raw).expect("a pid");
        kill_process(pid, signal).expect("our own child");
        server.wait().expect("it ends");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.server.lock().is_some() {
            self.end(Signal::QUIT);
        }
    }
}

/// The one that the tests of a run share.
pub(super) fn shared() -> &'static str {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| {
        let named = std::env::var(SHARED).ok().filter(|address| !address.is_empty());
        named.unwrap_or_else(|| SERVER.get_or_init(Postgres::start).url("postgres"))
    })
}

fn initialise(folder: &Path, user: Option<User>) {
    let done = programs::command(&programs::of_postgres("initdb"), folder, user)
        .args(["-D", "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C"])
        .args(["--no-sync", "--no-instructions"])
        .output()
        .expect("initdb runs");
    assert!(done.status.success(), "initdb: {}", String::from_utf8_lossy(&done.stderr));
}
