//! Chats, their rows and their tags.

use axum::extract::State;
use futures_util::future::try_join_all;
use hearken_core::Core;
use hearken_core::actor::Actor;
use hearken_core::ids::{ConversationId, OrganisationId};
use hearken_core::store::AccountRef;
use hearken_transport::rest::described::{OneThing, SignedIn, WithBody, WithQuery};
use hearken_transport::rest::{At, Caller, Failure, Invalid, Page, Sent, Success};

use super::asked::{Pages, Parameters};
use super::shown::{Around, ChatShown, RowShown, StaffShown, TagsSent, VisitorShown};
use super::{Eyes, TAG, eyes, staff};
use crate::rows::{self, Reach};
use crate::rules::marking::Tags;
use crate::rules::room::stage_of;
use crate::stored::ChatState;
use crate::{acts, chats, lists};

type Found = (hearken_core::Conversation, ChatState);

/// List chats
///
/// Those opened last first. A visitor is shown his own.
#[utoipa::path(
    get, path = "/desk/chats", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(
        Pages,
        ("status" = Option<String>, Query, description = "Only those that stand there: `unclaimed`, `claimed` or `closed`"),
        ("flagged" = Option<bool>, Query, description = "Only those that are flagged, or only those that are not"),
        ("staff" = Option<String>, Query, description = "Only those that this person serves, or served when they were closed"),
        ("visitor" = Option<String>, Query, description = "Only those of this visitor"),
        ("q" = Option<String>, Query, description = "Only those whose visitor has this in his name or e-mail address"),
    ),
    responses((status = 200, description = "A page of chats", body = Page<ChatShown>), SignedIn, WithQuery),
)]
pub(super) async fn list(
    State(core): State<Core>,
    caller: Caller,
    paging: Pages,
    query: Parameters,
) -> Result<Page<ChatShown>, Failure> {
    let (eyes, organisation) = eyes(&caller)?;
    let mut wanted = query.wanted()?;
    if let Eyes::Visitor(me) = eyes {
        if wanted.visitor.is_some_and(|visitor| visitor != me) {
            return Err(Failure::Forbidden("This is not yours."));
        }
        wanted.visitor = Some(me);
    }
    let (found, total) = lists::page(&core, organisation, wanted, paging.skip(), paging.limit()).await?;
    let found = found.into_iter().map(|(chat, _)| chat);
    let shown = show_all(&core, organisation, found).await?;
    Ok(Page::new(shown, paging.metadata(total), "The chats of the desk."))
}

/// One chat
#[utoipa::path(
    get, path = "/desk/chats/{id}", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Which chat")),
    responses((status = 200, description = "The chat", body = Success<ChatShown>), SignedIn, OneThing),
)]
pub(super) async fn show(
    State(core): State<Core>,
    caller: Caller,
    At(Id(id)): At<Id>,
) -> Result<Success<ChatShown>, Failure> {
    let (_, found) = one(&core, &caller, id).await?;
    Ok(Success::ok(shown(&core, found).await?, "Here it is."))
}

/// A chat's rows
///
/// In ascending order: those before a number, those after one, or the newest. A visitor is shown no notes.
#[utoipa::path(
    get, path = "/desk/chats/{id}/messages", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "Which chat"),
        ("before" = Option<u64>, Query, description = "Only rows with a lower `sequence_num`, the highest of them"),
        ("after" = Option<u64>, Query, description = "Only rows with a higher `sequence_num`, the lowest of them"),
        ("limit" = Option<u32>, Query, description = "The most rows; over 100 counts as 100, and so many it is when nothing is said"),
    ),
    responses((status = 200, description = "The rows", body = Success<Vec<RowShown>>), SignedIn, WithQuery, OneThing),
)]
pub(super) async fn messages(
    State(core): State<Core>,
    caller: Caller,
    At(Id(id)): At<Id>,
    query: Parameters,
) -> Result<Success<Vec<RowShown>>, Failure> {
    let (eyes, (chat, state)) = one(&core, &caller, id).await?;
    let (part, limit) = query.rows()?;
    let reach = Reach { chat: id, last: chat.header.last_seq, skipped: state.skipped };
    // Staff of the organisation sees all of it, a visitor what he sees on his socket.
    let actor = match eyes {
        Eyes::Staff => Actor::System("the desk's staff reads a chat"),
        Eyes::Visitor(_) => caller.actor,
    };
    let rows = rows::read(&core, &actor, reach, part, limit).await?;
    Ok(Success::ok(rows.iter().map(RowShown::of).collect(), "The rows of the chat."))
}

