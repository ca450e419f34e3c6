//! What must never be, looked for.

use std::collections::HashSet;

use serde::de::IgnoredAny;

use super::tables::{Encoded, Row, Tables};
use crate::conversation::{Member, Registry, SlotSet};
use crate::ids::ConversationId;

/// One line of plain words for each thing that is wrong.
pub(super) fn run(tables: &Tables, registry: &Registry) -> Vec<String> {
    let mut found = Vec::new();
    for account in tables.people.accounts.values() {
        if !tables.people.organisations.contains_key(&account.organisation_id) {
            found.push(format!("account {} belongs to no organisation", account.id));
        }
    }
    let forwarding: HashSet<_> = registry.forwarding().collect();
    for (id, row) in &tables.conversations {
        let say = |what: &str| format!("conversation {id} {what}");
        found.extend(look(tables, row, forwarding.contains(row.kind.as_str())).into_iter().map(say));
    }
    let lost = |id: &ConversationId| !tables.conversations.contains_key(id);
    for (id, key) in tables.timers.keys().filter(|(id, _)| lost(id)) {
        found.push(format!("timer {key} belongs to no conversation: {id}"));
    }
    for ((account, _), line) in &tables.notices {
        if !tables.people.accounts.contains_key(account) {
            found.push(format!("a notice is kept for nobody: {account}"));
        }
        if lost(&line.conversation) {
            found.push(format!("a notice comes from no conversation: {}", line.conversation));
        }
    }
    for ((index, _), rows) in &tables.index {
        for id in rows.keys().filter(|id| lost(id)) {
            found.push(format!("a row of the index {index} leads to no conversation: {id}"));
        }
    }
    found
}

fn look(tables: &Tables, row: &Row, forwards: bool) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut complain = |wrong: bool, what| {
        if wrong {
            found.push(what);
        }
    };
    let accounts = &tables.people.accounts;
    let present = || row.members.iter().filter(|member| member.is_in());
    let slots: SlotSet = present().map(|member| member.slot).collect();
    let stranger = |member: &Member| !accounts.contains_key(&member.account);
    complain(row.members.iter().any(stranger), "has a member without an account");
    complain(forwards && slots.iter().count() < present().count(), "has members who share a slot");
    complain(!reads(&row.state), "has a state that is not JSON");
    complain(row.events.contains_key(&0), "has an event without a place in its log");
    // Rows that everybody has received are trimmed; where nothing waits, nothing is.
    let (lines, last) = (row.events.len() as u64, row.last_seq());
    complain(!forwards && lines < last, "has a gap in its log");
    for line in row.events.values() {
        let pending = line.pending;
        let kept = line.body.is_some();
        complain(pending == Some(SlotSet::EMPTY) && kept, "keeps the body of an event that waits for nobody");
        complain(
            pending.is_some_and(|set| !set.is_empty()) && !kept,
            "has lost a body that somebody waits for",
        );
        let nobody = |set: SlotSet| set.iter().any(|slot| !slots.contains(slot));
        complain(pending.is_some_and(nobody), "has an event that waits for a slot that nobody has");
        complain(line.body.as_ref().is_some_and(|body| !reads(body)), "has a body that is not JSON");
        let audience = line.audience.as_deref();
        let unreadable = |json| serde_json::from_slice::<crate::event::Audience>(json).is_err();
        complain(audience.is_some_and(unreadable), "has an audience that does not read");
    }
    found
}

fn reads(encoded: &Encoded) -> bool {
    serde_json::from_slice::<IgnoredAny>(&encoded.json).is_ok()
}

#[cfg(test)]
mod tests;
