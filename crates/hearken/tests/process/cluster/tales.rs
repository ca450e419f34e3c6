//! What is done on one node is seen on the other: messages and receipts, accounts, people who are there; and a node that
//! ends is missed by nobody for long.

use std::rc::Rc;
use std::time::Duration;

use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use serde_json::Value;

use super::Cluster;
use super::street::Street;
use crate::figure;
use crate::people::Person;
use crate::said::{Said, frame};
use crate::socket::{End, Heard, Socket};

/// How soon a dead node's people count as gone.
const MISSED: Duration = Duration::from_secs(20);
/// How soon sockets of somebody who is disabled are closed (common.md).
const SHUT_OUT: Duration = Duration::from_secs(5);

async fn receive(cluster: &Cluster, node: usize, person: &Person) -> Socket {
    let path = format!("/ws/chat/special/{}/", person.phone);
    Socket::open(cluster.address(node), &path, &person.token).await.expect("the node is up")
}

async fn send_to(cluster: &Cluster, node: usize, person: &Person, peer: &Person) -> Socket {
    let path = format!("/ws/chat/personal/{}/{}/", person.phone, peer.phone);
    Socket::open(cluster.address(node), &path, &person.token).await.expect("the node is up")
}

async fn next(socket: &mut Socket) -> (String, String) {
    let frame = socket.frame().await.expect("the line holds");
    (frame.command, frame.sent_timestamp)
}

#[tokio::test]
async fn one_dialogue_goes_back_and_forth_between_two_nodes() {
    let cluster = Cluster::on_shared(&[]).await;
    let people = cluster.people(2);
    let (ana, budi) = (&people[0], &people[1]);
    let (mut mouth, mut hears) = (send_to(&cluster, 0, ana, budi).await, receive(&cluster, 0, ana).await);
    let (mut answers, mut ears) = (send_to(&cluster, 1, budi, ana).await, receive(&cluster, 1, budi).await);
    for number in 0..200 {
        let said = Said { author: 0, number };
        let at = said.timestamp();
        mouth.send(frame("new_msg", &said.text(), &ana.phone, &budi.phone, &at)).await.expect("sent");
        assert_eq!(mouth.frame().await.expect("answered").command, "msg_sent");
        let told = ears.frame().await.expect("it comes");
        assert_eq!((told.command.as_str(), Said::told(&told)), ("new_msg", said));
        answers.send(frame("msg_received", &at, &budi.phone, &ana.phone, &at)).await.expect("sent");
        assert_eq!(next(&mut hears).await, ("msg_received".to_owned(), at));
    }
    let left = ears.fetch("fetch_msgs", &budi.phone).await.expect("a list");
    assert_eq!(left.entries.len(), 0, "{left:?}");
    cluster.assert_sound();
}

#[tokio::test]
async fn who_is_disabled_by_a_command_is_shut_out_of_every_node() {
    let cluster = Cluster::on_shared(&[]).await;
    let people = cluster.people(2);
    let mut sockets = vec![receive(&cluster, 0, &people[0]).await, receive(&cluster, 1, &people[0]).await];
    let mut other = receive(&cluster, 1, &people[1]).await;
    let clock = SystemMonotonic::default();
    cluster.ask(&["account", "disable", &people[0].id.to_string()]);
    for socket in &mut sockets {
        assert_eq!(next(socket).await.0, "error");
        assert!(matches!(socket.hear().await, Heard::Closed(End::Said(4401))));
    }
    assert!(clock.elapsed() < SHUT_OUT, "{:?}", clock.elapsed());
    for node in 0..2 {
        let path = format!("/ws/chat/special/{}/", people[0].phone);
        let asked = Socket::ask(cluster.address(node), &path, &people[0].token).await.expect("it is up");
        assert_eq!(asked.err(), Some(401), "node {node}");
    }
    let list = other.fetch("fetch_msgs", &people[1].phone).await.expect("he is still there");
    assert_eq!(list.entries.len(), 0);
}

#[tokio::test]
async fn a_dead_node_s_people_are_gone_within_twenty_seconds() {
    let mut cluster = Cluster::on_shared(&[]).await;
    let people = cluster.people(3);
    let _dying = receive(&cluster, 0, &people[0]).await;
    let _living = receive(&cluster, 1, &people[1]).await;
    let _both = (receive(&cluster, 0, &people[2]).await, receive(&cluster, 1, &people[2]).await);
    for person in &people {
        until_active(&cluster, person, true).await;
    }
    let clock = SystemMonotonic::default();
    cluster.kill(0);
    until_active(&cluster, &people[0], false).await;
    let took = clock.elapsed();
    assert!(took < MISSED, "{took:?}");
    figure(format_args!("a dead node's people counted as gone after {took:?}"));
    for person in &people[1..] {
        assert_eq!(presence(&cluster, person).await["active"], true, "{person:?}");
    }
}

#[tokio::test]
async fn a_node_that_is_stopped_and_started_loses_nothing() {
    let mut cluster = Cluster::on_shared(&[]).await;
    let mut street = Street::of(cluster.people(8));
    let nodes = Rc::clone(&cluster.addresses);
    street
        .talk(&nodes, async |watch| {
            for node in [0, 1, 0] {
                watch.until_said(100).await;
                cluster.stop(node);
                watch.until_said(100).await;
                cluster.begin(node);
            }
            watch.until_caught_up(MISSED).await.unwrap_or_else(|why| panic!("{why}"));
        })
        .await;
    street.look(cluster.address(1)).await;
    cluster.assert_sound();
}

/// What node 1 says of whether somebody is there.
async fn presence(cluster: &Cluster, person: &Person) -> Value {
    let url = format!("http://{}/chat/info?user_num={}", cluster.address(1), person.phone);
    let answer = reqwest::Client::new().get(url).bearer_auth(&person.token).send().await.expect("an answer");
    answer.json().await.expect("JSON")
}

async fn until_active(cluster: &Cluster, person: &Person, active: bool) {
    let clock = SystemMonotonic::default();
    while presence(cluster, person).await["active"] != active {
        assert!(clock.elapsed() < 2 * MISSED, "{person:?} is not {active}");
        // Nothing tells us but asking again.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
