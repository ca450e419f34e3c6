//! What a message is in the log, the same in every kind of chat.

use std::hash::Hasher as _;

use hearken_core::event::{EventRef, Logged};
use hearken_core::ids::AccountId;
use hearken_core::{Draft, Kind, NewEvent};
use siphasher::sip::SipHasher13;

use super::{Done, Moment, Refusal, name_of};
use crate::stored::Message;

/// A digest of a message's text, to tell a repeat from another message of the same name after the text is gone. It
/// compares what one author sent twice, so nobody gains by finding a collision. It is keyed by the sender's own
/// timestamp, which makes equal texts look different in the store.
pub(super) fn digest(sent: &Moment, text: &str) -> i64 {
    let mut hasher = SipHasher13::new_with_keys(sent.at.micros() as u64, 0x6865_6172_6b65_6e21);
    hasher.write(text.as_bytes());
    hasher.finish() as i64
}

/// Keeps a message until each of `receivers` has received it, or finds that it is kept already. The draft must have
/// asked for [`super::message_of`] this author and moment.
pub(super) fn keep<K: Kind<Event = Message>>(
    draft: &mut Draft<'_, '_, K>,
    author: AccountId,
    sent: &Moment,
    text: &str,
    receivers: impl FnOnce(&Draft<'_, '_, K>) -> Vec<AccountId>,
) -> Result<Done, Refusal> {
    let digest = digest(sent, text);
    let name = name_of(sent.at);
    if let Some(earlier) = draft.logged(&EventRef::Named(author, name.clone())).next() {
        let same = earlier.digest == Some(digest);
        return if same { Ok(Done::Kept(earlier.at)) } else { Err(Refusal::NameTaken) };
    }
    let receivers = receivers(draft);
    let body = Message::Text { text: text.to_owned(), sent: sent.text.clone() };
    draft.record(NewEvent::new(body).named(name, digest).waiting_for(receivers));
    Ok(Done::Kept(draft.now()))
}

/// One's own message of that moment, as long as somebody has yet to receive it.
pub(super) fn deletable<K: Kind>(
    draft: &Draft<'_, '_, K>,
    author: AccountId,
    of: &Moment,
) -> Result<Logged, Refusal> {
    let found = draft.logged(&super::message_of(author, of.at)).next();
    let waits = |logged: &Logged| logged.kept && logged.pending.is_some_and(|pending| !pending.is_empty());
    found.filter(waits).ok_or(Refusal::NothingToDelete)
}
