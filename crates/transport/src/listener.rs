//! Accepting connections: one listener for everything, with a bound on how long a handshake may take.

use std::convert::Infallible;
use std::net::SocketAddr;
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

/// How long to wait when the system gives no more connections: mostly out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The most bytes of request head; tokens are the largest thing in it.
const MAX_HEAD: usize = 16 << 10;

/// Serves `router` on every connection until `stop` turns true. A request's handler finds the peer's address as
/// [`ConnectInfo`]. Connections whose request head is not there within `handshake` are closed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    handshake: Duration,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, router.clone(), handshake, stop.clone()));
            }
            Err(error) if is_peers_fault(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    handshake: Duration,
    mut stop: watch::Receiver<bool>,
) {
    // Frames are small and wait for nobody. A socket that is gone already will say so when it is read.
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request: hyper::Request<Incoming>| answer(router.clone(), peer, request));
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

async fn answer(
    router: Router,
    peer: SocketAddr,
    request: hyper::Request<Incoming>,
) -> Result<Response, Infallible> {
    let mut request: Request = request.map(axum::body::Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut router = router;
    tower_service::Service::call(&mut router, request).await
}

fn is_peers_fault(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
