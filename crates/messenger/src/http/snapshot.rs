//! The first load (contract, `POST /chat/special`): every chat of a person, in one answer. There may be thousands, so it
//! is read and sent a part at a time.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use hearken_core::account::Phone;
use hearken_core::ids::{AccountId, ConversationId};
use hearken_core::store::{AccountRef, StoreError};
use hearken_core::{Conversation, Kind as _};
use http::header::CONTENT_TYPE;
use serde::Serialize;

use super::caller::{Caller, admit};
use super::described::{OwnNumber, Signed, Snapshot, TAG, WithBody};
use super::dialogue::DialogueShown;
use super::room;
use super::wire::GroupShown;
use crate::error::HttpError;
use crate::routes::Messenger;
use crate::rules::dialogue::{Pair, is_there};
use crate::rules::membership::{Roster, has_ended};
use crate::stored::{Dialogue, DialogueState, GROUPS, PERSONAL};

/// How many chats are read at once.
const AT_ONCE: usize = 50;

/// Load everything
///
/// Every chat of the caller: his personal chats, two dialogues each, his groups, and his room.
#[utoipa::path(
    post, path = "/chat/special", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = OwnNumber,
    responses((status = 200, description = "The chats", body = Snapshot), Signed, WithBody),
)]
pub(super) async fn load(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Response, HttpError> {
    all(door, request).await
}

/// Load everything
///
/// The same as `/chat/special`.
#[utoipa::path(
    post, path = "/chat/special/special", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = OwnNumber,
    responses((status = 200, description = "The chats", body = Snapshot), Signed, WithBody),
)]
pub(super) async fn load_special(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Response, HttpError> {
    all(door, request).await
}

async fn all(door: Arc<Messenger>, request: Request) -> Result<Response, HttpError> {
    let (caller, mut fields) = admit(&door, request).await?;
    let msg_from = fields.text("msg_from");
    fields.check()?;
    caller.must_be(&msg_from)?;
    let mut listing = Listing { door, caller, part: Part::Start };
    // What fails at once is answered as such; later, the answer breaks off.
    let first = listing.next().await?;
    let rest = stream::try_unfold(listing, |mut listing| async move {
        let part = listing.next().await.map_err(|_| std::io::Error::other("the list can't be read on"))?;
        Ok::<_, std::io::Error>(part.map(|part| (part, listing)))
    });
    let first = stream::iter(first.map(Ok));
    let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// A snapshot on its way.
struct Listing {
    door: Arc<Messenger>,
    caller: Caller,
    part: Part,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Part {
    Start,
    Personal(List),
    Group(List),
    Room,
    Done,
}

/// How far a list has come.
#[derive(Clone, Copy, Default)]
struct List {
    after: Option<ConversationId>,
    /// Whether anything has been written.
    begun: bool,
}

impl Listing {
    /// The next part of the answer.
    async fn next(&mut self) -> Result<Option<String>, HttpError> {
        let (text, next) = match self.part {
            Part::Start => (r#"{"data":{"personal":["#.to_owned(), Part::Personal(List::default())),
            Part::Personal(list) => {
                let (text, list) = self.page(PERSONAL, list).await?;
                match list {
                    Some(list) => (text, Part::Personal(list)),
                    None => (text + r#"],"group":["#, Part::Group(List::default())),
                }
            }
            Part::Group(list) => {
                let (text, list) = self.page(GROUPS, list).await?;
                match list {
                    Some(list) => (text, Part::Group(list)),
                    None => (text + "],", Part::Room),
                }
            }
            Part::Room => {
                let room = json(&room::shown(&self.door, &self.caller).await?);
                (format!(r#""room":{room}}},"info":"success"}}"#), Part::Done)
            }
            Part::Done => return Ok(None),
        };
        self.part = next;
        Ok(Some(text))
    }

    /// The next chats of a list, and how far it has come, if there may be more.
    async fn page(
        &self,
        kinds: &[&'static str],
        mut list: List,
    ) -> Result<(String, Option<List>), HttpError> {
        let Self { door, caller, .. } = self;
        let chats = door.core.conversations_of(&caller.actor, kinds, list.after, AT_ONCE).await?;
        let numbers = self.numbers(&chats).await?;
        let mut out = String::new();
        for chat in &chats {
            for entry in entries(chat, caller, &numbers) {
                if std::mem::replace(&mut list.begun, true) {
                    out.push(',');
                }
                out.push_str(&entry);
            }
        }
        list.after = chats.last().map(|chat| chat.identity.id);
        Ok((out, (chats.len() == AT_ONCE).then_some(list)))
    }

    /// The numbers of everybody in these chats.
    async fn numbers(&self, chats: &[Conversation]) -> Result<HashMap<AccountId, Phone>, StoreError> {
        let mut numbers = HashMap::new();
        for member in chats.iter().flat_map(|chat| chat.members.iter()).filter(|member| member.is_in()) {
            if !numbers.contains_key(&member.account) {
                let account = self.door.core.account(&AccountRef::Id(member.account)).await?;
                let phone = account.and_then(|account| account.phone.clone());
                numbers.extend(phone.map(|phone| (member.account, phone)));
            }
        }
        Ok(numbers)
    }
}

/// What a chat is in the list: two dialogues, or a group; nothing when it is over.
fn entries(chat: &Conversation, caller: &Caller, numbers: &HashMap<AccountId, Phone>) -> Vec<String> {
    let key = chat.identity.key.as_deref().unwrap_or_default();
    if chat.identity.kind == Dialogue::NAME {
        let Some(state) = chat.state.get::<DialogueState>() else { return Vec::new() };
        let pair = Pair::from_key(key, caller.account).filter(|_| is_there(&chat.header));
        let peer = pair.and_then(|pair| Some((pair.peer, numbers.get(&pair.peer)?.as_str())));
        let both = peer.map(|peer| DialogueShown::both(state, (caller.account, caller.phone.as_str()), peer));
        return both.iter().flatten().map(json).collect();
    }
    let roster = Roster::read(chat).filter(|_| !has_ended(&chat.header));
    let phones = |accounts: &[AccountId]| accounts.iter().filter_map(|id| numbers.get(id).cloned()).collect();
    let group = roster.map(|roster| GroupShown {
        key: key.to_owned(),
        admin: phones(&roster.admins),
        participants: phones(&roster.participants),
        name: roster.name,
        bio: roster.bio,
    });
    group.iter().map(json).collect()
}

/// Plain data always encodes.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
