//! What a person is told once: a notice and its person, to a frame or nothing.

use hearken_core::account::Account;
use hearken_core::ids::AccountId;
use hearken_core::{Kind as _, Notice};

use super::Shown;
use crate::stored::{Room, Tidings};
use crate::timestamp::server_time;
use crate::wire::{ROOM, Update, msg_expired};

/// The frame for a notice to the person with this number. `known` finds accounts at hand. Of somebody who has no number
/// any more nothing is told.
pub fn notice<A: AsRef<Account>>(
    notice: &Notice,
    phone: &str,
    known: impl Fn(AccountId) -> Option<A>,
) -> Shown {
    let Some(tidings) = notice.body.get::<Tidings>() else { return Shown::Unreadable };
    match frame(notice, tidings, phone, |id| number(&known, id)) {
        Ok(frame) => Shown::Frame(frame),
        Err(Missing::Unknown(id)) => Shown::Needs(id),
        Err(Missing::Gone) => Shown::Nothing,
    }
}

/// Why a number can't be shown.
enum Missing {
    /// The account has to be looked up.
    Unknown(AccountId),
    /// It has none.
    Gone,
}

fn number<A: AsRef<Account>>(
    known: impl Fn(AccountId) -> Option<A>,
    id: AccountId,
) -> Result<String, Missing> {
    let account = known(id).ok_or(Missing::Unknown(id))?;
    account.as_ref().phone.as_ref().map(ToString::to_string).ok_or(Missing::Gone)
}

fn frame(
    notice: &Notice,
    tidings: &Tidings,
    phone: &str,
    number: impl Fn(AccountId) -> Result<String, Missing>,
) -> Result<String, Missing> {
    let at = server_time(notice.at);
    let key = notice.conversation.key.as_deref().unwrap_or_default();
    let (kind, command, by, whom) = match tidings {
        Tidings::Personal { change, by, with } => ("personal", change.word(), number(*by)?, number(*with)?),
        Tidings::Group { change, by, whom } => {
            let whom = whom.map(&number).transpose()?;
            ("group", change.word(), number(*by)?, whom.unwrap_or_else(|| key.to_owned()))
        }
        Tidings::Room { change } => (ROOM, change.word(), ROOM.to_owned(), phone.to_owned()),
        Tidings::Expired { sent, with } => {
            let other = with.map(number).transpose()?;
            // The key of a room would tell who its two are.
            let chat = if notice.conversation.kind == Room::NAME { ROOM } else { key };
            return Ok(msg_expired(sent, other.as_deref().unwrap_or(chat), phone, &at));
        }
    };
    let msg_from = if matches!(tidings, Tidings::Group { .. }) { key } else { &by };
    Ok(Update { kind, command, by: &by, whom: &whom, msg_from, msg_to: phone }.written(&at))
}
