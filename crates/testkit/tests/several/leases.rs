//! A node that can't renew its lease lets go of everybody before it ends, and comes back.

use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::node::Whose;
use hearken_core::{Delivery, Ended, Follow, Kind as _, Subscription};

use crate::town::{LINE, Node, Tower, Town, id_of};

const A_BEAT: Duration = Duration::from_secs(3);

async fn follow(node: &Node, who: &Actor) -> Subscription {
    node.core.subscribe(who, &[Follow::Mine(&[Tower::NAME])]).await.expect("people can follow")
}

#[tokio::test(start_paused = true)]
async fn who_is_cut_off_lets_go_before_anybody_takes_over() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let ann = one.person().await;
    let (held, mut follower) = (one.core.connect(id_of(&ann), LINE), follow(&one, &ann).await);
    town.pass(A_BEAT).await;
    one.way_in.cut(true);
    // Until shortly before the lease could have ended, nothing happens.
    town.pass(Duration::from_secs(5)).await;
    assert_eq!(follower.ended(), None);
    let took = town.pass_until(Duration::from_secs(5), || follower.ended().is_some()).await;
    println!("let go {:?} after it was cut off", took + Duration::from_secs(5));
    assert!(matches!(follower.try_next(), Some(Delivery::Ended(Ended::Unavailable))));
    assert_eq!(town.take_seen(), [], "nobody has taken over yet");
    // Whoever comes meanwhile is told to come back.
    let again = one.core.subscribe(&ann, &[]).await.expect("people can follow");
    assert_eq!(again.ended(), Some(Ended::Unavailable));
    town.pass_until(Duration::from_secs(10), || !town.seen.lock().is_empty()).await;
    let seen = town.take_seen();
    assert_eq!(
        seen.iter().map(|(node, whose, ..)| (*node, *whose)).collect::<Vec<_>>(),
        [("two", Whose::One(id_of(&ann)))]
    );
    assert_eq!(two.core.live_nodes(), 1);

    one.way_in.cut(false);
    town.pass(Duration::from_secs(2)).await;
    let open = one.core.subscribe(&ann, &[]).await.expect("people can follow");
    assert_eq!(open.ended(), None, "it is back within two seconds");
    town.pass(A_BEAT).await;
    assert_eq!((one.core.live_nodes(), two.core.live_nodes()), (2, 2));
    // What was held under the lease that was lost says nothing under this one.
    let back = one.core.connect(id_of(&ann), LINE);
    drop(held);
    town.pass(A_BEAT).await;
    assert_eq!(town.take_seen(), []);
    drop(back);
    town.pass(A_BEAT).await;
    assert_eq!(town.take_seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_stood_still_past_its_lease_comes_back_under_another_name() {
    let town = Town::new();
    let (one, two) = (town.node("one").await, town.node("two").await);
    let ann = one.person().await;
    let (held, follower) = (one.core.connect(id_of(&ann), LINE), follow(&one, &ann).await);
    town.pass(A_BEAT).await;
    // Both stand still, as machines that were suspended do.
    town.clock.advance(Duration::from_mins(1));
    town.pass_until(Duration::from_secs(5), || follower.ended().is_some()).await;
    town.pass(A_BEAT + A_BEAT).await;
    let seen = town.take_seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!((one.core.live_nodes(), two.core.live_nodes()), (2, 2));
    assert_eq!(town.nodes.rows(), (0, 2));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn an_end_for_good_stays_one() {
    let town = Town::new();
    let one = town.node("one").await;
    let ann = one.person().await;
    one.way_in.cut(true);
    town.pass(Duration::from_secs(12)).await;
    one.core.end_subscriptions();
    one.way_in.cut(false);
    town.pass(A_BEAT).await;
    let late = one.core.subscribe(&ann, &[]).await.expect("people can follow");
    assert_eq!(late.ended(), Some(Ended::ShuttingDown));
}
