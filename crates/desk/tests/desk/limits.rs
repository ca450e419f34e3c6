//! Limits: how many chats one may serve, and what tags and severities there are.

use futures_util::future::join_all;
use hearken_core::UpdateError;
use hearken_desk::rules::Refusal;
use hearken_desk::rules::marking::{LONGEST_TAG, MOST_TAGS, Severity, Tags};

use crate::scene::Scene;
use crate::town::within;

const TOO_MANY: Option<&str> = Some("You already serve the most chats allowed.");

async fn check(before: &str, line: &str, expect: Option<&str>) {
    let mut scene = Scene::open().await;
    scene.most = Some(1);
    scene.play(before).await;
    assert_eq!(scene.told(line).await.as_deref(), expect, "{line}, after {before:?}");
}

#[tokio::test]
async fn nobody_serves_more_chats_than_are_allowed() {
    check("ana opens", "kim claims", None).await;
    check("ana opens; ben opens; kim claims in 1", "kim claims in 2", TOO_MANY).await;
    check("ana opens; ben opens; kim claims in 1", "lee claims in 2", None).await;
    check("ana opens; ben opens; kim claims in 1; kim quits in 1", "kim claims in 2", None).await;
    check("ana opens; ben opens; kim claims in 1; ana leaves in 1", "kim claims in 2", None).await;
    check("ana opens; ben opens; kim claims in 1; kim returns in 1", "kim claims in 2", None).await;
    check("ana opens; ben opens; kim claims in 1; sue takes in 1", "kim claims in 2", None).await;
    check("ana opens; ben opens; kim claims in 1; sue claims in 2", "sue takes in 1", TOO_MANY).await;
    check("ana opens; ben opens; kim claims in 1", "max takes in 1", None).await;
}

#[tokio::test]
async fn limits_are_told_last() {
    let closed = Some("The chat room is either closed or doesn't exist.");
    check("ana opens; kim claims", "kim claims", Some("This chat is already claimed.")).await;
    check("ana opens; kim claims", "kim claims in 0", closed).await;
    check("ana opens; kim claims; ben opens; ben leaves", "kim claims in 2", closed).await;
    check(
        "ana opens; ben opens; kim claims in 1",
        "kim takes in 2",
        Some("Cannot take over an unclaimed chat."),
    )
    .await;
}

/// Each counts what there is before he asks, and all ask at once: no more come through than may.
#[tokio::test]
async fn claims_at_once_are_counted_one_after_another() {
    use hearken_core::account::Role;
    use hearken_desk::chats::{open, serve};
    use hearken_desk::rules::serving::Way;

    let scene = Scene::open().await;
    let mut rooms = Vec::new();
    for number in 0..8 {
        let visitor = scene.node.person(&format!("visitor{number}"), Some(Role::Visitor), None).await;
        let content = crate::scene::content("hello");
        rooms.push(open(scene.core(), &visitor, None, content).await.expect("it is opened").chat);
    }
    let kim = &scene.people["kim"];
    let claims = rooms.iter().map(|room| serve(scene.core(), kim, *room, None, Way::Claim, Some(3)));
    let outcomes = within(join_all(claims)).await;
    let served = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(served, 3);
    for outcome in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(outcome, UpdateError::Refused(Refusal::TooMany));
    }
}

#[test]
fn tags_are_few_and_short() {
    let check = |tags: Vec<String>, expect: bool| assert_eq!(Tags::new(tags).is_ok(), expect);
    check(vec![], true);
    check(vec!["a".into(); MOST_TAGS], true);
    check(vec!["a".into(); MOST_TAGS + 1], false);
    check(vec!["ж".repeat(LONGEST_TAG)], true);
    check(vec!["a".repeat(LONGEST_TAG + 1)], false);
    check(vec![String::new()], false);
}

#[test]
fn a_severity_is_no_negative_number() {
    let check = |level, expect: bool| assert_eq!(Severity::new(level).is_some(), expect, "{level}");
    check(0, true);
    check(1, true);
    check(Severity::MOST, true);
    check(Severity::MOST + 1, false);
    check(-1, false);
    check(i64::MIN, false);
}
