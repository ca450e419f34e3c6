//! Everything held about one person as one document, each kind of conversation in its own words (common.md, `hearken
//! export`).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::account::Account;
use crate::conversation::{Conversation, RawHeld, Target, plain};
use crate::handle::Core;
use crate::ids::{AccountId, ConversationId};
use crate::people::PeopleError;
use crate::sign_in::IDENTITIES;
use crate::store::{AccountRef, Record, StoreError, StoredEvent};

/// How much is read at once.
const PAGE: usize = 500;

/// What one conversation holds about a person.
struct Found {
    written: Vec<StoredEvent>,
    waiting: Vec<StoredEvent>,
    people: HashMap<AccountId, Arc<Account>>,
}

impl Core {
    /// Everything held about a person, for himself. It may be as long as what he has written.
    pub async fn export(&self, id: AccountId) -> Result<Value, PeopleError> {
        let account = self.account(&AccountRef::Id(id)).await?.ok_or(PeopleError::NoAccount)?;
        let (mut ids, mut after) = (BTreeSet::new(), None);
        loop {
            let page = self.0.store.places_of(id, after, PAGE).await?;
            ids.extend(page.iter().copied());
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(*last),
                _ => break,
            }
        }
        ids.extend(self.0.store.traces_of(id, usize::MAX).await?);
        let mut conversations = Vec::new();
        for conversation in ids {
            conversations.extend(self.export_conversation(id, conversation).await?);
        }
        let organisations = self.organisations().await?;
        let organisation = organisations.iter().find(|found| found.id == account.organisation_id);
        Ok(json!({
            "account": *account,
            "organisation": organisation,
            "records": self.export_records(id).await?,
            "notices": self.export_notices(id).await?,
            "conversations": conversations,
        }))
    }

    async fn export_conversation(
        &self,
        account: AccountId,
        id: ConversationId,
    ) -> Result<Option<Value>, StoreError> {
        let found = self.0.store.conversation(&self.0.registry, &Target::Id(id)).await?;
        let Some(conversation) = found else { return Ok(None) };
        let Found { written, waiting, people } = self.found_in(account, &conversation).await?;
        let held = RawHeld {
            conversation: &conversation,
            account,
            written: &written,
            waiting: &waiting,
            people: &people,
        };
        let identity = &conversation.identity;
        let says = self.0.registry.export(identity.kind).and_then(|export| export(&held));
        let member = conversation.members.iter().find(|member| member.account == account);
        let membership = member.map(|member| {
            json!({
                "role": member.role, "since": format!("{:.3}", member.since), "left": !member.is_in(),
                "read": member.read,
            })
        });
        Ok(Some(json!({
            "id": id, "kind": identity.kind, "membership": membership, "held": says,
        })))
    }

    async fn found_in(&self, account: AccountId, conversation: &Conversation) -> Result<Found, StoreError> {
        let member = conversation.members.iter().find(|member| member.account == account && member.is_in());
        let (mut written, mut waiting, mut after) = (Vec::new(), Vec::new(), 0);
        loop {
            let last = conversation.header.last_seq;
            let page = self.0.store.events(conversation, after, last, PAGE).await?;
            let more = page.len() == PAGE;
            after = page.last().map_or(after, |stored| stored.event.seq);
            for stored in page.into_iter().filter(|stored| stored.event.body.is_some()) {
                let waits = member.is_some_and(|member| {
                    member.was_in_at(stored.event.seq)
                        && stored.pending.is_some_and(|pending| pending.contains(member.slot))
                });
                if stored.event.author == Some(account) {
                    written.push(stored);
                } else if waits {
                    waiting.push(stored);
                }
            }
            if !more {
                break;
            }
        }
        let mut people = HashMap::new();
        let authors = waiting.iter().filter_map(|stored| stored.event.author);
        for id in conversation.members.iter().map(|member| member.account).chain(authors) {
            if !people.contains_key(&id)
                && let Some(account) = self.account(&AccountRef::Id(id)).await?
            {
                people.insert(id, account);
            }
        }
        Ok(Found { written, waiting, people })
    }

    /// Sign-ins and whatever else is kept beside conversations. What only proves who somebody is is named, and its value
    /// stays out: it says nothing about him, and whoever finds the document could use it. Told are the values of spaces
    /// that hold no secret.
    async fn export_records(&self, id: AccountId) -> Result<Vec<Value>, StoreError> {
        let (mut told, mut after) = (Vec::new(), None);
        loop {
            let page = self.0.store.records_of(id, after.as_ref(), PAGE).await?;
            told.extend(page.iter().map(|kept| {
                let Record { name, expires, value, .. } = &kept.record;
                let expires = expires.map(|at| format!("{at:.3}"));
                let mut said = json!({ "kind": name.space, "expires": expires });
                if name.space == IDENTITIES {
                    // The issuer's name for him is the record's own.
                    said["says"] = serde_json::from_str(&name.key).unwrap_or_default();
                } else if self.0.registry.tells(&name.space) {
                    said["says"] = serde_json::from_slice(value).unwrap_or_default();
                }
                said
            }));
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.record.name.clone()),
                _ => return Ok(told),
            }
        }
    }

    async fn export_notices(&self, id: AccountId) -> Result<Vec<Value>, StoreError> {
        let kinds: Vec<_> = self.0.registry.names().collect();
        let (mut told, mut after) = (Vec::new(), 0);
        loop {
            let page = self.0.store.notices(id, &kinds, after, PAGE).await?;
            let notice = |kept: &crate::notice::KeptNotice| {
                let notice = &kept.notice;
                json!({
                    "conversation": notice.conversation.id, "at": format!("{:.3}", notice.at),
                    "body": plain(Some(&notice.body)),
                })
            };
            told.extend(page.iter().map(notice));
            match page.last() {
                Some(last) if page.len() == PAGE => after = last.place,
                _ => return Ok(told),
            }
        }
    }
}
