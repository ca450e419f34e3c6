//! What goes wrong.

use std::time::Duration;

use hearken_core::bus::memory::Faults;
use hearken_testkit::faulty::Weather;

use super::chance::Dice;
use super::town::{NODES, Town};

/// How many things go wrong in a run.
const FAULTS: u64 = 16;
/// A store in a storm.
const STORM: Weather =
    Weather { slow: Duration::from_millis(40), raced: 150, refused: 100, unanswered: 100, unreadable: 50 };

/// Things go wrong, one after the other, some of them mended in between.
pub(super) async fn strike(town: &Town) {
    let dice = Dice::new(town.seed, 1);
    for _ in 0..FAULTS {
        dice.pause(500).await;
        let node = dice.below(NODES as u64) as usize;
        match dice.below(10) {
            0 | 1 if town.up() > 1 => town.crash(node).await,
            2 | 3 => revive(town).await,
            4 => town.wire.fail(bad(&dice), town.seed),
            5 => town.wire.fail(Faults::default(), town.seed),
            6 => drop(town.with(node, |node| node.bus.cut(dice.percent(60)))),
            7 => drop(town.with(node, |node| node.bus.deafen(dice.percent(60)))),
            8 => drop(town.with(node, |node| node.way.cut(dice.percent(60)))),
            _ if dice.percent(60) => drop(town.with(node, |node| node.store.weather(STORM, town.seed))),
            _ => town.calm(node),
        }
    }
}

/// Everything is mended.
pub(super) async fn mend(town: &Town) {
    town.wire.fail(Faults::default(), town.seed);
    town.wire.release();
    for node in 0..NODES {
        town.calm(node);
        town.with(node, |node| {
            node.bus.deafen(false);
            node.bus.cut(false);
            node.way.cut(false);
        });
    }
    revive(town).await;
}

async fn revive(town: &Town) {
    for node in 0..NODES {
        if town.core(node).is_none() {
            town.begin(node).await;
        }
    }
}

fn bad(dice: &Dice) -> Faults {
    let any = || dice.below(250) as u16;
    Faults { lost: any(), doubled: any(), delayed: any() }
}
