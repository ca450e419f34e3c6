//! Who is there (contract, `/chat/info` and `/chat/info/active`).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hearken_transport::rest::{Fields, Invalid};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{admit, other};
use super::described::{Numbers, OneThing, Signed, TAG, WithBody, WithQuery};
use crate::error::HttpError;
use crate::presence::Seen;
use crate::routes::Messenger;

/// How many can be asked about at once: a group's worth.
const MOST: usize = 128;

/// Whether somebody is there.
#[derive(Serialize, ToSchema)]
#[schema(as = Presence)]
pub(super) struct PresenceShown {
    /// Whose number.
    user_num: String,
    /// Whether he is there.
    active: bool,
    /// When he last was; null when he never was there.
    #[schema(required = true, format = "date-time")]
    last_active: Option<String>,
}

impl PresenceShown {
    fn of(user_num: String, seen: Seen) -> Self {
        let last_active = seen.last_active.map(|at| format!("{at:.3}"));
        Self { user_num, active: seen.active, last_active }
    }
}

/// One as himself, several as a list.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum PresenceAnswer {
    One {
        #[serde(flatten)]
        presence: PresenceShown,
        info: &'static str,
    },
    Several {
        data: Vec<PresenceShown>,
        info: &'static str,
    },
}

/// Who is there
///
/// Anybody's presence, by number; of several numbers, as a list.
#[utoipa::path(
    patch, path = "/chat/info", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = Numbers,
    responses((status = 200, description = "Whether he is there; of several numbers, a list", body = PresenceAnswer), Signed, WithBody, OneThing),
)]
pub(super) async fn look(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<PresenceAnswer>, HttpError> {
    seen(&door, request).await
}

/// Who is there
///
/// Anybody's presence, by number; of several numbers, as a list.
#[utoipa::path(
    get, path = "/chat/info", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(("user_num" = Vec<String>, Query, description = "Whose number; several times for several")),
    responses((status = 200, description = "Whether he is there; of several numbers, a list", body = PresenceAnswer), Signed, WithQuery, OneThing),
)]
pub(super) async fn look_by_query(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<PresenceAnswer>, HttpError> {
    seen(&door, request).await
}

/// Who is there
///
/// Anybody's presence, by number; of several numbers, as a list.
#[utoipa::path(
    patch, path = "/chat/info/active", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = Numbers,
    responses((status = 200, description = "Whether he is there; of several numbers, a list", body = PresenceAnswer), Signed, WithBody, OneThing),
)]
pub(super) async fn look_active(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<PresenceAnswer>, HttpError> {
    seen(&door, request).await
}

/// Who is there
///
/// Anybody's presence, by number; of several numbers, as a list.
#[utoipa::path(
    get, path = "/chat/info/active", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(("user_num" = Vec<String>, Query, description = "Whose number; several times for several")),
    responses((status = 200, description = "Whether he is there; of several numbers, a list", body = PresenceAnswer), Signed, WithQuery, OneThing),
)]
pub(super) async fn look_active_by_query(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<PresenceAnswer>, HttpError> {
    seen(&door, request).await
}

async fn seen(door: &Messenger, request: Request) -> Result<Json<PresenceAnswer>, HttpError> {
    let (caller, mut fields) = admit(door, request).await?;
    let is_list = fields.is_list("user_num");
    let numbers = fields.one_or_more("user_num");
    if numbers.len() > MOST {
        fields.fault("user_num", format!("must be at most {MOST} numbers"));
    }
    fields.check()?;
    let mut data = Vec::with_capacity(numbers.len());
    for number in &numbers {
        let account = other(door, &caller, number).await?;
        let seen = door.presence.of(account.id).await?;
        let number = account.phone.as_ref().map(ToString::to_string);
        data.push(PresenceShown::of(number.unwrap_or_default(), seen));
    }
    let info = "success";
    Ok(Json(match data.pop() {
        Some(presence) if !is_list => PresenceAnswer::One { presence, info },
        last => {
            data.extend(last);
            PresenceAnswer::Several { data, info }
        }
    }))
}

/// What somebody says of himself.
#[derive(ToSchema)]
#[schema(as = SayPresence)]
pub(super) struct Say {
    /// One's own number.
    user_num: String,
    /// Whether one is there.
    active: bool,
}

impl Say {
    fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let (user_num, active) = (fields.text("user_num"), fields.flag("active"));
        fields.check().map(|()| Self { user_num, active })
    }
}

/// Say that one is away, or back
#[utoipa::path(
    put, path = "/chat/info", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = Say,
    responses((status = 200, description = "What others see now", body = PresenceAnswer), Signed, WithBody),
)]
pub(super) async fn say(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<PresenceAnswer>, HttpError> {
    said(&door, request).await
}

/// Say that one is away, or back
#[utoipa::path(
    put, path = "/chat/info/active", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = Say,
    responses((status = 200, description = "What others see now", body = PresenceAnswer), Signed, WithBody),
)]
pub(super) async fn say_active(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<PresenceAnswer>, HttpError> {
    said(&door, request).await
}

async fn said(door: &Messenger, request: Request) -> Result<Json<PresenceAnswer>, HttpError> {
    let (caller, fields) = admit(door, request).await?;
    let Say { user_num, active } = Say::read(fields)?;
    caller.must_be(&user_num)?;
    let seen = door.presence.say(caller.account, active);
    let presence = PresenceShown::of(caller.phone.to_string(), seen);
    Ok(Json(PresenceAnswer::One { presence, info: "updated" }))
}
