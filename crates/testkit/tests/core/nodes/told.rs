//! Signals and notices: what passes, and what is kept for one person, across nodes.

use hearken_core::bus::memory::Faults;
use hearken_core::event::Audience;
use hearken_core::ids::ConversationId;
use hearken_core::{At, Delivery, Handing, NewEvent, Subscription};

use super::{Town, again};
use crate::house::House;
use crate::scene::{Board, Hint, No, Note, is_idle, tell, within};

async fn hint(house: &House, board: ConversationId, n: u64) {
    let sent = house.core.update(
        &hearken_core::actor::Actor::System("test"),
        At::<Board>::id(board),
        move |draft| {
            draft.record(NewEvent::new(Note::Said(n.to_string())));
            draft.signal(Audience::members(), Hint::Echo(n));
            Ok::<_, No>(())
        },
    );
    within(sent).await.expect("it is saved");
}

async fn notify(house: &House, board: ConversationId, words: &'static str) {
    let told = house.core.update(
        &hearken_core::actor::Actor::System("test"),
        At::<Board>::id(board),
        move |draft| {
            tell(draft, words);
            Ok::<_, No>(())
        },
    );
    within(told).await.expect("it is saved");
}

/// What a follower is shown, as long as there is something at hand: events as their words, signals as their numbers.
fn shown(follower: &mut Subscription) -> Vec<String> {
    let show = |delivery| match delivery {
        Delivery::Event(event) => crate::scene::words(&event).expect("it has a body"),
        Delivery::Signal(signal) => match signal.body.get::<Hint>() {
            Some(Hint::Echo(n)) => format!("echo {n}"),
            other => panic!("{other:?}"),
        },
        Delivery::Notice(notice) => match notice.body.get::<Note>() {
            Some(Note::Said(words)) => format!("notice {words}"),
            other => panic!("{other:?}"),
        },
        Delivery::Ended(why) => panic!("{why:?}"),
    };
    std::iter::from_fn(|| follower.try_next()).map(show).collect()
}

#[tokio::test(start_paused = true)]
async fn signals_pass_once_and_after_what_they_are_about() {
    let town = Town::of(2).await;
    let [ann, bob] = town.node(0).people().await;
    let board = town.node(0).room::<Board>("board", &[&ann, &bob]).await;
    let mut there = town.node(1).follow_mine(&bob).await;
    town.bus.fail(Faults { doubled: 1000, ..Faults::default() }, 1);
    hint(town.node(0), board, 1).await;
    town.quiet().await;
    assert_eq!(shown(&mut there), ["1", "echo 1"]);
    town.bus.fail(Faults::default(), 1);
    town.bus.hold();
    hint(town.node(0), board, 2).await;
    town.quiet().await;
    hint(town.node(0), board, 3).await;
    town.quiet().await;
    town.bus.release_reversed();
    town.quiet().await;
    let shown = shown(&mut there);
    let place = |words: &str| shown.iter().position(|other| other == words).expect("it is shown");
    assert!(place("2") < place("3") && place("2") < place("echo 2") && place("3") < place("echo 3"));
    assert_eq!(shown.len(), 4, "{shown:?}");
}

#[tokio::test(start_paused = true)]
async fn notices_are_told_on_every_node_and_those_that_were_lost_are_found() {
    let town = Town::of(2).await;
    let [ann, bob] = town.node(0).people().await;
    let board = town.node(0).room::<Board>("board", &[&ann, &bob]).await;
    let mut there = town.node(1).follow_mine(&again(town.node(1), &bob)).await;
    notify(town.node(0), board, "1").await;
    town.quiet().await;
    assert_eq!(shown(&mut there), ["notice 1"]);
    town.bus.hold();
    notify(town.node(0), board, "2").await;
    town.quiet().await;
    assert!(town.bus.lose() > 0 && is_idle(&mut there));
    town.bus.release();
    for _ in 0..3 {
        town.beat().await;
    }
    let Some(Delivery::Notice(notice)) = there.try_next() else { panic!("the second is found") };
    assert_eq!(notice.body.get::<Note>(), Some(&Note::Said("2".into())));
    assert!(town.node(1).core.hand_over(&notice, Handing::Live));
    assert!(is_idle(&mut there), "the first is not told again");
    for _ in 0..3 {
        town.beat().await;
    }
    assert!(is_idle(&mut there));
}
