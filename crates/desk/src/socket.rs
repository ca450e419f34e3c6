//! One open socket: a client's events in, each begun in its turn and acknowledged in the order in which they came; and what
//! has happened out, pulled in the order in which it is due.

mod ask;
mod begin;
mod lists;
mod marks;
mod show;
mod turns;
mod works;

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hearken_core::actor::{Actor, Person};
use hearken_core::ids::ConversationId;
use hearken_core::node::{Connection, Parting};
use hearken_core::{Core, Ended, Subscription};
use hearken_socketio::{Client, Close, Closed, Event, Outgoing, Why};
use jiff::Timestamp;

use self::begin::First;
pub use self::begin::{NotBegun, Opening, open};
use self::marks::Marks;
use self::show::{Seen, Unshown};
use self::turns::Turns;
use self::works::{Done, Works};
use crate::encode::Viewer;
use crate::presence;
use crate::stored::Side;

/// The sign-in is over (common.md, "Signing in").
const SIGNED_OUT: Close = Close::new(4401, "signed out");
/// More events wait than may (contract, `desk.rate`).
const TOO_MANY: Close = Close::new(1008, "too many events at once");

/// A socket.
pub struct Socket {
    core: Core,
    actor: Actor,
    person: Person,
    viewer: Viewer,
    side: Side,
    /// `desk.max_chats_per_agent`.
    most_chats: Option<usize>,
    subscription: Subscription,
    /// Events that wait for their turn.
    turns: Turns,
    /// Events that have been begun, and not been acknowledged.
    works: Works,
    /// What is to go out before anything else.
    out: VecDeque<Outgoing>,
    /// How much has gone out.
    handed: u64,
    /// A visitor's open chat, as far as this socket has heard.
    chat: Option<ConversationId>,
    /// Something to show that something has to be looked up for first.
    unshown: Option<Box<Unshown>>,
    /// What the first lists have told already.
    seen: Seen,
    /// How far of each chat of this person's has been shown, and has arrived.
    marks: Marks,
    /// Says anew that the person is here, because his line was taken for lost.
    contradiction: Option<BoxFuture<'static, ()>>,
    /// When it has to be looked whether the sign-in still lives.
    expiry: Pin<Box<tokio::time::Sleep>>,
    closing: Option<Close>,
    line: Connection,
}

/// What `next` has woken for.
enum Woken {
    Done(Done),
    Expired,
    Turn,
    LookedUp,
    Contradicted,
    Delivery(hearken_core::Delivery),
}

impl Socket {
    fn new(
        opening: Opening,
        (actor, viewer): (Actor, Viewer),
        subscription: Subscription,
        line: Connection,
        first: First,
    ) -> Self {
        let Opening { core, person, side, most_chats, rate, .. } = opening;
        let expiry = until(&core, person.credential.expires());
        Self {
            core,
            actor,
            person,
            viewer,
            side,
            most_chats,
            subscription,
            turns: Turns::new(rate),
            works: Works::default(),
            out: first.packets.into_iter().map(Outgoing::Event).collect(),
            handed: 0,
            chat: first.own_chat,
            unshown: None,
            seen: first.seen,
            marks: first.marks,
            contradiction: None,
            expiry: Box::pin(tokio::time::sleep(expiry)),
            closing: None,
            line,
        }
    }

    /// What is at hand: a goodbye, or what is to go out first.
    fn at_hand(&mut self) -> Option<Outgoing> {
        if let Some(close) = self.closing {
            return Some(Outgoing::Close(close));
        }
        let out = self.out.pop_front()?;
        if self.out.is_empty() {
            // An idle socket holds nothing.
            self.out.shrink_to_fit();
        }
        self.handed += 1;
        Some(out)
    }

    fn end(&mut self, ended: Ended) {
        self.closing = Some(close_for(ended));
    }

    /// The token has ended: the sign-in behind it may live on, as it was refreshed meanwhile.
    async fn look_at_sign_in(&mut self) {
        match self.core.lives_on_until(&self.person).await {
            Ok(Some(then)) => self.expiry = Box::pin(tokio::time::sleep(until(&self.core, then))),
            Ok(None) => self.end(Ended::SignedOut),
            Err(_) => self.end(Ended::Unavailable),
        }
    }

