//! The messenger's rules, by tables: each step is what somebody does and what comes of it, played through a real core
//! on every store, without wire and sockets.
//!
//! ```text
//! ana says 1 hello      kept 0: since second 0 of the server's clock
//! ben receives 1 at 5   quiet; or why it is refused, by the name of the refusal
//! ben lists             what a fetch would list: `1 hello by ana for ben`
//! ben is untold         what is kept for him until he has been told: `add cid by ana`
//! ben hears             what his open receive socket is told meanwhile: `1 hello by ana`, `received 1 by ben`
//! ```
//!
//! Messages are named by the second of their timestamp; `1z` is the same moment in another spelling.

mod deleted;
mod dialogue;
mod group;
mod membership;
mod moment;
mod room;
mod rooms;
mod scene;
mod tidings;

use self::scene::{Chat, Scene};
use crate::backend::BACKENDS;

/// Plays the steps of a personal chat, on every store.
#[track_caller]
fn check_dialogue(steps: &[(&str, &str)]) {
    check(|| Chat::Dialogue, steps);
}

/// Plays the steps of a group that `members` are in; the first is its admin.
#[track_caller]
fn check_group(members: &str, steps: &[(&str, &str)]) {
    check(|| Chat::Group(members.split_whitespace().map(ToOwned::to_owned).collect()), steps);
}

/// Plays the steps of people who meet in rooms, on every store.
#[track_caller]
fn check_rooms(steps: &[(&str, &str)]) {
    check(|| Chat::Room, steps);
}

#[track_caller]
fn check(chat: impl Fn() -> Chat, steps: &[(&str, &str)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for backend in BACKENDS {
        let differs = runtime.block_on(async {
            let mut scene = Scene::open(backend, chat()).await;
            for (number, (step, expect)) in (1..).zip(steps) {
                let got = scene.take(step).await;
                if got != *expect {
                    return Some(format!("step {number}, {step}\n  expected {expect}\n  got      {got}"));
                }
            }
            let faults = scene.faults().await;
            (!faults.is_empty()).then(|| format!("the store is not whole: {faults:?}"))
        });
        assert!(differs.is_none(), "{backend:?}: {}", differs.unwrap_or_default());
    }
}
