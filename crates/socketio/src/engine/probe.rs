//! A WebSocket that is to take over from polling: it is asked whether it works, and then says when it takes over. Until it
//! does, or if it never does, the connection polls on.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::close::Close;
use super::goodbye::say_goodbye;
use super::handshake::Socket;
use super::registry::{Mailbox, Request, Taken};
use crate::settings::Settings;

/// Runs it until it has taken over, or has failed to.
pub(crate) async fn run(mut socket: Socket, mailbox: &Mailbox, turn: Taken, settings: &Settings) {
    let asked = async {
        tokio::select! {
            ready = asks(&mut socket, mailbox) => ready,
            () = mailbox.gone() => false,
        }
    };
    let ready = timeout(settings.upgrade_timeout, asked).await.unwrap_or(false);
    if ready {
        // If the connection is over meanwhile, the socket goes with it.
        mailbox.ask(Request::Switch(Box::new(socket))).await.ok();
    } else {
        mailbox.ask(Request::Probed(false)).await.ok();
        drop(turn);
        say_goodbye(&mut socket, Close::PROTOCOL).await;
    }
}

/// Whether it asks as it should.
async fn asks(socket: &mut Socket, mailbox: &Mailbox) -> bool {
    if next(socket).await.as_deref() != Some("2probe") {
        return false;
    }
    // First the polls, so that one which is out comes back even if the peer takes over at once.
    if mailbox.ask(Request::Probed(true)).await.is_err() {
        return false;
    }
    let answer = Message::Text(Utf8Bytes::from_static("3probe"));
    socket.send(answer).await.is_ok() && next(socket).await.as_deref() == Some("5")
}

/// The next packet, if it is a text.
async fn next(socket: &mut Socket) -> Option<String> {
    loop {
        match socket.next().await? {
            Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            _ => return None,
        }
    }
}
