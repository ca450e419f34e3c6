//! One open socket: frames in, each decoded to one rule; and frames out, pulled in the order they are due.

mod ask;
mod reply;
mod room;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hearken_core::account::{Account, Phone};
use hearken_core::actor::{Actor, Person};
use hearken_core::ids::AccountId;
use hearken_core::store::{AccountRef, StoreError};
use hearken_core::{Core, Delivery, Ended, Handing, Subscription};
use hearken_transport::rate::Rate;
use hearken_transport::{Close, Door, Incoming, Outgoing};
use jiff::Timestamp;

use self::reply::Reply;
use crate::encode::{self, Shown, Viewer};
use crate::presence::Connected;
use crate::rules::Refusal;
use crate::rules::dialogue::Pair;
use crate::settings::Settings;
use crate::timestamp::server_time;
use crate::wire::{AUTHENTICATION, ErrorFrame, ROOM, SocketKind};

/// How many answers a socket may have on the way before it has to wait with its next frame.
const MOST_REPLIES: usize = 64;

/// What a socket is for.
pub enum Purpose {
    /// Everything for one person.
    Receive,
    /// Sending in one personal chat.
    Personal {
        /// The two.
        pair: Pair,
        /// The key of their conversation.
        key: Arc<str>,
        /// The other's number.
        peer_phone: Arc<str>,
    },
    /// Sending in one group.
    Group {
        /// Its key.
        key: Arc<str>,
    },
    /// Sending in one room.
    Room {
        /// The two.
        pair: Pair,
        /// The key of their room.
        key: Arc<str>,
    },
}

impl Purpose {
    fn kind(&self) -> SocketKind {
        match self {
            Self::Receive => SocketKind::Special,
            Self::Personal { .. } => SocketKind::Personal,
            Self::Group { .. } => SocketKind::Group,
            Self::Room { .. } => SocketKind::Room,
        }
    }

    /// What is the matter when its chat is not there. A personal chat is opened by whoever speaks, so there the other is
    /// gone for good.
    fn missing(&self) -> Refusal {
        match self {
            Self::Receive | Self::Personal { .. } => Refusal::Stranger,
            Self::Group { .. } => Refusal::Ended,
            Self::Room { .. } => Refusal::RoomOver,
        }
    }
}

/// A socket.
pub struct Socket {
    core: Core,
    settings: Settings,
    actor: Actor,
    person: Person,
    phone: Arc<str>,
    purpose: Purpose,
    subscription: Subscription,
    rate: Rate,
    replies: VecDeque<Reply>,
    /// A frame whose number has to be looked up first; the next ones wait.
    stalled: Option<Stalled>,
    /// Something to show that names an account which has to be looked up first.
    unshown: Option<(Delivery, AccountId)>,
    /// When it has to be looked whether the sign-in still lives.
    expiry: Pin<Box<tokio::time::Sleep>>,
    closing: Option<Close>,
    _connected: Option<Connected>,
}

struct Stalled {
    frame: String,
    lookup: BoxFuture<'static, Result<Option<Arc<Account>>, StoreError>>,
}

/// What a socket is opened with.
pub struct Opening {
    /// The core.
    pub core: Core,
    /// The door's settings.
    pub settings: Settings,
    /// Whose socket it is.
    pub person: Person,
    /// His number.
    pub phone: Phone,
    /// What it is for.
    pub purpose: Purpose,
    /// What it follows; one that only sends follows nothing, but hears when its sign-in ends.
    pub subscription: Subscription,
    /// That its holder is there, as long as it is open.
    pub connected: Option<Connected>,
}

impl Socket {
    /// Opens it.
    pub fn new(opening: Opening) -> Self {
        let Opening { core, settings, person, phone, purpose, subscription, connected } = opening;
        let left = until(&core, person.credential.expires());
        Self {
            rate: Rate::new(settings.rate),
            actor: Actor::Person(person.clone()),
            phone: phone.as_str().into(),
            core,
            settings,
            person,
            purpose,
            subscription,
            replies: VecDeque::new(),
            stalled: None,
            unshown: None,
            expiry: Box::pin(tokio::time::sleep(left)),
            closing: None,
            _connected: connected,
        }
    }

    /// The other end as the path names it: what an error frame says when the frame itself can't be read.
    fn path_to(&self) -> &str {
        match &self.purpose {
            Purpose::Receive => &self.phone,
            Purpose::Personal { peer_phone, .. } => peer_phone,
            Purpose::Group { key } => key,
            Purpose::Room { .. } => ROOM,
        }
    }

    fn error_frame(&self, kind: &str, message: &str) -> String {
        let error = ErrorFrame { message, kind, msg_from: &self.phone, msg_to: self.path_to() };
        error.written(&server_time(self.core.now()))
    }

