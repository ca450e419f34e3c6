//! Fetching: what waits for a person, written as frames of up to fifty (seed, "Special Message Commands"); before that,
//! each as a frame of its own, what he has not been told of yet (`news`).

mod news;
mod rooms;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hearken_core::actor::Actor;
use hearken_core::ids::AccountId;
use hearken_core::store::{AccountRef, StoreError, Waiting};
use hearken_core::{Core, Inbox, ReadError};

use self::news::{News, Untold};
use self::rooms::{PERSONAL_WITH_ROOMS, RoomsListed};
use crate::stored::{GROUPS, Message, ROOMS};
use crate::timestamp::Sent;
use crate::wire::{Command, Entry, FetchAnswer, ROOM};

/// How many messages are read at first; how long these are tells how many are read at once from then on.
const FIRST: usize = 10;
/// How many bytes of messages are read at once, roughly: a list under way and its frame on the way out stay within the
/// 1 MiB that a socket may hold (common contract, "Bad input").
const AT_ONCE: usize = 96 << 10;

/// A list being handed over. It holds its place in a future that may be polled, left and polled again.
pub struct Fetch {
    core: Core,
    actor: Actor,
    command: Command,
    kinds: &'static [&'static str],
    phone: Arc<str>,
    step: Option<BoxFuture<'static, Result<Step, ReadError>>>,
    /// What he is told before the list.
    untold: VecDeque<Untold>,
}

/// What has been read.
enum Step {
    /// Something to be told before the list, which comes next.
    News(News),
    /// A frame of the list.
    List(Box<Written>),
}

/// A frame, and what is left of the list after it.
struct Written {
    frame: String,
    rest: Option<Rest>,
}

/// The rest of a list.
struct Rest {
    inbox: Inbox,
    /// Read already, and not written yet.
    read: VecDeque<Waiting>,
    /// The numbers of everybody whom they name.
    phones: HashMap<AccountId, String>,
    /// How many to read next.
    next: usize,
    /// Whether the inbox has no more.
    all_read: bool,
    /// Which rooms' messages belong to the list.
    rooms: RoomsListed,
}

impl Rest {
    fn of(inbox: Inbox, rooms: RoomsListed) -> Self {
        Self { inbox, read: VecDeque::new(), phones: HashMap::new(), next: FIRST, all_read: false, rooms }
    }

    /// Reads the next messages.
    async fn read_on(&mut self, core: &Core) -> Result<(), ReadError> {
        let (waiting, all_read) = self.inbox.page(self.next).await?;
        let waiting = self.rooms.listed(core, waiting).await?;
        self.phones = phones_of(core, &waiting).await?;
        let length = |waiting: &Waiting| waiting.event.body.as_ref().map_or(0, |body| body.json().len());
        let longest = waiting.iter().map(length).max().unwrap_or_default();
        self.next = (AT_ONCE / longest.max(1)).clamp(1, FetchAnswer::MOST_ENTRIES);
        (self.read, self.all_read) = (waiting.into(), all_read);
        Ok(())
    }
}

impl Fetch {
    /// Begins the list that `command` asks for.
    pub fn begin(core: &Core, actor: &Actor, phone: Arc<str>, command: Command) -> Self {
        let kinds: &'static [&'static str] = match command {
            Command::FetchGrpMsgs => GROUPS,
            Command::FetchMsgs => PERSONAL_WITH_ROOMS,
            _ => ROOMS,
        };
        let fetch = Self {
            core: core.clone(),
            actor: actor.clone(),
            command,
            kinds,
            phone,
            step: None,
            untold: VecDeque::new(),
        };
        Self { step: Some(fetch.news(0)), ..fetch }
    }

    /// The next frame, and whether it is the last; none after that. The future may be dropped without loss.
    pub async fn next(&mut self) -> Result<Option<(String, bool)>, ReadError> {
        loop {
            while let Some(untold) = self.untold.pop_front() {
                if let Some(frame) = untold.hand_over(&self.core) {
                    return Ok(Some((frame, false)));
                }
            }
            let Some(step) = self.step.as_mut() else { return Ok(None) };
            let done = step.await;
            self.step = None;
            match done? {
                Step::News(News { untold, next }) => {
                    self.untold = untold;
                    self.step = Some(next.map_or_else(|| self.list(), |after| self.news(after)));
                }
                Step::List(written) => {
                    let Written { frame, rest } = *written;
                    let last = rest.is_none();
                    self.step = rest.map(|rest| self.rest(rest));
                    return Ok(Some((frame, last)));
                }
            }
        }
    }

    fn news(&self, after: u64) -> BoxFuture<'static, Result<Step, ReadError>> {
        let (core, actor, phone) = (self.core.clone(), self.actor.clone(), Arc::clone(&self.phone));
        async move { news::read(&core, &actor, &phone, after).await.map(Step::News) }.boxed()
    }

    fn list(&self) -> BoxFuture<'static, Result<Step, ReadError>> {
        let (core, actor, phone) = (self.core.clone(), self.actor.clone(), Arc::clone(&self.phone));
        let (command, kinds) = (self.command, self.kinds);
        async move {
            let inbox = core.inbox(&actor, kinds).await?;
            let rooms = RoomsListed::in_list(&core, &actor, command).await?;
            write_frame(&core, Rest::of(inbox, rooms), &phone, command).await
        }
        .boxed()
    }

    fn rest(&self, rest: Rest) -> BoxFuture<'static, Result<Step, ReadError>> {
        let (core, phone, command) = (self.core.clone(), Arc::clone(&self.phone), self.command);
        async move { write_frame(&core, rest, &phone, command).await }.boxed()
    }
}

async fn write_frame(core: &Core, mut rest: Rest, phone: &str, command: Command) -> Result<Step, ReadError> {
    let mut answer = FetchAnswer::to(command);
    while !answer.is_full() {
        match rest.read.pop_front() {
            Some(waiting) => push(&mut answer, &waiting, phone, command, &rest.phones),
            None if rest.all_read => break,
            None => rest.read_on(core).await?,
        }
    }
    let last = rest.read.is_empty() && rest.all_read;
    Ok(Step::List(Box::new(Written { frame: answer.finish(last), rest: (!last).then_some(rest) })))
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
    let Ok(sent) = Sent::parse(sent) else { return };
    if command == Command::FetchRoomMsgs {
        return answer.push(&Entry { msg_from: ROOM, msg_to: phone, message: text, sent });
    }
    let Some(author) = event.author.and_then(|id| phones.get(&id)) else { return };
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
