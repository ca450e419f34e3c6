//! Who is in a group (`rules::membership`), and what that does to what waits.

use hearken_core::actor::Actor;
use hearken_core::store::AccountRef;
use hearken_core::{At, CommitSettings, MAX_WAITING_MEMBERS, NewAccount, Registry, UpdateError};
use hearken_messenger::groups::{self, New, NotMade};
use hearken_messenger::register;
use hearken_messenger::rules::{Refusal, membership};
use hearken_messenger::stored::Group;
use hearken_testkit::server::TestCore;

use super::check_group as check;
use crate::backend::BACKENDS;

#[test]
fn an_admin_brings_people_in_and_takes_them_out() {
    check(
        "ana ben",
        &[
            ("members", "ana* ben"),
            ("ana adds cid", "done"),
            ("ana adds cid", "done"),
            ("ana adds ana", "done"),
            ("members", "ana* ben cid"),
            ("ben adds dan", "NotAdmin"),
            ("ben removes cid", "NotAdmin"),
            ("ana removes dan", "UnknownNumber"),
            ("ana removes ana", "AdminStays"),
            ("ana removes cid", "done"),
            // Who is out already stays out.
            ("ana removes cid", "done"),
            ("cid leaves", "done"),
            ("restart", ""),
            ("members", "ana* ben"),
            ("cid says 1 hello", "NotMember"),
        ],
    );
}

#[test]
fn an_admin_makes_others_admins() {
    check(
        "ana ben cid",
        &[
            ("ben promotes ben", "NotAdmin"),
            ("ana promotes dan", "UnknownNumber"),
            ("ana promotes ben", "done"),
            ("ana promotes ben", "done"),
            ("members", "ana* ben* cid"),
            ("ben removes ana", "AdminStays"),
            ("ana leaves", "done"),
            // An admin is left, so nobody inherits.
            ("restart", ""),
            ("members", "ben* cid"),
            ("ben adds ana", "done"),
            ("members", "ana ben* cid"),
        ],
    );
}

#[test]
fn an_admin_renames_the_group() {
    check("ana ben", &[("ben renames b", "NotAdmin"), ("ana renames a", "done"), ("ana renames a", "done")]);
}

#[test]
fn whoever_goes_leaves_every_pending_set() {
    for goes in ["cid leaves", "ana removes cid"] {
        check(
            "ana ben cid",
            &[
                ("ana says 1 one", "kept 0"),
                ("ben says 2 two", "kept 0"),
                ("ben receives 1", "quiet"),
                ("cid lists", "1 one by ana for cid, 2 two by ben for ana+cid"),
                (goes, "done"),
                ("cid lists", ""),
                ("ana lists", "2 two by ben for ana"),
                // Nobody waits for the first any more, so its text is gone.
                ("log", "nothing any more, 2 two by ben"),
                ("ana deletes 1", "NothingToDelete"),
                ("restart", ""),
                ("ana deletes 1", "NothingToDelete"),
                ("log", "nothing any more, 2 two by ben"),
                ("ana lists", "2 two by ben for ana"),
                ("cid receives 2", "NotMember"),
                ("ana receives 2", "quiet"),
                ("log", "nothing any more, nothing any more"),
            ],
        );
    }
}

#[test]
fn whoever_goes_is_told_nothing_more() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 one", "kept 0"),
            ("cid leaves", "done"),
            ("ana says 2 two", "kept 0"),
            ("ben types", "quiet"),
            // What was committed while he was in he still hears.
            ("cid hears", "leave it by cid, 1 one by ana"),
            ("ben hears", "leave it by cid, 1 one by ana, 2 two by ana"),
        ],
    );
}

#[test]
fn whoever_comes_back_is_a_newcomer() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 one", "kept 0"),
            ("ben leaves", "done"),
            ("ana says 2 two", "kept 0"),
            ("ana adds ben", "done"),
            ("ben lists", ""),
            ("ben receives 1", "NothingToReceive"),
            ("ben receives 2", "NothingToReceive"),
            ("ana says 3 three", "kept 0"),
            ("ben lists", "3 three by ana for ben+cid"),
            ("restart", ""),
            ("ben lists", "3 three by ana for ben+cid"),
            ("cid lists", "1 one by ana for cid, 2 two by ana for cid, 3 three by ana for ben+cid"),
        ],
    );
}

