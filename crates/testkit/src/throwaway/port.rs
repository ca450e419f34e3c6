//! Ports that are free, and waiting until somebody listens there.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Child;
use std::time::Duration;

/// How often there is a look.
const STEP: Duration = Duration::from_millis(10);
/// How many looks: a minute's worth.
const LOOKS: usize = 6000;

/// A port of this machine that nobody listens on just now.
pub(super) fn free() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// Waits until `ready` says so, or `server` has ended. Nothing tells us but asking again and again.
pub(super) fn await_ready(server: &mut Child, mut ready: impl FnMut() -> bool) -> Result<(), String> {
    for _ in 0..LOOKS {
        if ready() {
            return Ok(());
        }
        if let Some(status) = server.try_wait().expect("our own child") {
            return Err(format!("it ended: {status}"));
        }
        std::thread::sleep(STEP);
    }
    Err("it does not answer".to_owned())
}

/// Whether somebody listens on a port of this machine.
pub(super) fn is_heard(port: u16) -> bool {
    TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok()
}
