//! Opening a WebSocket (RFC 6455, section 4.2) on a request that asks for one.
//!
//! The few lines are ours and not axum's because the byte stream itself is needed: to see whether a slow peer takes
//! anything at all, and to read away what a refused peer still sends, so that the reason for closing reaches it before
//! the connection is reset.

use axum::response::{IntoResponse as _, Response};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::line::Line;
use super::refusal::Refusal;

/// A WebSocket.
pub(crate) type Socket = WebSocketStream<Line<TokioIo<Upgraded>>>;

/// A request that asks for a WebSocket and may have one.
pub(crate) struct Handshake {
    accept: HeaderValue,
    connection: OnUpgrade,
}

impl Handshake {
    /// Whether the request asks for a WebSocket.
    pub(crate) fn of(parts: &mut Parts) -> Result<Self, Refusal> {
        let headers = &parts.headers;
        let asks = parts.method == Method::GET
            && lists(headers, &CONNECTION, "upgrade")
            && lists(headers, &UPGRADE, "websocket")
            && lists(headers, &SEC_WEBSOCKET_VERSION, "13");
        let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks).ok_or(Refusal::BadRequest)?;
        let accept = derive_accept_key(key.as_bytes());
        let accept = HeaderValue::from_str(&accept).map_err(|_| Refusal::BadRequest)?;
        let connection = parts.extensions.remove::<OnUpgrade>().ok_or(Refusal::BadRequest)?;
        Ok(Self { accept, connection })
    }

    /// Answers 101, and runs `serve` on the socket once it is open. A message of more than `largest` bytes is an error.
    pub(crate) fn open<F, Served>(self, largest: usize, serve: F) -> Response
    where
        F: FnOnce(Socket) -> Served + Send + 'static,
        Served: Future<Output = ()> + Send + 'static,
    {
        let connection = self.connection;
        tokio::spawn(async move {
            let Ok(upgraded) = connection.await else { return };
            let line = Line::new(TokioIo::new(upgraded));
            let socket = WebSocketStream::from_raw_socket(line, Role::Server, Some(config(largest))).await;
            // A task of its own: this one's room is given back, and what runs for hours stays small.
            tokio::spawn(serve(socket));
        });
        let headers = [
            (CONNECTION, HeaderValue::from_static("upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

/// Small buffers: idle sockets are many. The bound on what is written is the sender's, which waits for the peer.
fn config(largest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(4096)
        .max_message_size(Some(largest))
        .max_frame_size(Some(largest))
}

/// Whether a header's comma-separated list holds `word`, in any case.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
}
