//! Every rule of the desk and everything it refuses, as tables: what has happened before, what somebody does then, and what
//! he is told (contract, "Acknowledgements").

use crate::scene::Scene;

const CLOSED: Option<&str> = Some("The chat room is either closed or doesn't exist.");
const CLAIMED: Option<&str> = Some("This chat is already claimed.");
const NOT_SERVING: Option<&str> = Some("You are not serving this chat.");
const NO_CHAT: Option<&str> = Some("You have no open chat.");
const HAS_CHAT: Option<&str> = Some("You already have an open chat.");
const STAFF: Option<&str> = Some("Only staff can do this.");
const VISITORS: Option<&str> = Some("Only visitors can do this.");
const DONE: Option<&str> = None;

/// After this has happened, `line` is done, or refused in these words.
#[track_caller]
fn check(before: &str, line: &str, expect: Option<&str>) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    let (before, line, expect) = (before.to_owned(), line.to_owned(), expect.map(str::to_owned));
    async move {
        let mut scene = Scene::open().await;
        scene.play(&before).await;
        assert_eq!(scene.told(&line).await, expect, "{line}, after {before:?}, {place}");
        assert_eq!(scene.core().check().await, Ok(vec![]), "the store is sound, {place}");
        scene.node.stop().await;
    }
}

#[tokio::test]
async fn only_staff_serves_and_only_visitors_walk_in() {
    for who in ["ana", "ben", "zed", "guy"] {
        for verb in
            ["replies", "quits", "claims", "takes", "returns", "notes", "flags 1", "tags a", "files a"]
        {
            check("ana opens", &format!("{who} {verb}"), STAFF).await;
            check("", &format!("{who} {verb}"), STAFF).await;
        }
    }
    for who in ["kim", "sue", "max", "zed", "eve"] {
        for verb in ["opens", "asks", "says", "leaves"] {
            check("ana opens", &format!("{who} {verb}"), VISITORS).await;
            check("", &format!("{who} {verb}"), VISITORS).await;
        }
    }
    check("ana opens", "zed types", VISITORS).await;
}

#[tokio::test]
async fn a_room_that_is_not_there_or_closed_is_told_before_all_else() {
    let verbs = ["replies", "quits", "claims", "takes", "returns", "notes", "tags a", "types"];
    for verb in verbs {
        check("", &format!("kim {verb} in 0"), CLOSED).await;
        check("ana opens; ana leaves", &format!("kim {verb}"), CLOSED).await;
        check("ana opens; kim claims; ana leaves", &format!("kim {verb}"), CLOSED).await;
        check("ana opens; kim claims; kim quits", &format!("kim {verb}"), CLOSED).await;
        check("ana opens; kim claims; kim quits", &format!("lee {verb}"), CLOSED).await;
        check("ana opens", &format!("eve {verb}"), CLOSED).await;
        check("ana opens; kim claims", &format!("eve {verb}"), CLOSED).await;
    }
    for verb in ["flags 1", "files a"] {
        check("", &format!("kim {verb} in 0"), CLOSED).await;
        check("ana opens", &format!("eve {verb}"), CLOSED).await;
        check("ana opens; ana leaves", &format!("kim {verb}"), DONE).await;
    }
}

#[tokio::test]
async fn a_visitor_has_one_open_chat() {
    check("", "ana opens", DONE).await;
    check("ana opens", "ana opens", HAS_CHAT).await;
    check("ana opens; kim claims", "ana opens", HAS_CHAT).await;
    check("ana opens; kim claims; kim returns", "ana opens", HAS_CHAT).await;
    check("ana opens; ana leaves", "ana opens", DONE).await;
    check("ana opens; kim claims; kim quits", "ana opens", DONE).await;
    check("ana opens; ana leaves; ana opens", "ana opens", HAS_CHAT).await;
    check("ana opens", "ben opens", DONE).await;
}

