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
use crate::stored::{Dialogue, Group, Marks, Message, Room, Seat};
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

/// What a room holds about one of the two. It is anonymous: nothing in it says who the other is.
pub(crate) fn export_room(held: &Held<'_, Room>) -> Value {
    let marks = held.state.marks.iter().find(|marks| marks.account == held.account);
    let unnamed: Vec<_> = held.waiting.iter().filter_map(message).collect();
    json!({
        "said_yes": held.state.yes.contains(&held.account),
        "marks": marks.map(marks_told),
        "sent": messages(held),
        "waiting": unnamed,
    })
}

/// Where somebody is in rooms, which says nothing of who else is there.
pub(crate) fn export_seat(held: &Held<'_, Seat>) -> Value {
    json!({ "in_room": held.state.meeting.is_some(), "waiting": held.state.waiting.is_some() })
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::HashMap;
    use std::sync::Arc;

    use hearken_core::event::{Audience, Event, Memo};
    use hearken_core::ids::{ConversationId, OrganisationId};
    use hearken_core::{Body, Conversation, Header, Identity};

    use super::*;
    use crate::stored::{Meeting, RoomState, SeatState};

    fn account(last: u8) -> AccountId {
        format!("01890a5d-ac96-774b-bcce-b302099a80{last:02x}").parse().unwrap()
    }

    fn conversation(kind: &'static str, state: Body) -> Conversation {
        let id = ConversationId(account(9).0);
        let key = Some(Pair { me: account(1), peer: account(2) }.key());
        let identity = Identity { id, kind, organisation: OrganisationId(account(8).0), key };
        let header = Header {
            status: Cow::Borrowed("open"),
            priority: 0,
            starts: None,
            ends: None,
            last_seq: 0,
            version: 0,
        };
        Conversation { identity: Arc::new(identity), header, members: Arc::new([]), state }
    }

    fn said(conversation: &Conversation, author: AccountId, text: &str) -> StoredEvent {
        let body = Message::Text { text: text.into(), sent: "2026-01-01 00:00:00".into() };
        let event = Event {
            conversation: Arc::clone(&conversation.identity),
            seq: 1,
            at: jiff::Timestamp::UNIX_EPOCH,
            author: Some(author),
            origin: None,
            audience: Audience::members(),
            body: Some(Body::of(body)),
            memo: Memo::default(),
        };
        StoredEvent { event: Arc::new(event), pending: None }
    }

    #[test]
    fn a_room_does_not_say_who_the_other_is() {
        let (me, peer) = (account(1), account(2));
        let state = RoomState { yes: vec![me, peer], marks: vec![] };
        let room = conversation(Room::NAME, Body::of(state.clone()));
        let (written, waiting) = ([said(&room, me, "mine")], [said(&room, peer, "theirs")]);
        let people = HashMap::new();
        let held = Held {
            conversation: &room,
            state: &state,
            account: me,
            member: None,
            written: &written,
            waiting: &waiting,
            people: &people,
        };
        let room = Room::export(&held);
        let sent = "2026-01-01 00:00:00";
        let expected = json!({
            "said_yes": true, "marks": null,
            "sent": [{ "message": "mine", "sent_timestamp": sent }],
            "waiting": [{ "message": "theirs", "sent_timestamp": sent }],
        });
        assert_eq!(room, expected);
        let state = SeatState { meeting: Some(Meeting { peer, until: 5 }), waiting: None };
        let chair = conversation(Seat::NAME, Body::of(state.clone()));
        let held = Held {
            conversation: &chair,
            state: &state,
            account: me,
            member: None,
            written: &[],
            waiting: &[],
            people: &people,
        };
        assert_eq!(Seat::export(&held), json!({ "in_room": true, "waiting": false }));
    }
}
