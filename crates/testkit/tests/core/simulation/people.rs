//! What people do: they say things, each under a name of its own and until they are told that it is kept, receive what
//! they were shown, and set and cancel timers. A node that can't be asked is left for another.

use std::sync::Arc;

use hearken_core::event::EventRef;
use hearken_core::{At, UpdateError};

use super::bell;
use super::chance::Dice;
use super::town::{TALKS, Town};
use crate::scene::{No, Talk, id_of, said};

/// Lives until it is over.
pub(super) async fn live(town: Arc<Town>, who: usize) {
    let dice = Dice::new(town.seed, 100 + who as u64);
    let mut number = 0;
    while !town.is_over() {
        number += 1;
        match dice.below(10) {
            0..=5 => say(&town, &dice, who, number).await,
            6..=7 => receive(&town, &dice, who).await,
            _ => bell::set_or_cancel(&town, &dice, who, number).await,
        }
        dice.pause(30).await;
    }
}

/// Tries until it is kept, wherever.
async fn say(town: &Town, dice: &Dice, who: usize, number: u64) {
    let (talk, name) = (dice.below(TALKS as u64) as usize, format!("{who}-{number}"));
    let actor = &town.actors[who];
    loop {
        if let Some(core) = town.any_core(dice) {
            let (which, key) = (EventRef::Named(id_of(actor), name.clone().into()), name.clone());
            let at = At::<Talk>::id(town.talks[talk]).reading(which.clone());
            let reply = core.update(actor, at, move |draft| {
                if let Some(earlier) = draft.logged(&which).next() {
                    return Ok::<_, No>(earlier.seq);
                }
                let event = said(draft, &key).named(key.clone().into(), 0);
                Ok(draft.record(event))
            });
            match reply.await {
                Ok(seq) => return town.kept.lock().push((talk, name, seq)),
                Err(error) => assert!(is_passing(&error), "{error:?}"),
            }
        }
        dice.pause(40).await;
    }
}

/// Receives what he was shown last. Whether that is kept nobody is told.
async fn receive(town: &Town, dice: &Dice, who: usize) {
    let talk = dice.below(TALKS as u64) as usize;
    let Some(seq) = town.followers.shown(who, town.talks[talk]) else { return };
    let Some(core) = town.any_core(dice) else { return };
    let (me, which) = (town.account(who), EventRef::Seq(seq));
    let at = At::<Talk>::id(town.talks[talk]).reading(which.clone());
    let reply = core.update(&town.actors[who], at, move |draft| {
        let logged = draft.logged(&which).next().ok_or("what was shown is in the log")?;
        Ok(draft.receive(&logged, me))
    });
    if let Err(error) = reply.await {
        assert!(is_passing(&error), "{error:?}");
    }
}

/// Whether somebody is to try again.
pub(super) fn is_passing(error: &UpdateError<No>) -> bool {
    matches!(error, UpdateError::Busy | UpdateError::Unavailable)
}