    /// Says that the person is here after all. What is polled once here is queued before anything that this socket's end
    /// might bring.
    fn contradict(&mut self) {
        let (core, actor) = (self.core.clone(), self.actor.clone());
        let mut again = async move {
            // Whatever fails fails for everybody; his next socket says it anew.
            let _ = presence::arrive(&core, &actor).await;
            let _ = presence::come_back(&core, &actor).await;
        }
        .boxed();
        if (&mut again).now_or_never().is_none() {
            self.contradiction = Some(again);
        }
    }

    async fn wake(&mut self) -> Woken {
        tokio::select! {
            biased;
            done = self.works.next(), if !self.works.is_empty() => Woken::Done(done),
            () = self.expiry.as_mut() => Woken::Expired,
            () = self.turns.next(), if self.turns.has_to_wait() => Woken::Turn,
            () = show::look_up(&mut self.unshown), if self.unshown.is_some() => Woken::LookedUp,
            () = in_time(&mut self.contradiction), if self.contradiction.is_some() => Woken::Contradicted,
            delivery = self.subscription.next(), if self.unshown.is_none() => Woken::Delivery(delivery),
        }
    }
}

impl Client for Socket {
    /// What is over its rate waits here, so that it can be counted; only where it is large is no more of it read.
    fn is_ready(&self) -> bool {
        self.closing.is_none() && self.turns.has_room()
    }

    fn receive(&mut self, event: Event) {
        if !self.turns.add(event) {
            self.closing = Some(TOO_MANY);
        }
        self.begin_some();
    }

    async fn next(&mut self) -> Option<Outgoing> {
        let was_ready = self.is_ready();
        loop {
            self.begin_some();
            if let Some(out) = self.at_hand() {
                return Some(out);
            }
            if !was_ready && self.is_ready() {
                return None;
            }
            match self.wake().await {
                Woken::Done(done) => self.done(done),
                Woken::Expired => self.look_at_sign_in().await,
                Woken::Turn => {}
                Woken::LookedUp => self.show_unshown(),
                Woken::Contradicted => self.contradiction = None,
                Woken::Delivery(delivery) => self.show(delivery),
            }
        }
    }

    fn try_next(&mut self) -> Option<Outgoing> {
        loop {
            self.begin_some();
            if let Some(out) = self.at_hand() {
                return Some(out);
            }
            if let Some(done) = self.works.try_next() {
                self.done(done);
            } else if self.unshown.is_none() {
                let delivery = self.subscription.try_next()?;
                self.show(delivery);
            } else {
                return None;
            }
        }
    }

    fn over(&self) -> Option<Close> {
        self.subscription.ended().map(close_for)
    }

    fn arrived(&mut self, outgoing: u64) {
        self.marks.arrived(outgoing);
    }

    /// Whoever says goodbye has left; any other line is lost, and how far it had got is kept for whoever comes back.
    fn closed(mut self, how: Closed) {
        if matches!(how.why, Why::Disconnected | Why::ClosedByPeer) {
            return self.line.close(Parting::Left);
        }
        self.marks.arrived(how.arrived);
        for (chat, got) in self.marks.known() {
            // Queued with the call; nobody waits for what becomes of it.
            drop(presence::note(&self.core, &self.actor, chat, got));
        }
        self.line.close(Parting::Lost);
    }
}

async fn in_time(future: &mut Option<BoxFuture<'static, ()>>) {
    if let Some(future) = future {
        future.await;
    }
}

/// How a subscription's end is told.
pub(crate) fn close_for(ended: Ended) -> Close {
    match ended {
        Ended::SignedOut => SIGNED_OUT,
        Ended::Changed | Ended::TooSlow | Ended::Unavailable => Close::TRY_AGAIN,
        Ended::ShuttingDown => Close::RESTART,
    }
}

/// How long it is until then, by the machine's own date.
fn until(core: &Core, then: Timestamp) -> Duration {
    Duration::from_millis((then.as_millisecond() - core.wall().as_millisecond()).max(0) as u64)
}
