//! What the API reference says of requests about rooms, where that is more than what they are read into.

use utoipa::{IntoResponses, ToSchema};

use super::super::described::Detail;
use super::super::wire::Info;
use super::wire::RoomAnswer;

/// A vote, or without one the wish to wait no more.
#[derive(ToSchema)]
#[schema(as = EndRoom)]
#[expect(dead_code, reason = "it only describes what wire::EndRoom reads")]
pub(super) struct EndRoomBody {
    /// The caller's own number.
    msg_from: String,
    /// `1`: he would know the other; `0`: he would not, and the room ends.
    #[schema(required = false)]
    response: Vote,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what wire::EndRoom reads")]
enum Vote {
    #[schema(rename = "1")]
    Yes,
    #[schema(rename = "0")]
    No,
}

/// Whoever looks may say who he is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read")]
pub(super) struct OwnNumber {
    /// The caller's own number.
    #[schema(required = false)]
    msg_from: Option<String>,
}

/// Why a room was not opened.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes what HttpError writes")]
pub(in super::super) enum NotOpened {
    /// Malformed, or one of the two is in a room already.
    Refused(Detail),
    /// `error`: one of the two has ended a room of theirs for good.
    Parted(Info),
}

/// What opening a room may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes what is answered")]
pub(super) enum Opening {
    /// The room
    #[response(status = 201)]
    Opened(RoomAnswer),
    /// `waiting`: nobody is there yet
    #[response(status = 202)]
    Waiting(Info),
    /// Malformed, or against a rule; `info` is `error` when these two do not meet again
    #[response(status = 400)]
    NotOpened(NotOpened),
    /// The body did not come in time
    #[response(status = 408)]
    TooSlow(Detail),
    /// The body is larger than 64 KiB
    #[response(status = 413)]
    TooLarge(Detail),
    /// The body is not said to be JSON
    #[response(status = 415)]
    NotJson(Detail),
}
