//! How the desk has done.

use axum::extract::State;
use hearken_core::Core;
use hearken_core::store::AccountRef;
use hearken_transport::rest::described::{SignedIn, WithQuery};
use hearken_transport::rest::{Caller, Failure, Success};

use super::asked::Parameters;
use super::shown::{StaffShown, StaffStatsShown, StatsShown};
use super::{TAG, staff};
use crate::figures::{self, NoFigures};

/// How the desk has done
///
/// Of the chats that were opened in some time: how many there were, how long their visitors waited, and how long they
/// took. For staff.
#[utoipa::path(
    get, path = "/desk/stats", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(
        ("from" = Option<String>, Query, description = "Opened then or later: a time, or a date from its beginning (UTC)"),
        ("to" = Option<String>, Query, description = "Opened then or earlier: a time, or a date to its end (UTC)"),
    ),
    responses((status = 200, description = "The figures", body = Success<StatsShown>), SignedIn, WithQuery),
)]
pub(super) async fn show(
    State(core): State<Core>,
    caller: Caller,
    query: Parameters,
) -> Result<Success<StatsShown>, Failure> {
    let organisation = staff(&caller)?;
    let (from, to) = query.span()?;
    let found = figures::of(&core, organisation, from, to).await.map_err(|error| match error {
        NoFigures::TooMany => Failure::field("from", "must leave fewer chats: ask for a shorter time"),
        NoFigures::Store(error) => error.into(),
    })?;
    let mut by_staff = Vec::with_capacity(found.by_staff.len());
    for figures in found.by_staff {
        if let Some(account) = core.account(&AccountRef::Id(figures.staff)).await? {
            let first_reply_seconds = figures.first_reply.into();
            let staff = StaffShown::of(&account);
            by_staff.push(StaffStatsShown { staff, chats: figures.chats, first_reply_seconds });
        }
    }
    let shown = StatsShown {
        chats: found.chats,
        claimed: found.claimed,
        waiting_seconds: found.waiting.into(),
        first_reply_seconds: found.first_reply.into(),
        duration_seconds: found.duration.into(),
        by_staff,
    };
    Ok(Success::ok(shown, "How the desk has done."))
}
