//! The power goes, and comes back: what was acknowledged is on the disk, not only in the system's memory.
//!
//! A kill leaves everything that was written. So the disk under the server is watched by a shim that keeps a shadow
//! of what was synced, stops the process at an operation of its own choosing, and lets the next server find the
//! shadow and nothing else.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};

use hearken::admin::Request;
use hearken::control;
use hearken_core::clock::{Monotonic as _, SystemMonotonic};

use crate::dice::Dice;
use crate::disk::{Shim, Variables, survived};
use crate::server::{NO_RATE, Server, assert_sound, run};
use crate::town::{Progress, Town, lines, tells_of_loss};
use crate::{figure, rounds};

const KILLED: Option<i32> = Some(9);

#[tokio::test]
async fn what_was_acknowledged_survives_every_power_cut() {
    let shim = Shim::build();
    let (clock, mut dice) = (SystemMonotonic::default(), Dice::new(3));
    let mut disk = shim.path("disk-0");
    let mut town = Town::found(&disk.join("data")).await;
    let (cuts, mut early) = (rounds(6, 100), 0);
    for cut in 1..=cuts {
        let shadow = shim.path(&format!("shadow-{cut}"));
        let mut variables = shim.with_shadow(&disk, &shadow);
        cut_at(&mut variables, &mut dice, 60, 200);
        early += usize::from(live_until_the_cut(&mut town, &disk, &variables).await);
        disk = after(&shadow, &shim.path(&format!("disk-{cut}")), &disk);
        assert_sound(&disk.join("data"));
    }
    let server = Server::start(&disk.join("data"), &[NO_RATE]);
    let woken = town.wake(server.address).await.expect("the server stays up");
    woken.unwrap_or_else(|wrong| panic!("{}", lines(&wrong)));
    let total = town.total();
    figure(format_args!(
        "{cuts} power cuts, {early} of them before anybody could send: {} messages sent, {} acknowledged, none lost \
         or doubled, in {:.1} s",
        total.sent,
        total.acknowledged,
        clock.elapsed().as_secs_f64()
    ));
}

/// Has the power go so many operations after so many syncs, at most; every other time what was not synced is torn.
fn cut_at(variables: &mut Variables, dice: &mut Dice, syncs: u64, operations: u64) {
    let moment = format!("{} {}", dice.between(0, syncs), dice.between(0, operations));
    variables.push(("SHIM_CUT", moment.into()));
    if dice.once_in(2) {
        variables.push(("SHIM_TEAR", dice.between(1, 1 << 40).to_string().into()));
    }
}

/// Everybody wakes, compares and talks until the power goes; says whether it went before they could talk.
async fn live_until_the_cut(town: &mut Town, disk: &Path, variables: &Variables) -> bool {
    let mut server = match Server::spawn(&disk.join("data"), variables).listening() {
        Ok(server) => server,
        Err(ended) => {
            assert_eq!((ended.status.signal(), ended.said.as_str()), (KILLED, ""), "{variables:?}");
            return true;
        }
    };
    let woken = town.wake(server.address).await;
    let early = woken.is_err();
    if let Ok(awake) = woken {
        let awake = awake.unwrap_or_else(|wrong| panic!("{}", lines(&wrong)));
        let partings = town.talk(server.address, awake, &Progress::new(0)).await;
        assert!(partings.iter().flatten().all(|parting| parting.is_wordless()), "{partings:?}");
    }
    let status = server.wait();
    assert_eq!((status.signal(), server.said().as_str()), (KILLED, ""), "{variables:?}");
    early
}

/// The disk as the next server finds it. The one before is not needed any more.
fn after(shadow: &Path, next: &Path, before: &Path) -> PathBuf {
    survived(shadow, next);
    std::fs::remove_dir_all(shadow).expect("removed");
    std::fs::remove_dir_all(before).expect("removed");
    next.to_owned()
}

/// The proof that the test above can fail: a disk that says it has synced, and has not.
#[tokio::test]
async fn a_disk_that_lies_loses_what_was_acknowledged() {
    let shim = Shim::build();
    let (disk, shadow, next) = (shim.path("disk"), shim.path("shadow"), shim.path("next"));
    let mut town = Town::found(&disk.join("data")).await;
    let mut variables = shim.with_shadow(&disk, &shadow);
    variables.push(("SHIM_LIE", "1".into()));
    let mut server = Server::start(&disk.join("data"), &variables);
    let awake = town.wake(server.address).await.expect("up").expect("nothing is there yet");
    let progress = Progress::new(0);
    let mut watching = progress.subscribe();
    let talk = town.talk(server.address, awake, &progress);
    let kill = async {
        watching.wait_for(|acknowledged| *acknowledged >= 500).await.expect("they talk");
        server.kill();
    };
    tokio::join!(talk, kill);
    survived(&shadow, &next);
    let server = Server::start(&next.join("data"), &[NO_RATE]);
    let wrong = town.wake(server.address).await.expect("up").err().expect("messages are missing");
    assert!(tells_of_loss(&wrong), "{}", lines(&wrong));
}

/// Whatever a first start had done by then, the next one does the rest.
#[test]
fn a_first_start_may_be_cut_off_anywhere() {
    let shim = Shim::build();
    let mut dice = Dice::new(5);
    for cut in 0..rounds(12, 300) {
        let path = |name: &str| shim.path(&format!("{name}-{cut}"));
        let (disk, shadow, next) = (path("disk"), path("shadow"), path("next"));
        let mut variables = shim.with_shadow(&disk, &shadow);
        cut_at(&mut variables, &mut dice, 12, 60);
        match Server::spawn(&disk.join("data"), &variables).listening() {
            Ok(mut server) => server.kill(),
            Err(ended) => assert_eq!((ended.status.signal(), ended.said.as_str()), (KILLED, "")),
        }
        let disk = after(&shadow, &next, &disk);
        let server = Server::start(&disk.join("data"), &[NO_RATE]);
        assert_sound(&disk.join("data"));
        drop(server);
    }
}

/// A folder that the server itself has made, and an account in it: both are there, names and all, once the account
/// has been printed.
#[test]
fn the_first_account_in_a_new_folder_survives_a_power_cut() {
    let shim = Shim::build();
    let (disk, shadow, next) = (shim.path("disk"), shim.path("shadow"), shim.path("next"));
    let variables = shim.with_shadow(&disk, &shadow);
    let data = Path::new("deep/in/data");
    let mut server = Server::start(&disk.join(data), &variables);
    let new = Request::AccountAdd {
        organisation: None,
        name: Some("Ana".into()),
        last_name: None,
        email: None,
        phone: Some("9999999999".into()),
        roles: Vec::new(),
        password: None,
    };
    let control = control::connect(&disk.join(data)).expect("it listens");
    let added = control::ask(&control, &new).expect("added");
    server.kill();
    survived(&shadow, &next);
    let shown = run(&next.join(data), &["account", "show", added["id"].as_str().expect("an id")]);
    assert_eq!(String::from_utf8_lossy(&shown.stdout), format!("{added}\n"), "{shown:?}");
}
