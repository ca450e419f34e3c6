//! What the desk says about a person who is erased, or who asks what is held about him (common.md, `hearken erase` and
//! `export`).
//!
//! A visitor's chats go whole: they are about him. Of the staff, what somebody has said and noted goes, and nothing says
//! any more that he has served; the chats stay with their visitors.

use hearken_core::clock::from_millis;
use hearken_core::ids::AccountId;
use hearken_core::store::StoredEvent;
use hearken_core::{Draft, Held, Remains};
use serde_json::{Value, json};

use crate::ids::digits;
use crate::rules::listing::Places;
use crate::rules::room::stage_of;
use crate::rules::{ending, grace};
use crate::stored::{Chat, Happening, Seat, Side, What};

/// A chat without somebody.
pub(crate) fn erase_chat(room: &mut Draft<'_, '_, Chat>, account: AccountId) -> Remains {
    if room.state().visitor == account {
        return Remains::Nothing;
    }
    if room.state().staff == Some(account) {
        // One that he still serves is over: nobody else has taken it.
        ending::end(room, account, false);
        grace::forget(room, Side::Staff);
        let places = Places::of(room);
        let state = room.state_mut();
        (state.staff, state.rank) = (None, None);
        places.move_on(room);
    }
    room.leave(account);
    Remains::Others
}

/// What a chat holds about its visitor, or about one of the staff.
pub(crate) fn export_chat(held: &Held<'_, Chat>) -> Value {
    let (state, identity) = (held.state, &held.conversation.identity);
    let written = |noted: bool| -> Vec<Value> {
        held.written.iter().filter_map(|stored| said(stored, noted)).collect()
    };
    let time = |millis: i64| format!("{:.3}", from_millis(millis));
    let mut told = json!({
        "chat": digits(identity.id.0),
        "status": stage_of(&held.conversation.header).word(),
        "created_at": time(state.opened),
        "closed_at": state.closed.map(time),
        "messages": written(false),
    });
    let more = if state.visitor == held.account {
        json!({
            "name": state.name,
            "email": state.email,
            "severity_level": held.conversation.header.priority,
            "tags": state.tags,
            "closed_by": state.closed_by,
        })
    } else {
        json!({ "serves": state.staff == Some(held.account), "notes": written(true) })
    };
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    told
}

/// What somebody's seat holds about him.
pub(crate) fn export_seat(held: &Held<'_, Seat>) -> Value {
    let last_chat = held.state.last_chat.map(|chat| digits(chat.0));
    json!({ "online": held.state.online, "last_chat": last_chat })
}

fn said(stored: &StoredEvent, noted: bool) -> Option<Value> {
    let content = match &stored.event.body.as_ref()?.get::<Happening>()?.what {
        What::Said { content, .. } if !noted => content,
        What::Noted { content } if noted => content,
        _ => return None,
    };
    // Numbers that no program can hold are told as they were written.
    let content = serde_json::from_str(content.json()).unwrap_or_else(|_| Value::from(content.json()));
    Some(json!({ "content": content, "at": format!("{:.3}", stored.event.at) }))
}