/// Write a chat's tags
///
/// In place of those it has. All staff that is connected hears it.
#[utoipa::path(
    patch, path = "/desk/chats/{id}", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Which chat")), request_body = TagsSent,
    responses((status = 200, description = "The chat as it is now", body = Success<ChatShown>), SignedIn, WithBody, OneThing),
)]
pub(super) async fn tag(
    State(core): State<Core>,
    caller: Caller,
    At(Id(id)): At<Id>,
    Sent(mut fields): Sent,
) -> Result<Success<ChatShown>, Failure> {
    let organisation = staff(&caller)?;
    chats::look_up(&core, organisation, id).await?.ok_or(Failure::NotFound)?;
    let tags = fields.optional_texts("tags").and_then(|tags| Tags::new(tags).ok());
    let tags = tags.ok_or_else(|| {
        let fault = Invalid::one("tags", "must be a list of at most 20 strings of 1 to 40 characters");
        Failure::Worded("Missing/Invalid field: tags", fault)
    })?;
    acts::tag_any(&core, &caller.actor, id, tags).await?;
    let found = chats::look_up(&core, organisation, id).await?.ok_or(Failure::NotFound)?;
    Ok(Success::ok(shown(&core, found).await?, "The tags are written."))
}

/// A chat's identifier in a path, with or without dashes.
pub(super) struct Id(ConversationId);

impl std::str::FromStr for Id {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        crate::ids::parse(text).map(|id| Self(ConversationId(id))).ok_or(())
    }
}

/// A chat, if whoever calls may see it.
async fn one(core: &Core, caller: &Caller, id: ConversationId) -> Result<(Eyes, Found), Failure> {
    let (eyes, organisation) = eyes(caller)?;
    let found = chats::look_up(core, organisation, id).await?.ok_or(Failure::NotFound)?;
    match eyes {
        Eyes::Visitor(me) if found.1.visitor != me => Err(Failure::Forbidden("This is not yours.")),
        _ => Ok((eyes, found)),
    }
}

/// These chats as they are now. One that is gone since it was found is left out.
pub(super) async fn show_all(
    core: &Core,
    organisation: OrganisationId,
    found: impl Iterator<Item = ConversationId>,
) -> Result<Vec<ChatShown>, Failure> {
    let show = |id| async move {
        match chats::look_up(core, organisation, id).await? {
            Some(found) => shown(core, found).await.map(Some),
            None => Ok(None),
        }
    };
    Ok(try_join_all(found.map(show)).await?.into_iter().flatten().collect())
}

async fn shown(core: &Core, (chat, state): Found) -> Result<ChatShown, Failure> {
    let visitor = core.account(&AccountRef::Id(state.visitor)).await?;
    let visitor = visitor.map_or_else(|| VisitorShown::left_in(&state), |account| VisitorShown::of(&account));
    let staff = match state.staff {
        Some(staff) => core.account(&AccountRef::Id(staff)).await?.map(|account| StaffShown::of(&account)),
        None => None,
    };
    let around = Around {
        id: chat.identity.id.0,
        stage: stage_of(&chat.header),
        severity: chat.header.priority,
        last_seq: chat.header.last_seq,
        visitor,
        staff,
    };
    Ok(ChatShown::of(&state, around))
}
