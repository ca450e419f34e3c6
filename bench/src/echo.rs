//! The raw echo: what sockets alone cost, on the same WebSocket library and the same buffers as
//! the product, with one worker thread and nothing behind it. `/echo` sends each text back on its
//! own socket; `/pair/{n}/a` and `/pair/{n}/b` hand a's texts to b and back to a (as the
//! acknowledgement) and b's to a (as the receipt); `/group/{n}/send` hands texts to every
//! `/group/{n}/listen` and back to the sender. No text is looked into.

use std::future::pending;
use std::io::Write;
use std::net::SocketAddr;

use anyhow::Result;
use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::mpsc::Receiver;

use crate::relay::{Peers, Relay, Role};

/// Runs the echo until the process is ended.
pub(crate) fn serve(listen: SocketAddr) -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        writeln!(std::io::stdout(), "listening on http://{}", listener.local_addr()?)?;
        let listener = listener.tap_io(|stream| {
            // Without it small frames wait for each other; a socket that refuses is merely slow.
            let _ = stream.set_nodelay(true);
        });
        // From a worker of its own: `block_on` would run the accept loop on a second thread.
        Ok(tokio::spawn(async move { axum::serve(listener, router()).await }).await??)
    })
}

fn router() -> Router {
    Router::new()
        .route("/echo", get(|upgrade: WebSocketUpgrade| async { accept(upgrade, Peers::none(), None) }))
        .route("/pair/{number}/{side}", get(join))
        .route("/group/{number}/{side}", get(join))
        .with_state(Relay::default())
}

async fn join(
    State(relay): State<Relay>,
    Path((number, side)): Path<(u32, String)>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, StatusCode> {
    let role = Role::named(&side).ok_or(StatusCode::NOT_FOUND)?;
    let (peers, inbox) = relay.join(number, role).ok_or(StatusCode::TOO_MANY_REQUESTS)?;
    Ok(accept(upgrade, peers, Some(inbox)))
}

fn accept(upgrade: WebSocketUpgrade, peers: Peers, inbox: Option<Receiver<Utf8Bytes>>) -> Response {
    upgrade.read_buffer_size(1024).write_buffer_size(4096).max_message_size(64 * 1024).on_upgrade(
        move |socket| async move {
            // An error here is a client that went away, which is how every run ends.
            let _ = pump(socket, &peers, inbox).await;
        },
    )
}

/// Writes everything that one wake brought and flushes once, from both directions.
async fn pump(
    mut socket: WebSocket,
    peers: &Peers,
    mut inbox: Option<Receiver<Utf8Bytes>>,
) -> Result<(), axum::Error> {
    loop {
        tokio::select! {
            Some(text) = next(&mut inbox) => {
                socket.feed(Message::Text(text)).await?;
                while let Some(text) = inbox.as_mut().and_then(|inbox| inbox.try_recv().ok()) {
                    socket.feed(Message::Text(text)).await?;
                }
            }
            frame = socket.next() => {
                let mut frame = frame;
                loop {
                    let Some(message) = frame.transpose()? else { return Ok(()) };
                    if let Message::Text(text) = message && !answer(text, &mut socket, peers).await? {
                        return Ok(());
                    }
                    match socket.next().now_or_never() {
                        Some(more) => frame = more,
                        None => break,
                    }
                }
            }
        }
        socket.flush().await?;
    }
}

async fn next(inbox: &mut Option<Receiver<Utf8Bytes>>) -> Option<Utf8Bytes> {
    match inbox {
        Some(inbox) => inbox.recv().await,
        None => pending().await,
    }
}

/// Hands a text on and, where its sender wants an acknowledgement, back. False if a peer's inbox
/// is full, which no run with answers to wait for can bring about.
async fn answer(text: Utf8Bytes, socket: &mut WebSocket, peers: &Peers) -> Result<bool, axum::Error> {
    let delivered = peers.hand_on(&text);
    if peers.acknowledged() {
        socket.feed(Message::Text(text)).await?;
    }
    Ok(delivered)
}
