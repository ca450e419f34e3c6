//! `kill -9`, again and again, while everybody sends: what was acknowledged is there after each restart, once and in
//! order.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use hearken_core::clock::{Monotonic as _, SystemMonotonic};

use crate::dice::Dice;
use crate::server::{NO_RATE, Server, assert_sound};
use crate::town::{Awake, Progress, Town, lines};
use crate::{figure, rounds};

#[tokio::test]
async fn what_was_acknowledged_survives_every_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut town = Town::found(&data).await;
    let (clock, mut dice) = (SystemMonotonic::default(), Dice::new(2));
    let progress = Progress::new(0);
    let (kills, mut log) = (rounds(5, 100), 0);
    for kill in 0..kills {
        if dice.once_in(3) {
            kill_at_start(&data, &mut dice).await;
        }
        let mut server = Server::start(&data, &[NO_RATE]);
        let awake = wake(&mut town, server.address).await;
        let until = *progress.borrow() + dice.between(100, 1500) as usize;
        let talk = town.talk(server.address, awake, &progress);
        let killer = async {
            progress.subscribe().wait_for(|acknowledged| *acknowledged >= until).await.expect("they talk");
            // Anywhere between two commits: the moment itself is the point, nothing is waited for.
            tokio::time::sleep(Duration::from_micros(dice.between(0, 5000))).await;
            server.kill();
        };
        let (partings, ()) = tokio::join!(talk, killer);
        log = log.max(std::fs::metadata(data.join("hearken.db-wal")).map_or(0, |found| found.len()));
        assert!(partings.iter().flatten().all(|parting| parting.is_wordless()), "{partings:?}");
        assert_eq!(server.said(), "", "kill {kill}");
        assert_sound(&data);
        if kill % 10 == 9 {
            let (waiting, seconds) = (town.waiting(), clock.elapsed().as_secs());
            figure(format_args!("{} kills: {until} acknowledged, {waiting} wait, {seconds} s", kill + 1));
        }
    }
    let server = Server::start(&data, &[NO_RATE]);
    wake(&mut town, server.address).await;
    assert_sound(&data);
    let total = town.total();
    figure(format_args!(
        "{kills} kills: {} messages sent, {} acknowledged, none lost or doubled, in {:.1} s; the write-ahead log had \
         at most {} KiB",
        total.sent,
        total.acknowledged,
        clock.elapsed().as_secs_f64(),
        log >> 10
    ));
}

async fn wake(town: &mut Town, server: SocketAddr) -> Awake {
    let awake = town.wake(server).await.expect("the server stays up");
    awake.unwrap_or_else(|wrong| panic!("{}", lines(&wrong)))
}

/// A kill while the store is being opened.
async fn kill_at_start(data: &Path, dice: &mut Dice) {
    let starting = Server::spawn(data, &[NO_RATE]);
    tokio::time::sleep(Duration::from_micros(dice.between(0, 30_000))).await;
    starting.kill();
}
