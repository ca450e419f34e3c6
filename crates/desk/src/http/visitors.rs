//! Visitors.

use axum::extract::State;
use hearken_core::Core;
use hearken_core::access;
use hearken_core::ids::AccountId;
use hearken_core::store::AccountRef;
use hearken_transport::rest::described::{OneThing, SignedIn};
use hearken_transport::rest::{At, Caller, Failure, Success};

use super::chats::show_all;
use super::shown::{VisitorShown, VisitorWithChats};
use super::{Eyes, TAG, eyes};
use crate::lists::{self, Wanted};
use crate::stored::Side;

/// The most chats that are shown with a visitor.
const MOST_CHATS: usize = 100;

/// A visitor's identifier in a path, with or without dashes.
pub(super) struct Id(AccountId);

impl std::str::FromStr for Id {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        crate::ids::parse(text).map(|id| Self(AccountId(id))).ok_or(())
    }
}

/// One visitor
///
/// With his chats, those opened last first. A visitor is shown himself.
#[utoipa::path(
    get, path = "/desk/visitors/{id}", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "Which visitor")),
    responses((status = 200, description = "The visitor", body = Success<VisitorWithChats>), SignedIn, OneThing),
)]
pub(super) async fn show(
    State(core): State<Core>,
    caller: Caller,
    At(Id(id)): At<Id>,
) -> Result<Success<VisitorWithChats>, Failure> {
    let (eyes, organisation) = eyes(&caller)?;
    let account = access::acquaintance(&caller.actor, core.account(&AccountRef::Id(id)).await?)?;
    if matches!(eyes, Eyes::Visitor(me) if me != id) {
        return Err(Failure::Forbidden("This is not yours."));
    }
    let wanted = Wanted { visitor: Some(id), ..Wanted::default() };
    let (found, total) = lists::page(&core, organisation, wanted, 0, MOST_CHATS).await?;
    // Whoever has never been one is none.
    if Side::of(&account.roles) != Some(Side::Visitor) && total == 0 {
        return Err(Failure::NotFound);
    }
    let chats = show_all(&core, organisation, found.into_iter().map(|(chat, _)| chat)).await?;
    Ok(Success::ok(VisitorWithChats { visitor: VisitorShown::of(&account), chats }, "Here he is."))
}
