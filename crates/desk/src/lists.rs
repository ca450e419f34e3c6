//! Lists of chats for whoever looks back: by what they are, a page at a time.

use hearken_core::Core;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::store::{Find, IndexEntry, StoreError};

use crate::presence::ListedChat;
use crate::rules::listing;
use crate::stored::{Listed, Stage};
use crate::walk::Walk;

/// Which chats are looked for; all, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those that stand there.
    pub stage: Option<Stage>,
    /// Those that are flagged, or those that are not.
    pub flagged: Option<bool>,
    /// Those that this person serves, or served when they were closed.
    pub staff: Option<AccountId>,
    /// Those of this visitor.
    pub visitor: Option<AccountId>,
    /// Those whose visitor has this in his name or e-mail address, in whatever case.
    pub words: Option<String>,
}

impl Wanted {
    /// The key with the fewest rows that has all of these, and what is still to be looked at in each row.
    fn narrowed(mut self, organisation: OrganisationId) -> (String, Self) {
        let key = if let Some(visitor) = self.visitor.take() {
            listing::opened_by(organisation, visitor)
        } else if let Some(staff) = self.staff.take() {
            listing::served_by(organisation, staff)
        } else if self.flagged == Some(true) {
            self.flagged = None;
            listing::flagged(organisation)
        } else if let Some(stage) = self.stage.take() {
            listing::at_stage(organisation, stage)
        } else {
            listing::all(organisation)
        };
        self.words = self.words.map(|words| words.to_lowercase()).filter(|words| !words.is_empty());
        (key, self)
    }

    /// Whether this chat is one of those. The words are in lower case.
    fn admits(&self, listed: &Listed) -> bool {
        let named = |words: &String| {
            let texts = [&listed.name, &listed.email].into_iter().flatten();
            texts.into_iter().any(|text| text.to_lowercase().contains(words))
        };
        self.stage.is_none_or(|stage| listed.stage == stage)
            && self.flagged.is_none_or(|flagged| (listed.severity != 0) == flagged)
            && self.staff.is_none_or(|staff| listed.staff == Some(staff))
            && self.words.as_ref().is_none_or(named)
    }
}

/// The chats that are wanted, those opened last first: `limit` of them after the first `skip`, and how many there are.
pub async fn page(
    core: &Core,
    organisation: OrganisationId,
    wanted: Wanted,
    skip: u64,
    limit: usize,
) -> Result<(Vec<ListedChat>, u64), StoreError> {
    let (key, rest) = wanted.narrowed(organisation);
    let (from, to) = (i64::MIN, i64::MAX);
    let find = Find { index: listing::CHATS.into(), key, from, to, descending: true, limit };
    if rest == Wanted::default() {
        let (rows, total) = core.find_page(&find, skip).await?;
        return Ok((rows.iter().filter_map(read).collect(), total));
    }
    let (mut found, mut total, mut walk) = (Vec::new(), 0, Walk::new(find));
    loop {
        let rows = walk.next(core).await?;
        if rows.is_empty() {
            return Ok((found, total));
        }
        for chat in rows.iter().filter_map(read).filter(|(_, listed)| rest.admits(listed)) {
            if total >= skip && found.len() < limit {
                found.push(chat);
            }
            total += 1;
        }
    }
}

fn read(row: &IndexEntry) -> Option<ListedChat> {
    Some((row.conversation, Listed::read(&row.value)?))
}
