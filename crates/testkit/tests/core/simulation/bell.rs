//! Timers: each that was set rings once, not before its time; one that was cancelled does not ring after that.

use std::collections::BTreeMap;
use std::time::Duration;

use hearken_core::event::EventRef;
use hearken_core::{At, NewEvent};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::chance::Dice;
use super::people::is_passing;
use super::town::{TALKS, Town};
use crate::scene::{Board, No, Note, id_of};

/// How soon all that was set is due, in milliseconds.
const LATEST: u64 = 3000;
/// How long after its time a timer may ring when all is well: a stand-in is two seconds late, and looks every few.
const LATE: Duration = Duration::from_secs(15);

/// The timers that people were told are set, and where.
#[derive(Default)]
pub(super) struct Bells(Mutex<BTreeMap<(usize, String), Timestamp>>);

/// Sets a timer of a new name, or cancels one's last; tries until that is kept.
pub(super) async fn set_or_cancel(town: &Town, dice: &Dice, who: usize, number: u64) {
    let mine = |(_, name): &&(usize, String)| name.starts_with(&format!("{who}-"));
    let last = town.bells.0.lock().keys().rfind(mine).cloned();
    if let Some((board, name)) = last.filter(|_| dice.percent(40)) {
        return note(town, dice, who, board, &name, "cancelled", None).await;
    }
    let (board, name) = (dice.below(TALKS as u64) as usize, format!("{who}-{number:06}"));
    let due = town.sound_now() + Duration::from_millis(dice.below(LATEST));
    note(town, dice, who, board, &name, "set", Some(due)).await;
    town.bells.0.lock().insert((board, name), due);
}

/// Writes down on the board what is done about a timer, and does it, once.
async fn note(
    town: &Town,
    dice: &Dice,
    who: usize,
    board: usize,
    name: &str,
    what: &str,
    due: Option<Timestamp>,
) {
    let actor = &town.actors[who];
    loop {
        if let Some(core) = town.any_core(dice) {
            let (name, words) = (name.to_owned(), format!("{what} {name}"));
            let which = EventRef::Named(id_of(actor), words.clone().into());
            let at = At::<Board>::id(town.boards[board]).reading(which.clone());
            let reply = core.update(actor, at, move |draft| {
                if draft.logged(&which).next().is_none() {
                    draft.record(NewEvent::new(Note::Said(words.clone())).named(words.clone().into(), 0));
                    match due {
                        Some(due) => draft.set_timer(&name, due),
                        None => draft.cancel_timer(&name),
                    }
                }
                Ok::<_, No>(())
            });
            match reply.await {
                Ok(()) => return,
                Err(error) => assert!(is_passing(&error), "{error:?}"),
            }
        }
        dice.pause(40).await;
    }
}

impl Town {
    /// Product time.
    fn sound_now(&self) -> Timestamp {
        hearken_core::clock::Clock::now(&**self.clock())
    }
}

/// Waits until no timer is set any more.
pub(super) async fn until_silent(town: &Town) {
    let silent = async {
        while town.timers_left().await > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_millis(LATEST) + LATE, silent).await;
    assert!(waited.is_ok(), "{} timers have not fired", town.timers_left().await);
}

/// Looks at what a board says about timers, in order.
pub(super) fn look(town: &Town, board: usize, log: &[Note]) {
    let mut state: BTreeMap<String, (bool, usize)> = BTreeMap::new();
    for note in log {
        match note {
            Note::Said(words) => match words.split_once(' ') {
                Some(("set", name)) => {
                    assert!(state.insert(name.to_owned(), (true, 0)).is_none(), "{name} is set twice");
                }
                Some(("cancelled", name)) => state.get_mut(name).expect("it was set").0 = false,
                _ => panic!("nobody says {words}"),
            },
            Note::Rang(name, due, now) => {
                let (may_ring, rung) = state.get_mut(name).expect("it was set");
                assert!(*may_ring, "{name} rings after it was cancelled");
                *rung += 1;
                assert_eq!(*rung, 1, "{name} rings twice");
                assert!(now >= due, "{name} rings at {now}, before {due}");
            }
        }
    }
    for ((_, name), _) in town.bells.0.lock().iter().filter(|((on, _), _)| *on == board) {
        let (may_ring, rung) = state.get(name).expect("what was kept is on the board");
        assert!(!may_ring || *rung == 1, "{name} never rang");
    }
}