#[test]
fn a_seat_taken_over_inherits_nothing() {
    check(
        "ana ben cid",
        &[
            ("ana says 1 one", "kept 0"),
            ("ben leaves", "done"),
            // Dan sits where ben sat.
            ("ana adds dan", "done"),
            ("members", "ana* dan cid"),
            ("dan lists", ""),
            ("dan receives 1", "NothingToReceive"),
            ("ana says 2 two", "kept 0"),
            ("dan lists", "2 two by ana for cid+dan"),
            ("dan leaves", "done"),
            ("ana adds ben", "done"),
            ("ana says 3 three", "kept 0"),
            ("restart", ""),
            ("ben lists", "3 three by ana for ben+cid"),
            ("cid lists", "1 one by ana for cid, 2 two by ana for cid, 3 three by ana for ben+cid"),
            ("dan lists", ""),
        ],
    );
}

#[test]
fn when_the_last_admin_goes_the_longest_standing_becomes_one() {
    check(
        "ana ben cid",
        &[
            ("clock 60", ""),
            ("ana adds dan", "done"),
            ("clock 60", ""),
            ("ben leaves", "done"),
            ("ana adds ben", "done"),
            // Ben sits in front again, but has come last.
            ("members", "ana* ben cid dan"),
            ("ana leaves", "done"),
            ("members", "ben cid* dan"),
            ("cid leaves", "done"),
            ("members", "ben dan*"),
            ("ben leaves", "done"),
            ("members", "dan*"),
            ("dan leaves", "done"),
            ("members", "ended"),
            ("dan leaves", "Ended"),
            ("dan says 1 hello", "NotMember"),
            ("ana adds ana", "Ended"),
            ("restart", ""),
            ("members", "ended"),
            ("dan promotes dan", "Ended"),
        ],
    );
}

#[test]
fn a_full_group_takes_nobody_more() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for backend in BACKENDS {
        runtime.block_on(async {
            let disk = backend.disk();
            let at = "2026-01-05T09:00:00Z".parse().unwrap();
            let registry = register(Registry::default());
            let running = TestCore::start(disk.open().await, registry, CommitSettings::default(), at).await;
            full_group(&running).await;
        });
    }
}

async fn full_group(running: &TestCore) {
    let core = &running.core;
    let new = |number| NewAccount {
        phone: Some(format!("9000000{number:03}").parse().unwrap()),
        ..NewAccount::default()
    };
    let people = core.add_accounts((0..=MAX_WAITING_MEMBERS + 1).map(new).collect()).await.unwrap();
    let ids: Vec<_> = people.iter().map(|account| account.id).collect();
    let organisation = people[0].organisation_id;
    let group = |members: usize| New {
        name: "n".into(),
        bio: "b".into(),
        // Whoever stands in both lists counts once.
        admins: vec![ids[0]],
        participants: ids[..members].to_vec(),
    };
    let full = NotMade::Update(UpdateError::Refused(Refusal::GroupFull));
    assert_eq!(groups::import(core, organisation, "toomany000", group(129)).await, Err(full));
    assert_eq!(groups::import(core, organisation, "theyallfit", group(128)).await, Ok(()));
    assert_eq!(groups::import(core, organisation, "theyallfit", group(1)).await, Err(NotMade::KeyTaken));

    let at = || At::<Group>::key(organisation, "theyallfit");
    let (server, [admin, leaver, first, second]) =
        (Actor::System("a test"), [ids[0], ids[77], ids[128], ids[129]]);
    let add = async |who| core.update(&server, at(), move |draft| membership::add(draft, admin, who)).await;
    assert_eq!(add(first).await, Err(UpdateError::Refused(Refusal::GroupFull)));
    // One who is in already needs no place.
    assert_eq!(add(leaver).await, Ok(()));
    assert_eq!(core.update(&server, at(), move |draft| membership::leave(draft, leaver)).await, Ok(()));
    assert_eq!(add(first).await, Ok(()));
    assert_eq!(add(second).await, Err(UpdateError::Refused(Refusal::GroupFull)));
    assert!(core.account(&AccountRef::Id(second)).await.unwrap().is_some());
    assert_eq!(core.check().await.unwrap(), Vec::<String>::new());
}
