//! Races for chats: however many ask at once, at however many nodes, one of them has it.

use futures_util::future::join_all;
use hearken_core::UpdateError;
use hearken_core::account::Role;
use hearken_core::actor::Actor;
use hearken_core::ids::ConversationId;
use hearken_desk::chats::{open, serve};
use hearken_desk::rules::Refusal;
use hearken_desk::rules::serving::Way;

use crate::scene::content;
use crate::town::{Node, Town, within};

/// So many of the staff, half of them at each node, and so many chats.
const STAFF: usize = 50;
const CHATS: usize = 200;

async fn chats(node: &Node) -> Vec<ConversationId> {
    let mut chats = Vec::new();
    for number in 0..CHATS {
        let visitor = node.person(&format!("visitor{number}"), Some(Role::Visitor), None).await;
        chats.push(open(&node.core, &visitor, None, content("hello")).await.expect("it is opened").chat);
    }
    chats
}

async fn staff(nodes: &[Node]) -> Vec<(&Node, Actor)> {
    let mut staff = Vec::new();
    for number in 0..STAFF {
        let node = &nodes[number % nodes.len()];
        staff.push((node, node.person(&format!("agent{number}"), Some(Role::Agent), None).await));
    }
    staff
}

#[tokio::test]
async fn each_chat_is_claimed_by_one_of_all_who_ask_at_once() {
    let town = Town::of_several();
    let nodes = [town.node().await, town.node().await];
    let chats = chats(&nodes[0]).await;
    let staff = staff(&nodes).await;
    let mut won = 0;
    for chat in chats {
        let claims = staff.iter().map(|(node, who)| serve(&node.core, who, chat, None, Way::Claim, None));
        let outcomes = within(join_all(claims)).await;
        let losers =
            outcomes.iter().filter(|outcome| **outcome == Err(UpdateError::Refused(Refusal::AlreadyClaimed)));
        assert_eq!(losers.count(), STAFF - 1, "all others are told");
        won += outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    }
    assert_eq!(won, CHATS);
    for node in nodes {
        assert_eq!(node.core.check().await, Ok(vec![]));
        node.stop().await;
    }
}

#[tokio::test]
async fn of_several_tabs_at_several_nodes_one_opens_a_chat() {
    let town = Town::of_several();
    let nodes = [town.node().await, town.node().await];
    let ana = nodes[0].person("ana", Some(Role::Visitor), None).await;
    for _ in 0..20 {
        let opens = (0..8).map(|tab| open(&nodes[tab % 2].core, &ana, None, content("hello")));
        let outcomes = within(join_all(opens)).await;
        let opened: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
        assert_eq!(opened.len(), 1, "{outcomes:?}");
        let refused =
            outcomes.iter().filter(|outcome| matches!(outcome, Err(UpdateError::Refused(Refusal::HasChat))));
        assert_eq!(refused.count(), 7);
        let left = hearken_desk::acts::leave_as_visitor(&nodes[1].core, &ana, opened[0].chat, None);
        within(left).await.expect("she leaves");
    }
    for node in nodes {
        node.stop().await;
    }
}
