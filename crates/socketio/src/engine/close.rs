//! Why connections end.

/// How the server closes a connection: the code and the reason of the WebSocket's close frame (RFC 6455, section 7.4). A
/// polling client has its poll answered with an error and connects again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// 1000 to 4999.
    pub code: u16,
    /// Up to 123 bytes.
    pub reason: &'static str,
}

impl Close {
    /// All is said.
    pub const NORMAL: Self = Self::new(1000, "");
    /// Against the protocol.
    pub const PROTOCOL: Self = Self::new(1002, "not the protocol");
    /// A text that is no UTF-8.
    pub const NOT_TEXT: Self = Self::new(1007, "the message is not UTF-8");
    /// Not wanted here.
    pub const REFUSED: Self = Self::new(1008, "refused");
    /// Over a limit.
    pub const TOO_LARGE: Self = Self::new(1009, "the message is too large");
    /// The server is stopping.
    pub const RESTART: Self = Self::new(1012, "the server is restarting");
    /// The peer does not take what waits for it, or the server can't go on.
    pub const TRY_AGAIN: Self = Self::new(1013, "try again later");

    /// With a code and a reason of one's own.
    pub const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// Why a connection, or a client on it, has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The peer left the namespace by a DISCONNECT.
    Disconnected,
    /// The peer closed the connection: by a close packet, or its WebSocket with code 1000.
    ClosedByPeer,
    /// The line is gone: ended or reset, or the WebSocket closed with another code or none, or a poll broken off.
    Lost,
    /// No pong came in time.
    PingTimeout,
    /// The peer took nothing for too long while something waited for it.
    Stuck,
    /// The peer did what it must not: against the protocol, over a limit, no CONNECT in time.
    Refused,
    /// Closed by the application, or refused by it with the connection; after [`Outgoing::Disconnect`](crate::Outgoing)
    /// the code is 1000.
    Ours(Close),
}

/// How a connection ended: why, and with what the peer is told, if it is to be told anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) why: Why,
    pub(crate) close: Option<Close>,
}

impl End {
    /// By a close packet.
    pub(crate) const CLOSED: Self = Self { why: Why::ClosedByPeer, close: Some(Close::NORMAL) };

    /// Without a word.
    pub(crate) fn silent(why: Why) -> Self {
        Self { why, close: None }
    }

    /// As the peer's fault.
    pub(crate) fn refused(close: Close) -> Self {
        Self { why: Why::Refused, close: Some(close) }
    }

    /// Because the near end wants it.
    pub(crate) fn ours(close: Close) -> Self {
        Self { why: Why::Ours(close), close: Some(close) }
    }
}
