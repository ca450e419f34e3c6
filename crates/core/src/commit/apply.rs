//! What an accepted rule asked for, put into the conversation at hand, into the batch, and into what followers
//! will be told.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Entry;
use crate::conversation::{Conversation, Effects, Identity, NewNotice};
use crate::gone::Gone;
use crate::hub::{Announcement, Recipients};
use crate::ids::{ConversationId, Ids, NoticeId};
use crate::notice::Notice;
use crate::store::{Batch, Changes, ClearedSlot, ConversationRow, EventRow, WaitingChange};

/// Which parts of a conversation's own row a batch has to write.
#[derive(Clone, Copy, Default)]
struct Touched {
    is_new: bool,
    members: bool,
}

/// A batch being put together.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) batch: Batch,
    pub(crate) announcements: Vec<Announcement>,
    touched: HashMap<ConversationId, Touched>,
    order: Vec<ConversationId>,
}

impl Pending {
    /// Takes what one rule asked for.
    pub(crate) fn accept(
        &mut self,
        entry: &mut Entry,
        mut effects: Effects,
        is_new: bool,
        ids: &dyn Ids,
        gone: &Gone,
    ) {
        let id = entry.conversation.identity.id;
        self.touch(id, &effects, is_new);
        change_conversation(&mut entry.conversation, &mut effects);
        let recipients = Recipients::of(&entry.conversation);
        for (event, logged) in effects.events {
            let event = Arc::new(event);
            entry.conversation.header.last_seq = logged.seq;
            self.announcements.push(Announcement::Event(Arc::clone(&event), recipients.clone()));
            self.batch.events.push(EventRow {
                event,
                key: logged.key.clone(),
                digest: logged.digest,
                pending: logged.pending,
                kept: logged.kept,
            });
            entry.recent.note(logged);
        }
        for logged in effects.waiting {
            self.batch.waiting.push(WaitingChange {
                conversation: id,
                seq: logged.seq,
                pending: logged.pending,
                kept: logged.kept,
            });
            entry.recent.note(logged);
        }
        for (slot, upto) in effects.cleared {
            entry.recent.clear_slot(slot, upto);
            self.batch.cleared.push(ClearedSlot { conversation: id, slot, upto });
        }
        if let Some(upto) = effects.emptied {
            entry.recent.empty(upto);
            self.batch.emptied.push((id, upto));
            self.announcements.push(Announcement::Emptied(id, upto));
        }
        self.announcements.extend(effects.withdrawn.into_iter().map(|seq| Announcement::Withdrawn(id, seq)));
        let heard = |signal| Announcement::Signal(Arc::new(signal), recipients.clone());
        self.announcements.extend(effects.signals.into_iter().map(heard));
        let identity = &entry.conversation.identity;
        effects.notices.retain(|notice| !gone.has(notice.to));
        self.notify(identity, effects.notices, ids);
        self.batch.index.extend(effects.index);
        self.batch.records.extend(effects.records);
        self.batch.timers.extend(effects.timers.into_iter().map(|change| (id, change)));
        if let Some(forget) = effects.forgotten {
            self.batch.forgotten.push(forget);
            self.announcements.push(Announcement::Forgotten(forget));
        }
    }

    fn notify(&mut self, identity: &Arc<Identity>, new: Vec<NewNotice>, ids: &dyn Ids) {
        for NewNotice { to, at, origin, kept, body } in new {
            let (id, conversation) = (NoticeId(ids.next()), Arc::clone(identity));
            let notice = Arc::new(Notice { id, account: to, conversation, at, origin, kept, body });
            if kept {
                self.batch.notices.push(Arc::clone(&notice));
            }
            self.announcements.push(Announcement::Notice(notice));
        }
    }

    /// Takes what a job wants written beside conversations.
    pub(crate) fn bring_along(&mut self, changes: &Changes) {
        self.batch.directory.extend_from_slice(&changes.directory);
        self.batch.records.extend_from_slice(&changes.records);
    }

    /// Lets the signals of a conversation pass that is not opened for them.
    pub(crate) fn pass(&mut self, effects: Effects) {
        let recipients = Recipients::new(effects.members.unwrap_or_default());
        let heard = |signal| Announcement::Signal(Arc::new(signal), recipients.clone());
        self.announcements.extend(effects.signals.into_iter().map(heard));
    }

    /// Writes down the rows of the conversations that changed, as they are at the end of the batch.
    pub(crate) fn seal<'c>(&mut self, find: impl Fn(ConversationId) -> Option<&'c Conversation>) {
        for id in &self.order {
            let (Some(conversation), Some(touched)) = (find(*id), self.touched.get(id)) else { continue };
            self.batch.conversations.push(ConversationRow {
                conversation: conversation.clone(),
                is_new: touched.is_new,
                members_changed: touched.members,
            });
        }
    }

    /// An event alone does not touch its conversation's row: how far the log goes is read from the log.
    fn touch(&mut self, id: ConversationId, effects: &Effects, is_new: bool) {
        let changed =
            is_new || effects.state.is_some() || effects.header.is_some() || effects.members.is_some();
        if !changed {
            return;
        }
        let touched = self.touched.entry(id).or_insert_with(|| {
            self.order.push(id);
            Touched::default()
        });
        touched.is_new |= is_new;
        touched.members |= effects.members.is_some() || is_new;
    }
}

fn change_conversation(conversation: &mut Conversation, effects: &mut Effects) {
    let changed = effects.state.is_some() || effects.header.is_some() || effects.members.is_some();
    if let Some(state) = effects.state.take() {
        conversation.state = state;
    }
    if let Some(header) = effects.header.take() {
        conversation.header.status = header.status;
        conversation.header.priority = header.priority;
        conversation.header.starts = header.starts;
        conversation.header.ends = header.ends;
    }
    if let Some(members) = effects.members.take() {
        conversation.members = members.into();
    }
    if changed {
        conversation.header.version += 1;
    }
}
