//! Fetching: what waits for a person, written as frames of up to fifty (seed, "Special Message Commands").

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hearken_core::actor::Actor;
use hearken_core::ids::AccountId;
use hearken_core::store::{AccountRef, StoreError, Waiting};
use hearken_core::{Core, Inbox, ReadError};

use crate::stored::{GROUPS, Message, PERSONAL};
use crate::timestamp::Sent;
use crate::wire::{Command, Entry, FetchAnswer};

/// A list being handed over. It holds its place in a future that may be polled, left and polled again.
pub struct Fetch {
    core: Core,
    command: Command,
    phone: Arc<str>,
    step: Option<BoxFuture<'static, Result<Page, ReadError>>>,
}

/// A part of the list, written out.
struct Page {
    inbox: Inbox,
    frames: Vec<String>,
    last: bool,
}

impl Fetch {
    /// Begins the list that `command` asks for.
    pub fn begin(core: &Core, actor: &Actor, phone: Arc<str>, command: Command) -> Self {
        let kinds: &'static [&'static str] = match command {
            Command::FetchGrpMsgs => GROUPS,
            Command::FetchMsgs => PERSONAL,
            // Nobody can be in a room yet, so nothing waits in one.
            _ => &[],
        };
        let (opened, actor, number) = (core.clone(), actor.clone(), Arc::clone(&phone));
        let step = async move {
            let inbox = opened.inbox(&actor, kinds).await?;
            write_page(&opened, inbox, &number, command).await
        };
        Self { core: core.clone(), command, phone, step: Some(step.boxed()) }
    }

    /// The next frames, and whether they are the last. The future may be dropped without loss.
    pub async fn next(&mut self) -> Result<(Vec<String>, bool), ReadError> {
        let Some(step) = self.step.as_mut() else { return Ok((Vec::new(), true)) };
        let Page { inbox, frames, last } = step.await?;
        self.step = (!last).then(|| {
            let (core, phone, command) = (self.core.clone(), Arc::clone(&self.phone), self.command);
            async move { write_page(&core, inbox, &phone, command).await }.boxed()
        });
        Ok((frames, last))
    }
}

async fn write_page(core: &Core, mut inbox: Inbox, phone: &str, command: Command) -> Result<Page, ReadError> {
    let (waiting, last) = inbox.page(FetchAnswer::MOST_ENTRIES).await?;
    let phones = phones_of(core, &waiting).await?;
    let mut frames = Vec::with_capacity(1);
    let mut answer = FetchAnswer::to(command);
    for waiting in &waiting {
        if answer.is_full() {
            frames.push(std::mem::replace(&mut answer, FetchAnswer::to(command)).finish(false));
        }
        push(&mut answer, waiting, phone, command, &phones);
    }
    frames.push(answer.finish(last));
    Ok(Page { inbox, frames, last })
}

fn push(
    answer: &mut FetchAnswer,
    waiting: &Waiting,
    phone: &str,
    command: Command,
    phones: &HashMap<AccountId, String>,
) {
    let event = &waiting.event;
    let Some(Message::Text { text, sent }) = event.body.as_ref().and_then(|body| body.get::<Message>())
    else {
        return;
    };
    let (Ok(sent), Some(author)) = (Sent::parse(sent), event.author.and_then(|id| phones.get(&id))) else {
        return;
    };
    if command == Command::FetchGrpMsgs {
        let key = event.conversation.key.as_deref().unwrap_or_default();
        let entry = Entry { msg_from: &format!("{key}-{author}"), msg_to: phone, message: text, sent };
        let mut pending: Vec<_> = waiting.waits_for.iter().filter_map(|id| phones.get(id)).collect();
        // A set; in the seed's samples it is in this order.
        pending.sort_unstable();
        answer.push_pending(&entry, pending);
    } else {
        answer.push(&Entry { msg_from: author, msg_to: phone, message: text, sent });
    }
}

/// The numbers of everybody whom a page names.
async fn phones_of(core: &Core, waiting: &[Waiting]) -> Result<HashMap<AccountId, String>, StoreError> {
    let authors = waiting.iter().filter_map(|waiting| waiting.event.author);
    let named: HashSet<AccountId> =
        authors.chain(waiting.iter().flat_map(|waiting| waiting.waits_for.iter().copied())).collect();
    let mut phones = HashMap::with_capacity(named.len());
    for id in named {
        let account = core.account(&AccountRef::Id(id)).await?;
        let phone = account.and_then(|account| account.phone.as_ref().map(ToString::to_string));
        phones.extend(phone.map(|phone| (id, phone)));
    }
    Ok(phones)
}
