//! The task of a connection that polls. What comes by POST is handed over as the channel takes it, and what goes out is
//! pulled only for a poll that waits, so a client that does not come back for it costs no memory.

mod polled;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep_until, timeout};

use self::polled::{LAST_POLL, Polled, Stop};
use super::channel::{Channel, Outgoing};
use super::close::{End, Why};
use super::connection::Connection;
use super::registry::Request;
use super::websocket::{self, Wired};

/// What the loop woke for.
enum Woken {
    Request(Request),
    Outgoing(Option<Outgoing>),
    /// Who polled has gone away.
    BrokenOff,
    Alarm,
}

/// Runs a connection until it ends, or has a WebSocket.
pub(crate) async fn run<C: Channel>(connection: Connection<C>, mut requests: mpsc::Receiver<Request>) {
    let mut polled = Polled::new(connection);
    let stop = drive(&mut polled, &mut requests).await;
    match stop {
        Stop::Switch(socket) => {
            let Polled { mut connection, answered, .. } = *polled;
            if answered {
                // The peer says that it goes over when it has its answer.
                connection.channel.passed();
            }
            if let Some(registered) = &connection.registered {
                registered.upgraded();
            }
            // A task of its own: this one's room is given back.
            tokio::spawn(websocket::run(Wired::new(connection, *socket), None));
        }
        // What still waits goes unanswered, which its requests tell the peer.
        Stop::End(end) => polled.connection.channel.closed(end.why),
        Stop::Answered(end, packet) => {
            let Polled { mut connection, poll, .. } = *polled;
            connection.channel.closed(end.why);
            let registered = connection.registered;
            let poll = match poll {
                None => last_poll(end, &mut requests).await,
                poll => poll,
            };
            if let Some(poll) = poll {
                drop(registered);
                poll.send(packet.to_owned()).ok();
            }
        }
    }
}

/// The poll of a peer that closes may have been overtaken by its close packet, and waits for an answer as well.
async fn last_poll(end: End, requests: &mut mpsc::Receiver<Request>) -> Option<oneshot::Sender<String>> {
    if end != End::CLOSED {
        return None;
    }
    match timeout(LAST_POLL, requests.recv()).await {
        Ok(Some(Request::Poll(poll))) => Some(poll),
        _ => None,
    }
}

async fn drive<C: Channel>(polled: &mut Polled<C>, requests: &mut mpsc::Receiver<Request>) -> Stop {
    let timer = sleep_until(polled.connection.heart.alarm());
    tokio::pin!(timer);
    loop {
        if let Err(end) = polled.hand_over() {
            // The protocol wants the poll of a peer that closes answered with a packet of no meaning.
            let noop = end == End::CLOSED;
            return if noop { Stop::Answered(end, "6") } else { Stop::End(end) };
        }
        if let Some(close) = polled.connection.channel.over() {
            return Stop::End(End::ours(close));
        }
        let due = polled.due();
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        let waits = polled.poll.is_some();
        let woken = tokio::select! {
            Some(request) = requests.recv() => Woken::Request(request),
            outgoing = polled.connection.channel.next(), if waits => Woken::Outgoing(outgoing),
            () = broken_off(&mut polled.poll), if waits => Woken::BrokenOff,
            () = &mut timer => Woken::Alarm,
        };
        let done = match woken {
            Woken::Request(request) => polled.take(request),
            Woken::Outgoing(Some(outgoing)) => polled.answer(Some(outgoing)),
            Woken::Outgoing(None) => Ok(()),
            Woken::BrokenOff => Err(End::silent(Why::Lost).into()),
            Woken::Alarm => polled.alarm(),
        };
        if let Err(stop) = done {
            return stop;
        }
    }
}

/// Waits until who polled has gone away.
async fn broken_off(poll: &mut Option<oneshot::Sender<String>>) {
    match poll {
        Some(poll) => poll.closed().await,
        None => std::future::pending().await,
    }
}
