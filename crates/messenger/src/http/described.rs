//! What the API reference says of this side's paths alike: the refusals, whose body is this dialect's own.

use std::collections::BTreeMap;

use hearken_transport::rest::FieldFault;
use hearken_transport::rest::described::refusals;
use http::StatusCode;
use serde::Serialize;
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoResponses, OpenApi, ToSchema};

use super::dialogue::DialogueShown;
use super::room::{NotOpened, RoomShown};
use super::wire::GroupShown;

/// Under which heading the paths stand.
pub(super) const TAG: &str = "messenger";

/// A refusal.
#[derive(ToSchema)]
#[schema(as = Detail)]
#[expect(dead_code, reason = "it only describes what HttpError writes")]
pub(super) struct Detail {
    /// For people; `Not found.` for what is not there.
    detail: String,
    /// What is wrong with single fields of the request.
    #[schema(required = false)]
    errors: Vec<FieldFault>,
}

/// A change of a group.
#[derive(ToSchema)]
#[schema(as = ChangeGroup)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes what wire::ChangeGroup reads")]
pub(super) enum ChangeGroupBody {
    Members(ChangeMembers),
    Name(RenameGroup),
}

/// Somebody is brought in, taken out, or made an admin.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what wire::ChangeGroup reads")]
pub(super) struct ChangeMembers {
    /// Which of the three.
    command: MemberCommand,
    /// Which group.
    key: String,
    /// The caller's own number.
    msg_from: String,
    /// Whom it is about.
    msg_to: String,
}

/// Another name.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what wire::ChangeGroup reads")]
pub(super) struct RenameGroup {
    command: RenameCommand,
    /// Which group.
    key: String,
    /// The caller's own number.
    msg_from: String,
    /// The new name.
    #[schema(min_length = 1, max_length = 30)]
    name: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes what wire::ChangeGroup reads")]
enum MemberCommand {
    Add,
    Remove,
    Promote,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes what wire::ChangeGroup reads")]
enum RenameCommand {
    Rename,
}

/// The two of a personal chat.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct TwoNumbers {
    /// The sender's number.
    msg_from: String,
    /// The receiver's.
    msg_to: String,
}

/// The caller himself.
#[derive(ToSchema)]
#[schema(as = CallersNumber)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct OwnNumber {
    /// The caller's own number.
    msg_from: String,
}

/// Whose presence is asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct Numbers {
    /// A number, or a list of at most 128.
    user_num: OneOrMore,
}

/// A number, or several.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Which group.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct GroupKey {
    /// Its key.
    grp_name: String,
}

/// Which group, and what to change: one of the two at least.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct DescribeGroup {
    /// Its key.
    grp_name: String,
    /// What it shall be called.
    #[schema(required = false, min_length = 1, max_length = 30)]
    name: String,
    /// What it is about.
    #[schema(required = false, max_length = 80)]
    bio: String,
}

/// Every chat of somebody.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is written a part at a time")]
pub(super) struct Snapshot {
    data: Chats,
    /// `success`.
    info: String,
}

/// Chats by kind.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is written a part at a time")]
pub(super) struct Chats {
    /// Two for each personal chat.
    personal: Vec<DialogueShown>,
    group: Vec<GroupShown>,
    /// The room one is in, if any.
    #[schema(required = true)]
    room: Option<RoomShown>,
}

/// What the paths are added to.
#[derive(OpenApi)]
#[openapi(
    tags((name = TAG, description = "Phone-number chat: its HTTP side. What is said goes over its sockets.")),
    components(schemas(Detail, NotOpened)),
)]
pub(super) struct Base;

/// What every path may answer: 401, 403, and 503.
pub(super) struct Signed;

/// What a path may answer that reads a body: 400, 408, 413, 415.
pub(super) struct WithBody;

/// What a path may answer that names somebody or something: 404.
pub(super) struct OneThing;

/// What a path may answer that reads a query: 400.
pub(super) struct WithQuery;

type Responses = BTreeMap<String, RefOr<Response>>;

const NAME: &str = "Detail";

impl IntoResponses for Signed {
    fn responses() -> Responses {
        let statuses = [
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        refusals(NAME, &statuses)
    }
}

impl IntoResponses for WithBody {
    fn responses() -> Responses {
        let statuses = [
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ];
        refusals(NAME, &statuses)
    }
}

impl IntoResponses for OneThing {
    fn responses() -> Responses {
        refusals(NAME, &[StatusCode::NOT_FOUND])
    }
}

impl IntoResponses for WithQuery {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals("Detail", &[StatusCode::BAD_REQUEST])
    }
}