#[tokio::test]
async fn what_a_visitor_says_goes_by_where_his_chat_stands() {
    check("ana opens", "ana asks", DONE).await;
    check("ana opens", "ana says", Some("The chat is not claimed yet.")).await;
    check("ana opens; kim claims", "ana says", DONE).await;
    check("ana opens; kim claims", "ana asks", Some("The chat is already claimed.")).await;
    check("ana opens; kim claims; kim returns", "ana asks", DONE).await;
    check("ana opens; kim claims; kim returns", "ana says", Some("The chat is not claimed yet.")).await;
    for verb in ["asks", "says", "leaves", "types"] {
        check("", &format!("ana {verb} in 0"), NO_CHAT).await;
        check("ana opens; ana leaves", &format!("ana {verb}"), NO_CHAT).await;
        check("ana opens; kim claims; kim quits", &format!("ana {verb}"), NO_CHAT).await;
        check("ana opens", &format!("ben {verb}"), NO_CHAT).await;
        check("ana opens", &format!("guy {verb}"), NO_CHAT).await;
    }
    check("ana opens", "ana leaves", DONE).await;
    check("ana opens; kim claims", "ana leaves", DONE).await;
    check("ana opens", "ana types", DONE).await;
    check("ana opens; kim claims", "ana types", DONE).await;
}

#[tokio::test]
async fn a_chat_is_claimed_once() {
    for who in ["kim", "sue", "max"] {
        check("ana opens", &format!("{who} claims"), DONE).await;
        check("ana opens; kim claims", &format!("{who} claims"), CLAIMED).await;
    }
    check("ana opens; kim claims; kim returns", "lee claims", DONE).await;
    check("ana opens; kim claims; sue takes", "kim claims", CLAIMED).await;
}

#[tokio::test]
async fn a_chat_is_taken_over_by_a_higher_rank() {
    check("ana opens", "max takes", Some("Cannot take over an unclaimed chat.")).await;
    check("ana opens; kim claims; kim returns", "max takes", Some("Cannot take over an unclaimed chat."))
        .await;
    let told = |mine: &str, theirs: &str| format!("A {mine} cannot take over a chat from a {theirs}.");
    let ranks = [("kim", "lee", "agent"), ("sue", "sam", "supervisor"), ("max", "max", "admin")];
    for (high, (taker, _, mine)) in ranks.iter().enumerate() {
        for (low, (_, server, theirs)) in ranks.iter().enumerate() {
            let refused = told(mine, theirs);
            let expect = if high > low { DONE } else { Some(refused.as_str()) };
            check(&format!("ana opens; {server} claims"), &format!("{taker} takes"), expect).await;
        }
    }
    check("ana opens; kim claims; sue takes", "max takes", DONE).await;
    check("ana opens; kim claims; max takes", "sue takes", Some(&told("supervisor", "admin"))).await;
}

#[tokio::test]
async fn only_whoever_serves_a_chat_speaks_in_it_leaves_it_or_returns_it() {
    for verb in ["replies", "quits", "returns", "types"] {
        check("ana opens; kim claims", &format!("kim {verb}"), DONE).await;
        check("ana opens", &format!("kim {verb}"), NOT_SERVING).await;
        for who in ["lee", "sue", "max"] {
            check("ana opens; kim claims", &format!("{who} {verb}"), NOT_SERVING).await;
        }
        check("ana opens; kim claims; sue takes", &format!("kim {verb}"), NOT_SERVING).await;
        check("ana opens; kim claims; sue takes", &format!("sue {verb}"), DONE).await;
        check("ana opens; kim claims; kim returns", &format!("kim {verb}"), NOT_SERVING).await;
    }
}

#[tokio::test]
async fn any_of_the_staff_notes_tags_and_flags() {
    for who in ["kim", "lee", "sue", "max"] {
        for verb in ["notes", "tags a,b", "flags 2"] {
            check("ana opens", &format!("{who} {verb}"), DONE).await;
            check("ana opens; kim claims", &format!("{who} {verb}"), DONE).await;
        }
    }
}
