//! A random run of faults while people talk across two nodes: nodes killed, the bus and the database stopped and killed,
//! a node cut off from the bus. Nothing acknowledged is lost or doubled, everybody sees one order, and within two seconds
//! of the repair everybody has been shown what was said meanwhile (common.md, "What an acknowledgement means").

use std::rc::Rc;
use std::time::Duration;

use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use hearken_testkit::throwaway::Postgres;

use super::line::State;
use super::street::{Street, Watch};
use super::{Cluster, Ground, NODES};
use crate::dice::Dice;
use crate::{figure, rounds};

/// How long the run goes on, in seconds: in every test, and in `make soak`.
const SECONDS: (usize, usize) = (40, 300);
/// How soon everybody has been shown everything once a fault is mended.
const CAUGHT_UP: Duration = Duration::from_secs(2);

/// What fails.
#[derive(Clone, Copy, Debug)]
enum Fault {
    NodeKilled(usize),
    BusKilled,
    BusFrozen,
    DatabaseStopped,
    DatabaseKilled,
    LineSilent(usize),
    LineClosed(usize),
}

impl Fault {
    fn any(dice: &mut Dice) -> Self {
        let node = dice.between(0, NODES as u64 - 1) as usize;
        match dice.between(0, 6) {
            0 => Self::NodeKilled(node),
            1 => Self::BusKilled,
            2 => Self::BusFrozen,
            3 => Self::DatabaseStopped,
            4 => Self::DatabaseKilled,
            5 => Self::LineSilent(node),
            _ => Self::LineClosed(node),
        }
    }

    fn strike(self, cluster: &mut Cluster) {
        match self {
            Self::NodeKilled(node) => cluster.kill(node),
            Self::BusKilled => cluster.nats.kill(),
            Self::BusFrozen => cluster.nats.freeze(),
            Self::DatabaseStopped => database(cluster).stop(),
            Self::DatabaseKilled => database(cluster).kill(),
            Self::LineSilent(node) => cluster.lines[node].set(State::Silent),
            Self::LineClosed(node) => cluster.lines[node].set(State::Closed),
        }
    }

    fn mend(self, cluster: &mut Cluster) {
        match self {
            Self::NodeKilled(node) => cluster.begin(node),
            Self::BusKilled => cluster.nats.resume(),
            Self::BusFrozen => cluster.nats.thaw(),
            Self::DatabaseStopped | Self::DatabaseKilled => database(cluster).resume(),
            Self::LineSilent(node) | Self::LineClosed(node) => cluster.lines[node].set(State::Whole),
        }
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_whatever_fails() {
    let named = std::env::var("HEARKEN_FAULT_SEED").ok();
    let seed = named.and_then(|seed| seed.parse().ok()).unwrap_or(4);
    let mut cluster = Cluster::on_own(&[]).await;
    let mut street = Street::of(cluster.people(24));
    let nodes = Rc::clone(&cluster.addresses);
    street.talk(&nodes, async |watch| go(seed, &mut cluster, &watch).await).await;
    street.look(cluster.address(0)).await;
    let (said, visits) = (street.watch().total(), street.watch().visits());
    cluster.assert_sound();
    figure(format_args!(
        "seed {seed}: {} messages sent, {} acknowledged, none lost or doubled; people connected {visits} times",
        said.sent, said.acknowledged
    ));
}

async fn go(seed: u64, cluster: &mut Cluster, watch: &Watch) {
    let (clock, mut dice) = (SystemMonotonic::default(), Dice::new(seed));
    let (mut faults, mut longest) = (0, Duration::ZERO);
    while clock.elapsed().as_secs() < rounds(SECONDS.0, SECONDS.1) as u64 {
        watch.until_said(dice.between(50, 400) as usize).await;
        let fault = Fault::any(&mut dice);
        fault.strike(cluster);
        // As long as the fault lasts: that is the point, nothing is waited for.
        tokio::time::sleep(Duration::from_millis(dice.between(0, 2500))).await;
        fault.mend(cluster);
        match watch.until_caught_up(CAUGHT_UP).await {
            Ok(took) => longest = longest.max(took),
            Err(why) => panic!("seed {seed}, fault {faults}, {fault:?}: {why}"),
        }
        faults += 1;
    }
    figure(format_args!("{faults} faults; everybody was caught up at most {longest:?} after each"));
}

fn database(cluster: &Cluster) -> &Postgres {
    match &cluster.postgres {
        Ground::Own(postgres, _) => postgres,
        Ground::Shared(_) => panic!("others use this PostgreSQL"),
    }
}
