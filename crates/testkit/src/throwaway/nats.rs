//! A NATS server that is thrown away.

use std::fs::File;
use std::process::{Child, Stdio};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};

use super::guard::Guard;
use super::{port, programs};

/// A NATS server on a free port. It ends when this is dropped, and with the process at the latest.
#[derive(Debug)]
pub struct Nats {
    server: Mutex<Option<Child>>,
    port: u16,
    guard: Guard,
}

impl Nats {
    /// Starts one.
    pub fn start() -> Self {
        let guard = Guard::new("nats", "pid", "TERM");
        let nats = Self { server: Mutex::new(None), port: port::free(), guard };
        nats.resume();
        nats
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its port on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash would; it has nothing to lose but what is on its way.
    pub fn kill(&self) {
        let mut server = self.server.lock().take().expect("it runs");
        server.kill().expect("our own child");
        server.wait().expect("it ends");
    }

    /// Holds it still, as a network that is cut would: connections stay open, and nothing goes through.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Starts it again after [`kill`](Self::kill), on the same port.
    pub fn resume(&self) {
        let mut server = self.server.lock();
        assert!(server.is_none(), "it runs");
        let folder = self.guard.folder();
        let log = folder.join("log");
        let said = File::options().create(true).append(true).open(&log).expect("a log");
        let mut started = programs::command(&programs::on_path("nats-server", "NATS"), folder, None)
            .args(["--addr", "127.0.0.1", "--port", &self.port.to_string()])
            .arg("--pid")
            .arg(folder.join("pid"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .expect("nats-server runs");
        if let Err(why) = port::await_ready(&mut started, || port::is_heard(self.port)) {
            panic!("NATS: {why}; it says\n{}", std::fs::read_to_string(&log).unwrap_or_default());
        }
        *server = Some(started);
    }

    fn signal(&self, signal: Signal) {
        let server = self.server.lock();
        let pid = server.as_ref().and_then(|server| Pid::from_raw(server.id() as i32)).expect("it runs");
        kill_process(pid, signal).expect("our own child");
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        if self.server.lock().is_some() {
            self.kill();
        }
    }
}
