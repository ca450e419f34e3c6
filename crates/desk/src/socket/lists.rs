//! What a socket is told first: who is there, and which chats there are, as of one moment after it has begun to follow.
//! What it hears later of what is in these lists is left out ([`super::show::Seen`]).

use std::collections::HashMap;
use std::sync::Arc;

use hearken_core::account::Account;
use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, ConversationId, OrganisationId, Seq};
use hearken_core::store::{AccountRef, StoreError};
use hearken_core::{Core, ReadError};

use crate::presence::{self, ListedChat};
use crate::rows::{self, Part, Reach, Row};
use crate::stored::{RowType, Side};
use crate::{chats, wire};

/// How many people of a side are listed.
const MOST_PEOPLE: usize = 1_000;
/// How many chats of the queue, and of one's own, are.
const MOST_CHATS: usize = 500;
/// How many rows of one chat are repeated at most, the newest: what is older can be read over HTTP.
pub(super) const MOST_ROWS: usize = 100;
/// How many bytes of contents one event holds, about.
const MOST_BYTES: usize = 512 << 10;

/// How much more an event may hold.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn whole() -> Self {
        Self(MOST_BYTES)
    }

    /// Drops the oldest rows that there is no room for.
    fn fit(&mut self, rows: &mut Vec<Row>) {
        let mut fitting = 0;
        for row in rows.iter().rev() {
            let Some(left) = self.0.checked_sub(row.size()) else { break };
            self.0 = left;
            fitting += 1;
        }
        rows.drain(..rows.len() - fitting);
    }
}

/// A chat with what was said in it.
struct Told {
    chat: ListedChat,
    rows: Vec<Row>,
}

/// The lists, and up to which places of which chats they tell everything.
pub(super) struct Lists {
    /// The event's arguments.
    pub(super) json: String,
    pub(super) seen: Vec<(ConversationId, Seq)>,
    /// The open chats that the person is in, and their last places.
    pub(super) own: Vec<(ConversationId, Seq)>,
}

/// The newest messages of a chat. Whoever is told of it may see all of it: so the server itself reads.
pub(super) async fn said(core: &Core, reach: Reach, budget: &mut Budget) -> Result<Vec<Row>, ReadError> {
    let mut rows = all_rows(core, reach, budget).await?;
    rows.retain(Row::is_message);
    Ok(rows)
}

async fn all_rows(core: &Core, reach: Reach, budget: &mut Budget) -> Result<Vec<Row>, ReadError> {
    let eyes = Actor::System("the desk repeats what was said");
    let mut rows = rows::read(core, &eyes, reach, Part::NEWEST, MOST_ROWS).await?;
    budget.fit(&mut rows);
    Ok(rows)
}

/// What is read for one socket's lists.
struct Reading<'a> {
    core: &'a Core,
    organisation: OrganisationId,
    accounts: HashMap<AccountId, Arc<Account>>,
    budget: Budget,
    seen: Vec<(ConversationId, Seq)>,
}

impl<'a> Reading<'a> {
    fn new(core: &'a Core, organisation: OrganisationId) -> Self {
        Self { core, organisation, accounts: HashMap::new(), budget: Budget::whole(), seen: Vec::new() }
    }

    /// Remembers these people; who is gone is left out.
    async fn meet(&mut self, ids: Vec<AccountId>) -> Result<(), StoreError> {
        for id in ids {
            if !self.accounts.contains_key(&id)
                && let Some(account) = self.core.account(&AccountRef::Id(id)).await?
            {
                self.accounts.insert(id, account);
            }
        }
        Ok(())
    }

    fn people(&self, ids: &[AccountId]) -> impl Iterator<Item = &Account> {
        ids.iter().filter_map(|id| self.accounts.get(id)).map(AsRef::as_ref)
    }

