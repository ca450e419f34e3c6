//! What has happened, shown: each delivery becomes what it is for this viewer, once what it names has been looked up.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hearken_core::account::Account;
use hearken_core::event::Event;
use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::store::AccountRef;
use hearken_core::{Core, Delivery, Ended, Kind as _, ReadError};
use hearken_socketio::Outgoing;

use super::Socket;
use super::lists::{Budget, said};
use crate::encode::{self, Shown};
use crate::rows::{Reach, Row};
use crate::stored::{Chat, Happening, What, staff_in};

/// What the first lists have told already: of these chats, everything up to these places. In order of the chats.
pub(super) struct Seen(pub(super) Box<[(ConversationId, Seq)]>);

impl Seen {
    fn has(&self, event: &Event) -> bool {
        let found = self.0.binary_search_by_key(&event.conversation.id, |(chat, _)| *chat);
        found.is_ok_and(|at| event.seq <= self.0[at].1)
    }
}

/// Something to show that something has to be looked up for first.
pub(super) struct Unshown {
    delivery: Delivery,
    accounts: Vec<Arc<Account>>,
    said: Option<Vec<Row>>,
    lookup: BoxFuture<'static, Found>,
    found: Option<Found>,
}

enum Found {
    Account(Arc<Account>),
    Rows(Vec<Row>),
    /// It is gone for good.
    Nothing,
    /// The store can't be read.
    Unavailable,
}

/// Waits for what is looked up. Dropping the future loses nothing.
pub(super) async fn look_up(unshown: &mut Option<Box<Unshown>>) {
    if let Some(unshown) = unshown
        && unshown.found.is_none()
    {
        unshown.found = Some((&mut unshown.lookup).await);
    }
}

impl Socket {
    /// Shows a delivery: what it is for the viewer goes out, or it is kept until something is looked up.
    pub(super) fn show(&mut self, delivery: Delivery) {
        if let Delivery::Event(event) = &delivery
            && self.seen.has(event)
        {
            return;
        }
        self.show_knowing(delivery, Vec::new(), None);
    }

    /// Shows what was kept, now that something has been looked up.
    pub(super) fn show_unshown(&mut self) {
        let Some(unshown) = self.unshown.take() else { return };
        let Unshown { delivery, mut accounts, mut said, found, .. } = *unshown;
        match found {
            Some(Found::Account(account)) => accounts.push(account),
            Some(Found::Rows(rows)) => said = Some(rows),
            Some(Found::Nothing) => return self.passed(&delivery),
            Some(Found::Unavailable) | None => return self.end(Ended::Unavailable),
        }
        self.show_knowing(delivery, accounts, said);
    }

    fn show_knowing(&mut self, delivery: Delivery, accounts: Vec<Arc<Account>>, said: Option<Vec<Row>>) {
        let known = |id: AccountId| {
            let looked_up = accounts.iter().find(|account| account.id == id);
            looked_up.cloned().or_else(|| self.core.account_at_hand(id))
        };
        let shown = match &delivery {
            Delivery::Event(event) => encode::event(event, self.viewer, known, said.as_deref()),
            Delivery::Signal(signal) => encode::signal(signal, self.viewer, known),
            // The desk sends none.
            Delivery::Notice(_) => Shown::Packets(Vec::new()),
            Delivery::Ended(ended) => return self.end(*ended),
        };
        let lookup = match (shown, &delivery) {
            (Shown::Packets(packets), _) => {
                self.out.extend(packets.into_iter().map(Outgoing::Event));
                return self.passed(&delivery);
            }
            (Shown::LineLost, _) => {
                self.contradict();
                return self.passed(&delivery);
            }
            (Shown::NeedsAccount(id), _) => look_for(self.core.clone(), id),
            (Shown::NeedsRows, Delivery::Event(event)) => said_before(self.core.clone(), Arc::clone(event)),
            (Shown::NeedsRows, _) => return,
        };
        self.unshown = Some(Box::new(Unshown { delivery, accounts, said, lookup, found: None }));
    }

    /// This has been shown, as far as there was anything to show.
    fn passed(&mut self, delivery: &Delivery) {
        let Delivery::Event(event) = delivery else { return };
        if event.conversation.kind != Chat::NAME {
            return;
        }
        let Some(happening) = event.body.as_ref().and_then(|body| body.get::<Happening>()) else { return };
        let (me, chat) = (self.viewer.account, event.conversation.id);
        let (visits, serves) = (happening.room.visitor == me, staff_in(event) == Some(me));
        // Of these the event names the other one.
        let takes = matches!(happening.what, What::TakenOver { .. }) && event.author == Some(me);
        if !(visits || serves || takes) {
            return;
        }
        let over = match happening.what {
            What::Left { .. } => true,
            What::Returned => serves,
            What::TakenOver { .. } => serves && !takes,
            _ => false,
        };
        if visits {
            self.chat = if over { self.chat.filter(|own| *own != chat) } else { Some(chat) };
        }
        if over {
            self.marks.forget(chat);
        } else {
            // Whatever waits to go out goes before it.
            self.marks.shown(chat, event.seq, self.handed + self.out.len() as u64);
        }
    }
}

fn look_for(core: Core, id: AccountId) -> BoxFuture<'static, Found> {
    Box::pin(async move {
        match core.account(&AccountRef::Id(id)).await {
            Ok(found) => found.map_or(Found::Nothing, Found::Account),
            Err(_) => Found::Unavailable,
        }
    })
}

/// What had been said in a chat when this happened. Whoever is told of it may see all of it: so the server itself reads.
fn said_before(core: Core, event: Arc<Event>) -> BoxFuture<'static, Found> {
    Box::pin(async move {
        let skipped = event.body.as_ref().and_then(|body| body.get::<Happening>()).map(|it| it.skipped);
        let reach =
            Reach { chat: event.conversation.id, last: event.seq, skipped: skipped.unwrap_or_default() };
        match said(&core, reach, &mut Budget::whole()).await {
            Ok(rows) => Found::Rows(rows),
            Err(ReadError::NotFound) => Found::Nothing,
            Err(ReadError::Store(_)) => Found::Unavailable,
        }
    })
}
