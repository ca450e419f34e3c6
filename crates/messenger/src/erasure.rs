//! What the messenger says about a person who is erased, or who asks what is held about him (common.md, `hearken erase`
//! and `export`).
//!
//! A personal chat goes whole: what is left of it would be half of a conversation with nobody. A group goes on: he
//! leaves it as anybody does, so an admin's place is handed over, and nobody waits for him; what he has said in it goes.
//! What the group is called stays, whoever has named it. A group that nobody is in any more goes too.

use std::collections::HashMap;
use std::sync::Arc;

use hearken_core::account::Account;
use hearken_core::ids::AccountId;
use hearken_core::store::StoredEvent;
use hearken_core::{Draft, Held, Kind, Remains};
use serde_json::{Value, json};

use crate::rules::dialogue::{self, Pair};
use crate::rules::membership;
use crate::stored::{Dialogue, Group, Marks, Message};
use crate::timestamp::Sent;

/// A personal chat: the other hears that it is gone, if he is there.
pub(crate) fn erase_dialogue(draft: &mut Draft<'_, '_, Dialogue>, account: AccountId) -> Remains {
    let key = draft.identity().key.clone().unwrap_or_default();
    if let Some(pair) = Pair::from_key(&key, account) {
        dialogue::delete_chat(draft, pair);
    }
    Remains::Nothing
}

/// A group: he leaves it, if he is in it.
pub(crate) fn erase_group(draft: &mut Draft<'_, '_, Group>, account: AccountId) -> Remains {
    if draft.member(account).is_some() {
        // Refused only where there is nobody to leave.
        let _ = membership::leave(draft, account);
    }
    if membership::has_ended(draft.header()) { Remains::Nothing } else { Remains::Others }
}

/// What a personal chat holds about one of the two.
pub(crate) fn export_dialogue(held: &Held<'_, Dialogue>) -> Value {
    let key = held.conversation.identity.key.as_deref().unwrap_or_default();
    let peer = Pair::from_key(key, held.account).map(|pair| pair.peer);
    let marks = held.state.marks.iter().find(|marks| marks.account == held.account);
    json!({
        "with": peer.and_then(|peer| phone(held.people, peer)),
        "marks": marks.map(marks_told),
        "sent": messages(held),
        "waiting": waiting(held),
    })
}

/// What a group holds about one of its people.
pub(crate) fn export_group(held: &Held<'_, Group>) -> Value {
    json!({
        "key": held.conversation.identity.key.as_deref(),
        "name": held.state.name,
        "bio": held.state.bio,
        "sent": messages(held),
        "waiting": waiting(held),
    })
}

fn marks_told(marks: &Marks) -> Value {
    let moment = |micros| Sent::from_micros(micros).map(|sent| sent.fetched().as_str().to_owned());
    json!({ "received": marks.received.and_then(moment), "seen": marks.seen.and_then(moment) })
}

/// What he has sent, and somebody has yet to receive.
fn messages<K: Kind>(held: &Held<'_, K>) -> Vec<Value> {
    held.written.iter().filter_map(message).collect()
}

/// What he has yet to receive.
fn waiting<K: Kind>(held: &Held<'_, K>) -> Vec<Value> {
    let told = |stored: &StoredEvent| {
        let mut told = message(stored)?;
        told["msg_from"] = json!(stored.event.author.and_then(|author| phone(held.people, author)));
        Some(told)
    };
    held.waiting.iter().filter_map(told).collect()
}

fn message(stored: &StoredEvent) -> Option<Value> {
    let Message::Text { text, sent } = stored.event.body.as_ref()?.get::<Message>()?;
    Some(json!({ "message": text, "sent_timestamp": sent }))
}

fn phone(people: &HashMap<AccountId, Arc<Account>>, id: AccountId) -> Option<String> {
    people.get(&id).and_then(|account| account.phone.as_ref().map(ToString::to_string))
}
