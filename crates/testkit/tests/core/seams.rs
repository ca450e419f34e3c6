//! The seams of following: where catching up meets being live, and one way of following another.

use hearken_core::event::Audience;
use hearken_core::{At, Follow, NewEvent};

use crate::follow::{fill, shows};
use crate::house::House;
use crate::scene::{Board, No, Note, id_of, is_idle, line, next_events, within};

#[tokio::test]
async fn what_was_for_one_who_came_later_is_not_passed_over() {
    let house = House::open().await;
    let [ann, bob] = house.people().await;
    let board = house.room::<Board>("board", &[&ann, &bob]).await;
    // Ann follows and does not read, so the end of the log stays in memory.
    let mut ann_follows = house.follow_mine(&ann).await;
    fill(&house, &ann, board, 1).await;
    let only_bob = Audience::only([id_of(&bob)]);
    let whisper = house.core.update(&ann, At::<Board>::id(board), move |draft| {
        Ok::<_, No>(draft.record(NewEvent::new(Note::Said("2".into())).to(only_bob.clone())))
    });
    assert_eq!(within(whisper).await, Ok(2));
    let mut bob_follows = house.follow(&bob, &[Follow::Conversation(board, 0)]).await;
    fill(&house, &ann, board, 1).await;
    shows(&mut bob_follows, 1..=3).await;
    let seqs = next_events(&mut ann_follows, 2).await;
    assert_eq!(seqs, [line(1, "1"), line(3, "3")]);
    assert!(is_idle(&mut ann_follows));
}
