//! Which messages of rooms a list takes in. Those of the room that one is in wait under `fetch_room_msgs`. Those of a
//! room that is over do so too, until one goes into another: nobody's words may pass for another's. Those of a room that
//! has become a personal chat wait with that chat's.

use std::collections::HashMap;
use std::sync::Arc;

use hearken_core::actor::Actor;
use hearken_core::ids::ConversationId;
use hearken_core::store::Waiting;
use hearken_core::{Core, Kind as _, ReadError, Target};

use crate::rooms;
use crate::rules::meeting::Stage;
use crate::stored::{Dialogue, Room};
use crate::wire::Command;

/// The kinds whose messages `fetch_msgs` may list.
pub(super) const PERSONAL_WITH_ROOMS: &[&str] = &[Dialogue::NAME, Room::NAME];

/// The rooms whose messages belong to one list.
pub(super) struct RoomsListed {
    personal: bool,
    /// The key of the room that the person is in.
    here: Option<Arc<str>>,
    known: HashMap<ConversationId, bool>,
}

impl RoomsListed {
    /// Those of the list that `command` asks for.
    pub(super) async fn in_list(core: &Core, actor: &Actor, command: Command) -> Result<Self, ReadError> {
        let personal = command != Command::FetchRoomMsgs;
        let pair = if personal { None } else { rooms::pair_of(core, actor).await? };
        Ok(Self { personal, here: pair.map(|pair| pair.key()), known: HashMap::new() })
    }

    /// Those of these messages that belong to the list.
    pub(super) async fn listed(
        &mut self,
        core: &Core,
        waiting: Vec<Waiting>,
    ) -> Result<Vec<Waiting>, ReadError> {
        let mut listed = Vec::with_capacity(waiting.len());
        for waiting in waiting {
            let conversation = &waiting.event.conversation;
            if conversation.kind != Room::NAME || self.takes(core, conversation.id).await? {
                listed.push(waiting);
            }
        }
        Ok(listed)
    }

    async fn takes(&mut self, core: &Core, room: ConversationId) -> Result<bool, ReadError> {
        if let Some(known) = self.known.get(&room) {
            return Ok(*known);
        }
        let found = core.conversation(&Actor::System("a list of what waits"), &Target::Id(room)).await?;
        let takes = match Stage::at(&found.header, core.now()) {
            Stage::Replaced => self.personal,
            _ if self.personal => false,
            Stage::Open => true,
            Stage::Over | Stage::Parted => self.here.is_none() || self.here == found.identity.key,
        };
        self.known.insert(room, takes);
        Ok(takes)
    }
}
