//! Opening a WebSocket (RFC 6455, section 4.2) on a request that asks for one.
//!
//! The handshake's few lines are ours and not axum's because the pump needs the byte stream itself: to see whether
//! a slow peer takes anything at all, and to read away what a refused peer still sends, so that the reason for
//! closing reaches it before the connection is reset.

use std::future::Future;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::line::Line;
use crate::stream::Stream;

/// A request that asks for a WebSocket and may have one.
pub struct Upgrade {
    accept: HeaderValue,
    connection: OnUpgrade,
}

/// A request to a socket's path that does not ask for a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnUpgrade;

impl IntoResponse for NotAnUpgrade {
    fn into_response(self) -> Response {
        let headers = [(UPGRADE, "websocket"), (SEC_WEBSOCKET_VERSION, "13")];
        (StatusCode::UPGRADE_REQUIRED, headers, "this is a WebSocket\n").into_response()
    }
}

impl Upgrade {
    /// Answers 101, and runs `serve` on the socket once it is open.
    ///
    /// `largest` is the most bytes a message may have; the socket closes with 1009 on more.
    pub fn open<F, Served>(self, largest: usize, serve: F) -> Response
    where
        F: FnOnce(WebSocketStream<Line<Stream>>) -> Served + Send + 'static,
        Served: Future<Output = ()> + Send + 'static,
    {
        let connection = self.connection;
        tokio::spawn(async move {
            let Ok(upgraded) = connection.await else { return };
            let Ok(parts) = upgraded.downcast::<TokioIo<Stream>>() else {
                tracing::error!("a WebSocket came over something else than a connection");
                return;
            };
            let line = Line::new(parts.io.into_inner());
            let early = parts.read_buf.to_vec();
            let config = Some(config(largest));
            let socket = WebSocketStream::from_partially_read(line, early, Role::Server, config).await;
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

/// Small buffers: idle sockets are many. What one wake brings fits the write buffer, and is flushed once.
fn config(largest: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(4096)
        .max_write_buffer_size(1 << 20)
        .max_message_size(Some(largest))
        .max_frame_size(Some(largest))
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = NotAnUpgrade;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotAnUpgrade> {
        let headers = &parts.headers;
        let asks = parts.method == Method::GET
            && lists(headers, &CONNECTION, "upgrade")
            && lists(headers, &UPGRADE, "websocket")
            && lists(headers, &SEC_WEBSOCKET_VERSION, "13");
        let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks).ok_or(NotAnUpgrade)?;
        let accept = derive_accept_key(key.as_bytes());
        let accept = HeaderValue::from_str(&accept).map_err(|_| NotAnUpgrade)?;
        let connection = parts.extensions.remove::<OnUpgrade>().ok_or(NotAnUpgrade)?;
        Ok(Self { accept, connection })
    }
}

/// Whether a header's comma-separated list holds `word`, in any case.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
}