    /// Shows a delivery, keeps it for later when an account has to be looked up, or has nothing to show.
    fn show(&mut self, delivery: Delivery) -> Option<Outgoing> {
        let viewer =
            Viewer { account: self.person.account.id, phone: &self.phone, sign_in: self.person.sign_in };
        let known = |id| self.core.account_at_hand(id);
        let shown = match &delivery {
            Delivery::Event(event) => encode::event(event, &viewer, known),
            Delivery::Signal(signal) => encode::signal(signal, &viewer, known),
            Delivery::Notice(notice) => encode::notice(notice, &self.phone, known),
            Delivery::Ended(ended) => return Some(self.end(*ended)),
        };
        match shown {
            Shown::Frame(frame) => self.hands_over(&delivery).then_some(Outgoing::Frame(frame)),
            Shown::Nothing => {
                self.hands_over(&delivery);
                None
            }
            // Better a reason to come back than a gap that nobody knows of.
            Shown::Missed => Some(self.end(Ended::TooSlow)),
            Shown::Needs(id) => {
                self.unshown = Some((delivery, id));
                None
            }
        }
    }

    /// Whether this is to be shown. A notice is handed over with that, and kept no longer, though nothing of it can be
    /// shown.
    fn hands_over(&self, delivery: &Delivery) -> bool {
        match delivery {
            Delivery::Notice(notice) => self.core.hand_over(notice, Handing::Live),
            Delivery::Event(_) | Delivery::Signal(_) | Delivery::Ended(_) => true,
        }
    }

    fn end(&mut self, ended: Ended) -> Outgoing {
        let close = close_for(ended);
        if close != Close::SignedOut {
            return Outgoing::Close(close);
        }
        self.closing = Some(close);
        Outgoing::Frame(self.error_frame(AUTHENTICATION, "you have been signed out"))
    }

    /// The token has ended: the sign-in behind it may live on, as it was refreshed meanwhile.
    async fn look_at_sign_in(&mut self) -> Option<Outgoing> {
        match self.core.lives_on_until(&self.person).await {
            Ok(Some(then)) => {
                self.expiry = Box::pin(tokio::time::sleep(until(&self.core, then)));
                None
            }
            Ok(None) => Some(self.end(Ended::SignedOut)),
            Err(_) => Some(self.end(Ended::Unavailable)),
        }
    }

    /// Looks up the account that something unshown names, and shows it.
    async fn show_unshown(&mut self) -> Option<Outgoing> {
        let (_, id) = self.unshown.as_ref()?;
        let found = self.core.account(&AccountRef::Id(*id)).await;
        let (delivery, _) = self.unshown.take()?;
        match found {
            Ok(Some(_)) => self.show(delivery),
            // Who is gone for good sends nothing any more.
            Ok(None) => {
                self.hands_over(&delivery);
                None
            }
            Err(_) => Some(self.end(Ended::Unavailable)),
        }
    }

    /// Takes up a frame again whose number has been looked up.
    async fn resume_stalled(&mut self) {
        let Some(stalled) = self.stalled.as_mut() else { return };
        let found = (&mut stalled.lookup).await;
        let Some(Stalled { frame, .. }) = self.stalled.take() else { return };
        self.take_up(&frame, found.is_ok());
    }
}

impl Door for Socket {
    fn is_ready(&self) -> bool {
        self.replies.len() < MOST_REPLIES && self.stalled.is_none() && self.closing.is_none()
    }

    fn receive(&mut self, incoming: Incoming<'_>) {
        match incoming {
            Incoming::Text(text) => self.ask(text),
            Incoming::Binary => {
                // Counts like any other frame; whoever sends too many is told no more than that.
                self.rate.allow(self.core.elapsed());
                let frame = self.error_frame("parse", "frames are text");
                self.replies.push_back(Reply::Ready(frame));
            }
        }
    }

    async fn next(&mut self) -> Option<Outgoing> {
        let was_ready = self.is_ready();
        loop {
            if let Some(close) = self.closing {
                return Some(Outgoing::Close(close));
            }
            // Frames that are answered with nothing, or whose number has been looked up, make room for others.
            if !was_ready && self.is_ready() {
                return None;
            }
            let shown = tokio::select! {
                biased;
                frame = reply::next(&mut self.replies, &self.core), if !self.replies.is_empty() => {
                    frame.map(Outgoing::Frame)
                }
                () = self.expiry.as_mut() => self.look_at_sign_in().await,
                () = std::future::ready(()), if self.unshown.is_some() => self.show_unshown().await,
                () = std::future::ready(()), if self.stalled.is_some() => {
                    self.resume_stalled().await;
                    None
                }
                delivery = self.subscription.next() => self.show(delivery),
            };
            if shown.is_some() {
                return shown;
            }
        }
    }

    fn over(&self) -> Option<Close> {
        self.subscription.ended().map(close_for)
    }

    fn try_next(&mut self) -> Option<Outgoing> {
        if self.closing.is_some() {
            return None;
        }
        if let Some(frame) = reply::try_next(&mut self.replies, &self.core) {
            return Some(Outgoing::Frame(frame));
        }
        while self.unshown.is_none() {
            let delivery = self.subscription.try_next()?;
            if let Some(shown) = self.show(delivery) {
                return Some(shown);
            }
        }
        None
    }
}

fn close_for(ended: Ended) -> Close {
    match ended {
        Ended::SignedOut => Close::SignedOut,
        Ended::Changed | Ended::TooSlow | Ended::Unavailable => Close::TryAgain,
        Ended::ShuttingDown => Close::Restart,
    }
}

/// How long it is until then, by the machine's own date.
fn until(core: &Core, then: Timestamp) -> Duration {
    Duration::from_millis((then.as_millisecond() - core.wall().as_millisecond()).max(0) as u64)
}
