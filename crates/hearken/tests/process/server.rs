//! The binary under test: started for real, asked for real, ended for real.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use hearken_testkit::throwaway::database_of;
use rustix::process::{Pid, Signal, kill_process};

/// No rate stands in the way of whoever sends as fast as he can.
pub(crate) const NO_RATE: (&str, &str) = ("HEARKEN_MESSENGER__RATE", "1000000");

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// What its address begins with: `http` or `https`.
    pub(crate) scheme: String,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    log: File,
}

/// A server that ended before it listened.
#[derive(Debug)]
pub(crate) struct NotStarted {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it said on standard error.
    pub(crate) said: String,
}

/// `hearken`, with an environment of nothing but what the test gives it, and a database in place of the folder's store
/// where this run is on PostgreSQL.
pub(crate) fn hearken(data: &Path, arguments: &[&str]) -> Command {
    let named = std::env::var_os("HEARKEN_BIN").filter(|path| !path.is_empty());
    let binary = named.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_hearken")), PathBuf::from);
    let mut command = Command::new(binary);
    command.args(arguments).arg("--data").arg(data).env_clear().current_dir(std::env::temp_dir());
    command.envs(database_of(data).map(|url| ("HEARKEN_DATABASE_URL", url)));
    command
}

/// Runs a command to its end.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Output {
    hearken(data, arguments).output().expect("the binary runs")
}

/// Panics unless `hearken check` is content.
#[track_caller]
pub(crate) fn assert_sound(data: &Path) {
    let checked = run(data, &["check"]);
    assert!(checked.status.success(), "{checked:?}");
}

impl Server {
    /// Starts one that must come to listen.
    #[track_caller]
    pub(crate) fn start<V: AsRef<OsStr>>(data: &Path, variables: &[(&str, V)]) -> Self {
        let started = Self::spawn(data, variables).listening();
        started.unwrap_or_else(|ended| panic!("the server does not start: {ended:?}"))
    }

    /// Starts one, without waiting for it to listen.
    pub(crate) fn spawn<V: AsRef<OsStr>>(data: &Path, variables: &[(&str, V)]) -> Starting {
        let log = tempfile::tempfile().expect("a file for the log");
        let variables = variables.iter().map(|(name, value)| (*name, OsString::from(value)));
        let child = hearken(data, &["serve", "--listen", "127.0.0.1:0"])
            // Nothing to say is good news; that text messages go to the log is no news here.
            .env("HEARKEN_LOG", "warn,hearken::outside=off")
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.try_clone().expect("the log"))
            .spawn()
            .expect("the binary runs");
        Starting { child, log }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a pid");
        kill_process(pid, signal).expect("sent");
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    /// What it has said on standard error so far.
    pub(crate) fn said(&mut self) -> String {
        read(&self.log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Most tests have ended it already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that has been started and does not listen yet.
pub(crate) struct Starting {
    child: Child,
    log: File,
}

impl Starting {
    /// Waits for its first line.
    pub(crate) fn listening(mut self) -> Result<Server, NotStarted> {
        let mut line = String::new();
        let mut lines = BufReader::new(self.child.stdout.take().expect("piped"));
        lines.read_line(&mut line).expect("text");
        let place = line.trim_end().strip_prefix("listening on ").and_then(|url| url.split_once("://"));
        let Some((scheme, address)) = place else {
            let status = self.child.wait().expect("it ends");
            return Err(NotStarted { status, said: read(&self.log) });
        };
        let (scheme, address) = (scheme.to_owned(), address.parse().expect("an address"));
        Ok(Server { child: self.child, scheme, address, log: self.log })
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

fn read(log: &File) -> String {
    let mut said = Vec::new();
    // Opened anew, for a place of its own in the file: the server goes on writing where it is.
    let mut log = File::open(format!("/proc/self/fd/{}", log.as_raw_fd())).expect("the log");
    log.read_to_end(&mut said).expect("a file");
    String::from_utf8_lossy(&said).into_owned()
}
