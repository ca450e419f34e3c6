//! The desk on two nodes: claims race across them and each chat has one winner, and the people of a node that is killed are
//! seen to by the other.

use std::time::Duration;

use futures_util::future::join_all;
use hearken::installation::{Kept, start};
use hearken::settings::Sources;
use hearken_core::NewAccount;
use hearken_core::account::Role;
use hearken_core::clock::{Monotonic as _, SystemMonotonic};
use hearken_testkit::socketio::SocketIo;
use serde_json::{Value, json};

use super::{Cluster, NODES};
use crate::figure;

const FAST: (&str, &str) = ("HEARKEN_DESK__RATE", "1000000");
const DAY: Duration = Duration::from_hours(24);
const STAFF: usize = 50;
const CHATS: usize = 200;

impl Cluster {
    /// Tokens of new people of this role.
    async fn tokens(&self, role: Role, count: usize) -> Vec<String> {
        let environment = vec![("HEARKEN_DATABASE_URL".into(), self.database.clone().into())];
        let settings = Sources { environment, ..Sources::default() }.resolve().expect("they are good");
        let url = settings.database_url.as_ref().expect("it is set");
        let kept = Kept::shared(url, None).await.expect("the store opens");
        let open = start(kept, &settings).await.expect("the core starts");
        let new = (0..count).map(|place| NewAccount {
            name: Some(format!("{} {place}", role.as_str())),
            roles: vec![role],
            ..NewAccount::default()
        });
        let added = open.core.add_accounts(new.collect()).await.expect("new people");
        let issued = join_all(added.iter().map(|account| open.core.issue(account.id, DAY))).await;
        open.running.stop().await;
        issued.into_iter().map(|token| token.expect("a token")).collect()
    }

    /// Sockets of these people, each at the other node than the last.
    async fn sockets(&self, tokens: &[String], first: &str) -> Vec<SocketIo> {
        let opening = tokens.iter().enumerate().map(async |(place, token)| {
            let mut tab = SocketIo::connect(self.address(place % NODES), token).await.expect("it opens");
            tab.hear(first).await;
            tab
        });
        join_all(opening).await
    }
}

/// All asks at once, each socket's from another place on: who has won which.
async fn claim(tab: &mut SocketIo, rooms: &[String], from: usize) -> Vec<String> {
    let mut asked = Vec::new();
    for at in 0..rooms.len() {
        let room = &rooms[(from + at) % rooms.len()];
        asked.push((tab.ask("staff_join", &[json!({ "room": room })]).await, room));
    }
    let mut won = Vec::new();
    for (id, room) in asked {
        let answer = tab.answer(id).await;
        if answer == json!([true, null]) {
            won.push(room.clone());
        } else {
            assert_eq!(answer, json!([false, "This chat is already claimed."]));
        }
    }
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_at_two_nodes_one_wins_each_chat() {
    let cluster = Cluster::on_shared(&[FAST]).await;
    let (visitors, staff) =
        (cluster.tokens(Role::Visitor, CHATS).await, cluster.tokens(Role::Agent, STAFF).await);
    let mut waiting = cluster.sockets(&visitors, "visitor_init").await;
    let opened = waiting.iter_mut().map(async |tab| {
        assert_eq!(tab.call("visitor_first_msg", &[json!({"a": 1})]).await, json!([true, null]));
    });
    join_all(opened).await;
    let mut watcher = SocketIo::connect(cluster.address(0), &staff[0]).await.expect("it opens");
    let init = watcher.hear("staff_init").await;
    let queue = init["unclaimed_chats"].as_array().expect("a list").iter();
    let rooms: Vec<_> = queue.map(|chat| chat["room"]["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(rooms.len(), CHATS);
    let mut tabs = cluster.sockets(&staff, "staff_init").await;
    let clock = SystemMonotonic::default();
    let claims = tabs.iter_mut().enumerate().map(|(place, tab)| claim(tab, &rooms, place * 4));
    let mut won = join_all(claims).await.concat();
    figure(format_args!(
        "{STAFF} of the staff ask for {CHATS} chats in {:.1} s",
        clock.elapsed().as_secs_f64()
    ));
    won.sort_unstable();
    let mut all = rooms.clone();
    all.sort_unstable();
    assert_eq!(won, all, "each chat has one winner");
    // Each visitor is told of one, at whichever node he is.
    for tab in &mut waiting {
        tab.hear("staff_join_room").await;
        let answer = tab.call("nothing", &[]).await;
        assert_eq!(answer, json!([false, "Unknown event: nothing"]));
        assert_eq!(tab.unheard(), []);
    }
    cluster.assert_sound();
}

#[tokio::test]
async fn the_people_of_a_killed_node_are_seen_to_by_the_other() {
    let mut cluster = Cluster::on_shared(&[FAST, ("HEARKEN_DESK__RECONNECT_GRACE", "2s")]).await;
    let (visitors, staff) = (cluster.tokens(Role::Visitor, 2).await, cluster.tokens(Role::Agent, 2).await);
    // One who serves is at the node that stays, with the visitor of the other; and the other way round.
    let mut tabs = cluster.sockets(&staff, "staff_init").await;
    let mut here = SocketIo::connect(cluster.address(0), &visitors[0]).await.expect("it opens");
    here.hear("visitor_init").await;
    let mut there = SocketIo::connect(cluster.address(1), &visitors[1]).await.expect("it opens");
    there.hear("visitor_init").await;
    let mut claimed = Vec::new();
    for (visitor, serving) in [(&mut here, 1), (&mut there, 0)] {
        assert_eq!(visitor.call("visitor_first_msg", &[json!({"a": 1})]).await, json!([true, null]));
        let tab: &mut SocketIo = &mut tabs[serving];
        let room = loop {
            let room: Value = tab.await_event("append_unclaimed_chats").await["room"]["id"].clone();
            if !claimed.contains(&room) {
                break room;
            }
        };
        assert_eq!(tab.call("staff_join", &[json!({ "room": room })]).await, json!([true, null]));
        visitor.hear("staff_join_room").await;
        claimed.push(room);
    }
    let clock = SystemMonotonic::default();
    cluster.kill(1);
    tabs[0].await_event("visitor_leave").await;
    here.hear("staff_leave").await;
    let took = clock.elapsed();
    figure(format_args!("the people of a killed node are seen to after {:.1} s", took.as_secs_f64()));
    assert!(took < Duration::from_secs(30), "{took:?}");
}
