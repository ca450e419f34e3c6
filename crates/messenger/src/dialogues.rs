//! Personal chats as whole acts over the core: made by asking, looked at, deleted. The rules are in
//! [`crate::rules::dialogue`].

use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::{At, AtMany, Core, Kind as _, ReadError, Target, UpdateError};

use crate::rules::dialogue::{self, Opened, Pair, between};
use crate::rules::{Refusal, room};
use crate::stored::{Dialogue, DialogueState, Room, RoomState};

/// Who acts, and with whom.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// Their organisation.
    pub organisation: OrganisationId,
    /// The two, as the one who acts sees them.
    pub pair: Pair,
}

impl Ends {
    /// The actor and another of his organisation; nothing where the server itself acts.
    pub fn of(actor: &Actor, peer: AccountId) -> Option<Self> {
        let (me, organisation) = (actor.account()?, actor.organisation()?);
        Some(Self { organisation, pair: Pair { me, peer } })
    }
}

/// Makes the chat of the two, or finds that it is there.
pub async fn open(core: &Core, actor: &Actor, ends: Ends) -> Result<Opened, UpdateError<Refusal>> {
    let Ends { organisation, pair } = ends;
    core.update(actor, between(organisation, pair.key()), move |draft| Ok(dialogue::open(draft, pair))).await
}

/// Deletes it with its messages, for both; those too that wait in the room that it was before.
pub async fn delete(core: &Core, actor: &Actor, ends: Ends) -> Result<(), UpdateError<Refusal>> {
    let Ends { organisation, pair } = ends;
    let chat = At::<Dialogue>::key(organisation, pair.key());
    let room = At::<Room>::key(organisation, pair.key()).or_open(RoomState::default());
    let deleted = core.update_many(actor, AtMany::default().and(chat).and(room), move |drafts| {
        let deleted = drafts.with(0, |chat| dialogue::delete_chat(chat, pair));
        let forgotten = drafts.with(1, room::forget_left);
        deleted.zip(forgotten).map(|_| ()).ok_or(Refusal::Unreadable)
    });
    deleted.await
}

/// How far the two have acknowledged.
pub async fn look(core: &Core, actor: &Actor, ends: Ends) -> Result<DialogueState, ReadError> {
    let Ends { organisation, pair } = ends;
    let target = Target::Key { kind: Dialogue::NAME, organisation, key: pair.key() };
    let chat = core.conversation(actor, &target).await?;
    let there = dialogue::is_there(&chat.header);
    chat.state.get::<DialogueState>().filter(|_| there).cloned().ok_or(ReadError::NotFound)
}
