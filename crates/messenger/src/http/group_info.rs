//! What a group is called, looked at and changed (contract, `/chat/info/group`).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hearken_transport::rest::{Fields, Invalid};

use super::caller::admit;
use super::described::{DescribeGroup, GroupKey, OneThing, Signed, TAG, WithBody, WithQuery};
use super::group::shown;
use super::wire::GroupAnswer;
use crate::error::HttpError;
use crate::groups::{self, Change, MAX_BIO, MAX_NAME};
use crate::routes::Messenger;

/// Which group, and what to change about it.
struct Describe {
    key: String,
    name: Option<String>,
    bio: Option<String>,
}

impl Describe {
    fn read(mut fields: Fields) -> Result<Self, Invalid> {
        let key = fields.text("grp_name");
        let name = fields.optional_text("name");
        let bio = fields.optional_text("bio");
        if name.as_ref().is_some_and(|name| !(1..=MAX_NAME).contains(&name.chars().count())) {
            fields.fault("name", format!("must have 1 to {MAX_NAME} characters"));
        }
        if bio.as_ref().is_some_and(|bio| bio.chars().count() > MAX_BIO) {
            fields.fault("bio", format!("must have 0 to {MAX_BIO} characters"));
        }
        if name.is_none() && bio.is_none() {
            fields.fault("name", "must be there, or a bio");
        }
        fields.check().map(|()| Self { key, name, bio })
    }
}

/// Show a group
///
/// For whoever is in it.
#[utoipa::path(
    patch, path = "/chat/info/group", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = GroupKey,
    responses((status = 200, description = "The group", body = GroupAnswer), Signed, WithBody, OneThing),
)]
pub(super) async fn info(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<GroupAnswer>, HttpError> {
    look(&door, request).await
}

/// Show a group
#[utoipa::path(
    get, path = "/chat/info/group", tag = TAG, security(("token" = []), ("cookie" = [])),
    params(("grp_name" = String, Query, description = "The group's key")),
    responses((status = 200, description = "The group", body = GroupAnswer), Signed, WithQuery, OneThing),
)]
pub(super) async fn info_by_query(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<GroupAnswer>, HttpError> {
    look(&door, request).await
}

async fn look(door: &Messenger, request: Request) -> Result<Json<GroupAnswer>, HttpError> {
    let (caller, mut fields) = admit(door, request).await?;
    let key = fields.text("grp_name");
    fields.check()?;
    let roster = groups::look(&door.core, &caller.actor, &key).await?;
    Ok(Json(shown(door, &key, roster, "success").await?))
}

/// Give a group another name or line
///
/// For admins.
#[utoipa::path(
    put, path = "/chat/info/group", tag = TAG, security(("token" = []), ("cookie" = [])),
    request_body = DescribeGroup,
    responses((status = 200, description = "The group as it is now", body = GroupAnswer), Signed, WithBody, OneThing),
)]
pub(super) async fn describe(
    State(door): State<Arc<Messenger>>,
    request: Request,
) -> Result<Json<GroupAnswer>, HttpError> {
    let (caller, fields) = admit(&door, request).await?;
    let Describe { key, name, bio } = Describe::read(fields)?;
    let roster = groups::change(&door.core, &caller.actor, &key, Change::Describe { name, bio }).await?;
    Ok(Json(shown(&door, &key, roster, "updated").await?))
}
