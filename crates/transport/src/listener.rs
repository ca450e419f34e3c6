//! Accepting connections: one listener for everything, with bounds on how many there are and how long a
//! handshake may take.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use futures_util::future::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::leftover::Leftover;
use crate::proxies::Proxies;
use crate::sockets::{Counted, Sockets};
use crate::stream::Stream;
use crate::tls::Certificates;

/// How long to wait when the system gives no more connections: mostly out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The most bytes of request head; tokens are the largest thing in it.
const MAX_HEAD: usize = 16 << 10;

/// However few sockets an address may have, so many connections may be on their way to become one, or ask for something.
const LEAST_CONNECTIONS: usize = 1024;

/// On which terms connections are taken.
#[derive(Clone)]
pub struct Terms {
    /// How long the TLS handshake may take, and each request's head: `limits.handshake`.
    pub handshake: Duration,
    /// The connections that are no sockets yet, or never will be. Over its bound they are closed at once.
    pub connections: Sockets,
    /// The certificate, where TLS is spoken.
    pub tls: Option<Arc<Certificates>>,
    /// The proxies in front that are believed about whom they ask for.
    pub proxies: Proxies,
}

impl Terms {
    /// Without TLS. An address may have as many connections that are no sockets as it may have sockets
    /// (`limits.sockets_per_address`), but not too few for them to be refused politely.
    pub fn new(handshake: Duration, sockets_per_address: usize) -> Self {
        let connections = Sockets::new(sockets_per_address.max(LEAST_CONNECTIONS));
        Self { handshake, connections, tls: None, proxies: Proxies::default() }
    }
}

/// Serves `router` on every connection until `stop` turns true. A request's handler finds the client's address as
/// [`ConnectInfo`]: the peer's, or whom a trusted proxy names (then without a port).
pub async fn serve(listener: TcpListener, router: Router, terms: Terms, mut stop: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // A proxy brings everybody.
                let counted = if terms.proxies.trusts(peer.ip()) {
                    None
                } else {
                    let Ok(counted) = terms.connections.admit(peer.ip()) else { continue };
                    Some(counted)
                };
                let served = connection(stream, peer, router.clone(), terms.clone(), stop.clone());
                tokio::spawn(until_done(served, counted));
            }
            Err(error) if is_peers_fault(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// A connection counts until it ends or has become a socket, which is counted elsewhere.
async fn until_done(served: impl Future<Output = ()>, counted: Option<Counted>) {
    served.await;
    drop(counted);
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    terms: Terms,
    mut stop: watch::Receiver<bool>,
) {
    // Frames are small and wait for nobody. A socket that is gone already will say so when it is read.
    stream.set_nodelay(true).ok();
    let Terms { handshake, tls, proxies, .. } = terms;
    let Some(stream) = secure(stream, tls.as_deref(), handshake).await else { return };
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let client = proxies.client(peer.ip(), request.headers());
        let peer = if client == peer.ip() { peer } else { SocketAddr::new(client, 0) };
        answer(router.clone(), peer, request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(handshake)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let stopping = async move {
        // An error means that whoever could say stop has gone, which comes to the same.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    tokio::pin!(stopping);
    let ended = match futures_util::future::select(connection.as_mut(), stopping).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            // The answer under way is finished, and the connection closed after it.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// Does the TLS handshake, where there is one to do; nothing if it fails or takes too long.
async fn secure(stream: TcpStream, tls: Option<&Certificates>, handshake: Duration) -> Option<Stream> {
    let Some(tls) = tls else { return Some(Stream::Plain(stream)) };
    match tokio::time::timeout(handshake, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => Some(Stream::Tls(Box::new(stream))),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    request: hyper::Request<Incoming>,
) -> Result<Response, Infallible> {
    let mut request: Request = request.map(Leftover::body);
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut router = router;
    tower_service::Service::call(&mut router, request).await
}

fn is_peers_fault(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
