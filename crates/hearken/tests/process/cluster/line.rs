//! A line between a node and the bus that can be cut: whoever sends into it is told nothing, or that it is gone.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What a line lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Everything.
    Whole,
    /// Nothing, and neither end is told: as when a cable is pulled.
    Silent,
    /// Nothing: connections are closed, and new ones too.
    Closed,
}

/// A line.
pub(crate) struct Line {
    state: watch::Sender<State>,
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Line {
    /// A line to this port of this machine.
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let state = watch::Sender::new(State::Whole);
        let states = state.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, states.subscribe()));
            }
        });
        Self { state, address, accepting: accepting.abort_handle() }
    }

    /// Where a node finds the bus.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// What it lets through from now on.
    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Carries one connection until an end closes it, or the line is closed.
async fn carry(near: TcpStream, port: u16, mut states: watch::Receiver<State>) {
    if *states.borrow() == State::Closed {
        return;
    }
    let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = pass(near_read, far_write, states.clone()) => {}
        () = pass(far_read, near_write, states.clone()) => {}
        _ = states.wait_for(|state| *state == State::Closed) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut states: watch::Receiver<State>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(1..) = from.peek(&mut buffer[..1]).await else { return };
        if states.wait_for(|state| *state == State::Whole).await.is_err() {
            return;
        }
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