    /// These chats with their rows. One that is gone meanwhile is left out.
    async fn tell(&mut self, listed: Vec<ListedChat>) -> Result<Vec<Told>, StoreError> {
        let mut told = Vec::with_capacity(listed.len());
        for chat in listed {
            let Some((found, state)) = chats::look_up(self.core, self.organisation, chat.0).await? else {
                continue;
            };
            let reach = Reach { chat: chat.0, last: found.header.last_seq, skipped: state.skipped };
            let rows = match all_rows(self.core, reach, &mut self.budget).await {
                Ok(rows) => rows,
                Err(ReadError::NotFound) => continue,
                Err(ReadError::Store(error)) => return Err(error),
            };
            self.seen.push((chat.0, reach.last));
            told.push(Told { chat, rows });
        }
        let visitors = told.iter().map(|told| told.chat.1.visitor).collect();
        self.meet(visitors).await?;
        Ok(told)
    }

    /// A chat as a dictionary, but for what was said in it.
    fn room<'t>(&'t self, (id, listed): &'t ListedChat) -> Option<wire::Told<'t>> {
        let visitor = self.accounts.get(&listed.visitor)?;
        Some(wire::Told {
            user: Some(wire::User::Visitor(visitor.as_ref().into())),
            room: Some(wire::Room::listed(*id, listed)),
            ..wire::Told::default()
        })
    }

    fn with<'t>(&'t self, told: &'t Told, contents: wire::Contents<'t>) -> Option<wire::Told<'t>> {
        Some(wire::Told { contents: Some(contents), ..self.room(&told.chat)? })
    }
}

/// `staff_init` for somebody of the staff.
pub(super) async fn for_staff(
    core: &Core,
    organisation: OrganisationId,
    me: AccountId,
) -> Result<Lists, StoreError> {
    let mut reading = Reading::new(core, organisation);
    let staff = presence::online(core, organisation, Side::Staff, MOST_PEOPLE).await?;
    let visitors = presence::online(core, organisation, Side::Visitor, MOST_PEOPLE).await?;
    reading.meet([&*staff, &*visitors].concat()).await?;
    let mut own = presence::open_chats(core, me).await?;
    own.truncate(MOST_CHATS);
    let own = reading.tell(own).await?;
    let places = reading.seen.clone();
    let queue = reading.tell(presence::queue(core, organisation, MOST_CHATS).await?).await?;
    let flagged = presence::flagged(core, organisation).await?;
    reading.meet(flagged.iter().map(|(_, listed)| listed.visitor).collect()).await?;
    let init = wire::StaffInit {
        online_users: reading.people(&staff).map(Into::into).collect(),
        online_visitors: reading.people(&visitors).map(Into::into).collect(),
        unclaimed_chats: queue
            .iter()
            .filter_map(|told| reading.with(told, wire::Contents::bare(&told.rows)))
            .collect(),
        flagged_chats: flagged.iter().filter_map(|chat| reading.room(chat)).collect(),
        my_chats: own
            .iter()
            .filter_map(|told| reading.with(told, wire::Contents::rows(&told.rows)))
            .collect(),
    };
    let json = wire::written(&init);
    Ok(Lists { json, seen: reading.seen, own: places })
}

/// `visitor_init` for a visitor.
pub(super) async fn for_visitor(
    core: &Core,
    organisation: OrganisationId,
    me: AccountId,
) -> Result<Lists, StoreError> {
    let mut reading = Reading::new(core, organisation);
    let mut own = presence::open_chats(core, me).await?;
    own.truncate(1);
    let mut own = reading.tell(own).await?;
    for told in &mut own {
        // Notes are not for him.
        told.rows.retain(|row| row.row_type != RowType::Note);
    }
    let staff_online = !presence::online(core, organisation, Side::Staff, 1).await?.is_empty();
    let chat = own.first().map(|told| wire::Told {
        room: Some(wire::Room::listed(told.chat.0, &told.chat.1)),
        contents: Some(wire::Contents::rows(&told.rows)),
        ..wire::Told::default()
    });
    let json = wire::written(&wire::VisitorInit { chat, staff_online });
    Ok(Lists { json, own: reading.seen.clone(), seen: reading.seen })
}
