//! Personal chats as whole acts over the core: made by asking, looked at, deleted. The rules are in
//! [`crate::rules::dialogue`].

use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::{At, Core, Kind as _, ReadError, Target, UpdateError};

use crate::rules::Refusal;
use crate::rules::dialogue::{self, Opened, Pair, between};
use crate::stored::{Dialogue, DialogueState};

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

/// Deletes it with its messages, for both.
pub async fn delete(core: &Core, actor: &Actor, ends: Ends) -> Result<(), UpdateError<Refusal>> {
    let Ends { organisation, pair } = ends;
    let at = At::<Dialogue>::key(organisation, pair.key());
    let deleted = core.update(actor, at, move |draft| {
        dialogue::delete_chat(draft, pair);
        Ok(())
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
