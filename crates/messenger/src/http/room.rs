//! The caller's room, for answers that show one.

use serde::Serialize;

use super::caller::Caller;
use crate::error::HttpError;
use crate::routes::Messenger;

/// A room.
#[derive(Serialize)]
pub(super) struct RoomShown {}

/// Nobody can be in a room until rooms are built.
#[expect(clippy::unused_async, reason = "rooms are looked up")]
pub(super) async fn shown(_door: &Messenger, _caller: &Caller) -> Result<Option<RoomShown>, HttpError> {
    Ok(None)
}
