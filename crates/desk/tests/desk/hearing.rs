//! Who hears what: for every act, with everybody listening, exactly these and nobody else.

use hearken_core::Delivery;
use hearken_desk::stored::{Happening, Passing, What, staff_in};

use crate::scene::{Scene, heard};
use crate::town::id_of;

/// Everybody who is shown the event of `line`, in the order of the alphabet.
async fn hear(before: &str, line: &str) -> (String, Option<String>) {
    let mut scene = Scene::open().await;
    scene.play(before).await;
    let mut ears = scene.ears().await;
    scene.play(line).await;
    let (mut hearers, mut staff) = (Vec::new(), None);
    for (name, ear) in &mut ears {
        let events = heard(ear);
        assert!(events.len() <= 1, "one event each");
        if let Some(event) = events.first() {
            let id = staff_in(event);
            staff = scene.people.iter().find(|(_, actor)| Some(id_of(actor)) == id);
            staff = staff.or(staff);
            hearers.push(*name);
        }
    }
    let staff = staff.map(|(name, _)| (*name).to_owned());
    (hearers.join(" "), staff)
}

async fn check(before: &str, line: &str, expect: &str, about: &str) {
    let (hearers, staff) = hear(before, line).await;
    assert_eq!(hearers, expect, "{line}, after {before:?}");
    assert_eq!(staff.as_deref().unwrap_or_default(), about, "whom {line} is about, after {before:?}");
}

#[tokio::test]
async fn the_queue_is_told_to_all_staff() {
    let all = "ana kim lee max sam sue";
    check("", "ana opens", all, "").await;
    check("ana opens", "ana asks", all, "").await;
    check("ana opens", "kim claims", all, "kim").await;
    check("ana opens", "ana leaves", all, "").await;
    check("ana opens; kim claims", "kim returns", all, "kim").await;
    check("ana opens; kim claims; kim returns", "ana asks", all, "").await;
}

#[tokio::test]
async fn a_claimed_chat_is_heard_by_the_two_and_those_who_watch() {
    let two = "ana kim max sam sue";
    check("ana opens; kim claims", "ana says", two, "kim").await;
    check("ana opens; kim claims", "kim replies", two, "kim").await;
    check("ana opens; kim claims", "ana leaves", two, "kim").await;
    check("ana opens; kim claims", "kim quits", two, "kim").await;
    check("ana opens; kim claims", "sue takes", two, "kim").await;
    check("ana opens; kim claims; sue takes", "sue replies", "ana max sam sue", "sue").await;
    check("ana opens; kim claims; sue takes", "ana says", "ana max sam sue", "sue").await;
    check("ana opens; kim claims; kim returns; lee claims", "ana says", "ana lee max sam sue", "lee").await;
}

#[tokio::test]
async fn notes_tags_and_flags_are_for_staff() {
    check("ana opens", "kim notes", "max sam sue", "").await;
    check("ana opens; kim claims", "lee notes", "kim max sam sue", "kim").await;
    check("ana opens; kim claims", "kim notes", "kim max sam sue", "kim").await;
    check("ana opens; kim claims", "lee flags 3", "max sam sue", "").await;
    check("ana opens; ana leaves", "kim flags 3", "max sam sue", "").await;
    check("ana opens; kim claims", "lee tags vip", "kim lee max sam sue", "").await;
    check("ana opens; ana leaves", "lee files vip", "kim lee max sam sue", "").await;
}

#[tokio::test]
async fn typing_is_for_the_other_side() {
    async fn check(before: &str, line: &str, expect: &[&str]) {
        let mut scene = Scene::open().await;
        scene.play(before).await;
        let mut ears = scene.ears().await;
        scene.play(line).await;
        let mut hearers = Vec::new();
        for (name, ear) in &mut ears {
            if let Some(Delivery::Signal(signal)) = ear.try_next() {
                assert!(matches!(signal.body.get::<Passing>(), Some(Passing::Typing { on: true, .. })));
                hearers.push(*name);
            }
        }
        assert_eq!(hearers, expect, "{line}, after {before:?}");
    }
    check("ana opens", "ana types", &[]).await;
    check("ana opens; kim claims", "ana types", &["kim"]).await;
    check("ana opens; kim claims", "kim types", &["ana"]).await;
    check("ana opens; kim claims; sue takes", "ana types", &["sue"]).await;
}

#[tokio::test]
async fn an_event_says_how_the_room_is_when_it_has_happened() {
    let mut scene = Scene::open().await;
    let mut ear = scene.ears().await.remove("max").expect("max is there");
    scene.play("ana opens; kim flags 4; kim tags vip,late; kim claims; ana says").await;
    let events = heard(&mut ear);
    let last = events.last().and_then(|event| event.body.as_ref()?.get::<Happening>()).expect("it reads");
    assert!(matches!(last.what, What::Said { opening: false, .. }));
    assert_eq!((last.room.severity, last.skipped), (4, 2));
    assert_eq!(last.room.tags, ["vip", "late"]);
    assert_eq!(last.room.visitor, id_of(&scene.people["ana"]));
}
