//! The end of a WebSocket: what an error means, and how a peer is told why.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Utf8Bytes};

use super::close::{Close, End, Why};
use super::line::Line;

/// How long a peer gets to take the close frame and answer it.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);
/// How much of what a refused peer still sends is read away.
const READ_AWAY: u64 = 4 << 20;

/// How a connection ends whose WebSocket fails.
pub(crate) fn end_of(error: &tungstenite::Error) -> End {
    match error {
        tungstenite::Error::Capacity(_) => End::refused(Close::TOO_LARGE),
        tungstenite::Error::Utf8(_) => End::refused(Close::NOT_TEXT),
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::silent(Why::Lost),
        tungstenite::Error::Protocol(_) => End::refused(Close::PROTOCOL),
        _ => End::silent(Why::Lost),
    }
}

/// Sends the close frame and ends our half of the line, so that the peer need not wait to see the reason. Then reads
/// away what still comes for a moment: bytes left unread would turn our close into a reset, and the reason be lost.
pub(crate) async fn say_goodbye<S>(socket: &mut WebSocketStream<Line<S>>, close: Close)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let goodbye = async {
        let frame =
            CloseFrame { code: CloseCode::from(close.code), reason: Utf8Bytes::from_static(close.reason) };
        socket.close(Some(frame)).await.ok();
        socket.get_mut().shutdown().await.ok();
        let mut away = socket.get_mut().take(READ_AWAY);
        let mut buffer = vec![0_u8; 4096];
        while matches!(away.read(&mut buffer).await, Ok(count) if count > 0) {}
    };
    let _ = timeout(GOODBYE, goodbye).await;
}
