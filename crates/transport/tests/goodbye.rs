//! A socket counts as open until its peer has had the chance to hear why it is closed: a server that stops waits for
//! exactly that.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures_util::StreamExt as _;
use hearken_transport::sockets::Sockets;
use hearken_transport::{Close, Door, Incoming, Line, Outgoing, Pumped, SocketLimits, pump};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// A door that has nothing to say but goodbye.
struct Leaving;

impl Door for Leaving {
    fn is_ready(&self) -> bool {
        true
    }

    fn receive(&mut self, _: Incoming<'_>) {}

    async fn next(&mut self) -> Option<Outgoing> {
        Some(Outgoing::Close(Close::Restart))
    }

    fn over(&self) -> Option<Close> {
        None
    }

    fn try_next(&mut self) -> Option<Outgoing> {
        None
    }
}

#[tokio::test]
async fn a_socket_is_open_until_its_peer_has_answered_the_goodbye() {
    let minute = Duration::from_mins(1);
    let limits = SocketLimits { ping_interval: minute, ping_timeout: minute, write_timeout: minute };
    let sockets = Sockets::new(1);
    let counted = sockets.admit(IpAddr::from(Ipv4Addr::LOCALHOST)).expect("there is room for one");
    let (ours, theirs) = tokio::io::duplex(1024);
    let ours = WebSocketStream::from_raw_socket(Line::new(ours), Role::Server, None).await;
    let mut theirs = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    let pumping = tokio::spawn(pump(Pumped::new(ours, Leaving, counted), limits));
    let heard = theirs.next().await.expect("a goodbye").expect("whole");
    assert!(matches!(&heard, Message::Close(Some(close)) if u16::from(close.code) == 1012), "{heard:?}");
    assert_eq!(sockets.open(), 1);
    drop(theirs);
    pumping.await.expect("it ends");
    assert_eq!(sockets.open(), 0);
}
