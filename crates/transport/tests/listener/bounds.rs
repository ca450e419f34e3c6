//! Connections that are no sockets: how many an address may have.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hearken_testkit::client::PATIENCE;
use hearken_testkit::server::TestServer;
use hearken_transport::listener::Terms;
use hearken_transport::sockets::Sockets;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";

/// Whether a connection is answered; else it must be closed without a word.
async fn is_answered(stream: &mut TcpStream) -> bool {
    // Where it is closed already, writing may fail.
    stream.write_all(REQUEST).await.ok();
    let mut said = Vec::new();
    while !said.ends_with(b"here") {
        match timeout(PATIENCE, stream.read_buf(&mut said)).await.expect("an answer or an end") {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
    }
    said.starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn an_address_has_only_so_many_connections() {
    let connections = Sockets::new(2);
    let terms = Terms { connections: connections.clone(), ..Terms::new(Duration::from_mins(1), 1) };
    let router = Router::new().route("/", get(async || "here"));
    let server = TestServer::on_terms(router, terms).await;
    let connect = async || TcpStream::connect(server.address).await.expect("the server listens");
    let (mut first, mut second) = (connect().await, connect().await);
    assert!(is_answered(&mut first).await && is_answered(&mut second).await);
    assert!(!is_answered(&mut connect().await).await);
    assert!(is_answered(&mut second).await);
    drop(first);
    connections.until(|open| open == 1).await;
    assert!(is_answered(&mut connect().await).await);
}

#[test]
fn a_strict_bound_on_sockets_leaves_room_to_be_refused_politely() {
    let localhost = std::net::IpAddr::from([127, 0, 0, 1]);
    for (sockets, connections) in [(1, 1024), (1024, 1024), (20_000, 20_000)] {
        let terms = Terms::new(Duration::from_secs(1), sockets);
        let admitted: Vec<_> = (0..=connections).map(|_| terms.connections.admit(localhost)).collect();
        assert_eq!(admitted.iter().filter(|admitted| admitted.is_ok()).count(), connections);
    }
}
