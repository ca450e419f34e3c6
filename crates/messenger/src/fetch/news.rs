//! What is kept for a person until he has been told (contract, "Settled details": a kept `update` is handed over before
//! the answer of the next fetch of any kind).

use std::collections::VecDeque;
use std::sync::Arc;

use hearken_core::actor::Actor;
use hearken_core::store::{AccountRef, StoreError};
use hearken_core::{Core, Handing, Notice, ReadError};

use crate::encode::{self, Shown};
use crate::stored::EVERYTHING;

/// How many are read at once.
const AT_ONCE: usize = 50;

/// Some of what a person has not been told yet.
pub(super) struct News {
    /// In order of arrival.
    pub(super) untold: VecDeque<Untold>,
    /// The place to read on from, if there may be more.
    pub(super) next: Option<u64>,
}

/// A notice with its frame; of one whose frame is empty, nothing can be told.
pub(super) struct Untold {
    notice: Arc<Notice>,
    frame: String,
}

impl Untold {
    /// The frame, if there is one and the person has not been told meanwhile.
    pub(super) fn hand_over(self, core: &Core) -> Option<String> {
        let shows = core.hand_over(&self.notice, Handing::Kept);
        (shows && !self.frame.is_empty()).then_some(self.frame)
    }
}

/// Reads what is kept after a place.
pub(super) async fn read(core: &Core, actor: &Actor, phone: &str, after: u64) -> Result<News, ReadError> {
    let (kept, next) = core.notices(actor, EVERYTHING, after, AT_ONCE).await?;
    let mut untold = VecDeque::with_capacity(kept.len());
    for notice in kept {
        if let Some(frame) = frame(core, &notice, phone).await? {
            untold.push_back(Untold { notice, frame });
        }
    }
    Ok(News { untold, next })
}

/// The frame for a notice, whomever it names; an empty one where nothing can be told, and none where only a newer node
/// can tell it.
async fn frame(core: &Core, notice: &Notice, phone: &str) -> Result<Option<String>, StoreError> {
    let mut found = Vec::new();
    loop {
        let known = |id| {
            found.iter().find(|account: &&Arc<hearken_core::account::Account>| account.id == id).cloned()
        };
        match encode::notice(notice, phone, known) {
            Shown::Frame(frame) => return Ok(Some(frame)),
            Shown::Nothing | Shown::Missed => return Ok(Some(String::new())),
            Shown::Unreadable => return Ok(None),
            Shown::Needs(id) => match core.account(&AccountRef::Id(id)).await? {
                Some(account) => found.push(account),
                // Who is gone for good is named no more.
                None => return Ok(Some(String::new())),
            },
        }
    }
}
