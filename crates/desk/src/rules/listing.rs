//! By what chats are found: the queue, one's own, the flagged ones, and every list over HTTP. Whatever changes where a chat
//! stands writes its rows in the same commit, so no list is ever a second truth.

use hearken_core::ids::{AccountId, OrganisationId};

use super::room::{Room, stage};
use crate::stored::{Listed, Stage};

/// Chats of an organisation by what they are, in the order of their opening.
pub const CHATS: &str = "desk.chats";
/// Open chats of a person: a visitor's one, or those that he serves; in the order of their opening.
pub const OPEN: &str = "desk.open";
/// Flagged chats of an organisation, in the order in which they were flagged last.
pub const FLAGGED: &str = "desk.flagged";
/// Chats to which somebody who has lost his line may come back, by his account.
pub const AWAY: &str = "desk.away";

/// All chats.
pub fn all(organisation: OrganisationId) -> String {
    organisation.to_string()
}

/// Those that stand there.
pub fn at_stage(organisation: OrganisationId, stage: Stage) -> String {
    format!("{organisation}:{}", stage.word())
}

/// Those that this person serves, or served when they were closed.
pub fn served_by(organisation: OrganisationId, staff: AccountId) -> String {
    format!("{organisation}:staff:{staff}")
}

/// Those that this visitor has opened.
pub fn opened_by(organisation: OrganisationId, visitor: AccountId) -> String {
    format!("{organisation}:visitor:{visitor}")
}

/// Those that are flagged.
pub fn flagged(organisation: OrganisationId) -> String {
    format!("{organisation}:flagged")
}

/// Where a chat is listed: index, key and order of each row.
pub struct Places(Vec<(&'static str, String, i64)>);

impl Places {
    /// Nowhere: the chat is only being opened.
    pub fn nowhere() -> Self {
        Self(Vec::new())
    }

    /// Where it is, as it stands in this draft.
    pub fn of(room: &Room<'_, '_>) -> Self {
        let (organisation, state, stands) = (room.identity().organisation, room.state(), stage(room));
        let opened = state.opened;
        let mut places = vec![
            (CHATS, all(organisation), opened),
            (CHATS, at_stage(organisation, stands), opened),
            (CHATS, opened_by(organisation, state.visitor), opened),
        ];
        if let Some(staff) = state.staff {
            places.push((CHATS, served_by(organisation, staff), opened));
        }
        if let Some(at) = state.flagged {
            places.push((CHATS, flagged(organisation), opened));
            places.push((FLAGGED, organisation.to_string(), at));
        }
        if stands != Stage::Closed {
            places.push((OPEN, state.visitor.to_string(), opened));
            places.extend(state.staff.map(|staff| (OPEN, staff.to_string(), opened)));
        }
        Self(places)
    }

    /// Lists the chat where it is now, and no more where it was.
    pub fn move_on(self, room: &mut Room<'_, '_>) {
        let now = Self::of(room);
        let value = Listed::of(room.state(), stage(room), room.header().priority).written();
        for (index, key, _) in &self.0 {
            if !now.0.iter().any(|(other, listed, _)| (other, listed) == (index, key)) {
                room.remove_index(index, key);
            }
        }
        for (index, key, order) in &now.0 {
            room.put_index(index, key, *order, &value);
        }
    }
}
