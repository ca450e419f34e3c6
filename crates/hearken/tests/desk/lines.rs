//! People come and go, leave, lose their lines and come back (contract, "Leaving and losing the line").

use std::convert::Infallible;
use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::ids::ConversationId;
use hearken_core::store::Find;
use hearken_core::{At, AtMany};
use hearken_desk::rules::listing::AWAY;
use hearken_desk::rules::room::Room;
use hearken_desk::rules::{grace, seat};
use hearken_testkit::socketio::{SocketIo, Told};
use serde_json::{Value, json};

use crate::stand::{Ack, DONE, Stand, names, told};

const GRACE: Duration = Duration::from_secs(15);
const ALMOST: Duration = Duration::from_millis(14_999);
const NO_CHAT: Ack = Ack(Some("You have no open chat."));

/// A chat between `ana` and `kim`, with one tab each, watched by `sue`.
struct Chat {
    stand: Stand,
    ana: SocketIo,
    kim: SocketIo,
    sue: SocketIo,
    room: String,
}

async fn chat(stand: Stand) -> Chat {
    let (mut sue, mut kim, mut ana) =
        (stand.tab("sue").await, stand.tab("kim").await, stand.tab("ana").await);
    let room = stand.opened("ana", &mut ana).await;
    assert_eq!(kim.call("staff_join", &[json!({ "room": room })]).await, DONE);
    assert_eq!(ana.call("visitor_msg", &[json!({"content": "first"})]).await, DONE);
    ana.hear("staff_join_room").await;
    kim.await_event("visitor_send").await;
    sue.await_event("new_visitor_msg_for_supervisor").await;
    Chat { stand, ana, kim, sue, room }
}

impl Stand {
    /// Waits until it is known that somebody has lost his line.
    async fn away(&self, name: &str) {
        self.until_away(name, true).await;
    }

    /// Waits until nothing is known of somebody's having lost his line.
    async fn not_away(&self, name: &str) {
        self.until_away(name, false).await;
    }

    async fn until_away(&self, name: &str, away: bool) {
        let key = self.account(name).id.to_string();
        let find =
            Find { index: AWAY.into(), key, from: i64::MIN, to: i64::MAX, descending: false, limit: 1 };
        while self.running.core.find(&find).await.expect("the store answers").is_empty() == away {
            tokio::task::yield_now().await;
        }
        assert!(self.running.core.settle().await);
    }

    /// How the chat stands, as REST tells it.
    async fn shown(&self, room: &str) -> Value {
        let (status, answer) = self.http("max", "GET", &format!("/api/v1/desk/chats/{room}"), "").await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    }
}

#[tokio::test]
async fn whoever_is_back_in_time_is_where_he_was_and_gets_what_he_missed() {
    let Chat { stand, ana, mut kim, mut sue, room } = chat(Stand::open().await).await;
    ana.lose();
    stand.away("ana").await;
    for line in ["missed", "this too"] {
        let said = json!({"room": room, "content": {"content": line}});
        assert_eq!(kim.call("staff_msg", &[said]).await, DONE);
    }
    assert_eq!(kim.call("chat_note", &[json!({"room": room, "content": {"content": "hush"}})]).await, DONE);
    stand.pass(ALMOST);
    let (mut ana, init) = stand.begin("ana").await;
    assert_eq!(init["chat"]["room"]["id"], *room);
    let missed = ana.hear("chat_missed").await;
    assert_eq!(missed["room"], init["chat"]["room"]);
    let rows = missed["messages"].as_array().unwrap();
    let brief: Vec<_> =
        rows.iter().map(|row| format!("{} {}", row["sequence_num"], row["content"]["content"])).collect();
    // The note, the sixth row, is not for her.
    assert_eq!(brief, [r#"4 "missed""#, r#"5 "this too""#]);
    stand.pass(GRACE);
    assert_eq!(ana.call("visitor_msg", &[json!({"content": "back"})]).await, DONE);
    // Nobody has heard that she was away.
    assert_eq!(names(&told(&mut kim).await), "visitor_send");
    let rest =
        "new_staff_msg_for_supervisor new_staff_msg_for_supervisor chat_note new_visitor_msg_for_supervisor";
    assert_eq!(names(&told(&mut sue).await), rest);
}

#[tokio::test]
async fn whoever_has_missed_nothing_is_told_of_nothing() {
    let Chat { stand, ana, mut kim, .. } = chat(Stand::open().await).await;
    ana.lose();
    stand.away("ana").await;
    let mut ana = stand.tab("ana").await;
    assert_eq!(told(&mut ana).await, []);
    kim.emit("nothing", &[]).await;
    kim.lose();
    stand.away("kim").await;
    let (mut kim, init) = stand.begin("kim").await;
    assert_eq!(init["my_chats"].as_array().unwrap().len(), 1);
    assert_eq!(told(&mut kim).await, []);
}

#[tokio::test]
async fn whoever_does_not_come_back_has_left() {
    let Chat { stand, ana, mut kim, mut sue, room } = chat(Stand::open().await).await;
    ana.lose();
    stand.away("ana").await;
    stand.pass(GRACE);
    assert_eq!(kim.await_event("visitor_leave").await["user"]["name"], "ana");
    let [left, gone] = sue.await_all(["visitor_leave_chat_for_supervisor", "visitor_goes_offline"]).await;
    assert_eq!((&left["user"]["name"], &gone["user"]["name"]), (&json!("ana"), &json!("ana")));
    let shown = stand.shown(&room).await;
    assert_eq!((&shown["status"], &shown["closed_by"]), (&json!("closed"), &json!("lost")));
    let (mut ana, init) = stand.begin("ana").await;
    assert_eq!(init["chat"], Value::Null);
    assert_eq!(ana.call("visitor_msg", &[json!({"content": "late"})]).await, NO_CHAT);
}

#[tokio::test]
async fn staff_that_does_not_come_back_leaves_all_its_chats() {
    let Chat { stand, mut ana, mut kim, mut sue, .. } = chat(Stand::open().await).await;
    let mut ben = stand.tab("ben").await;
    let second = stand.opened("ben", &mut ben).await;
    assert_eq!(kim.call("staff_join", &[json!({ "room": second })]).await, DONE);
    ben.hear("staff_join_room").await;
    kim.lose();
    stand.away("kim").await;
    assert_eq!(told(&mut ana).await, []);
    stand.pass(GRACE);
    for visitor in [&mut ana, &mut ben] {
        assert_eq!(visitor.hear("staff_leave").await["user"]["full_name"], "kim");
    }
    assert_eq!(sue.await_event("staff_goes_offline").await["user"]["full_name"], "kim");
}

/// How a line ends, and whether that is leaving.
#[tokio::test]
async fn a_goodbye_is_leaving_and_anything_else_is_a_lost_line() {
    async fn check(end: impl AsyncFnOnce(SocketIo), leaves: bool, what: &str) {
        let Chat { stand, ana, mut kim, mut sue, room } = chat(Stand::open().await).await;
        end(ana).await;
        if leaves {
            assert_eq!(kim.await_event("visitor_leave").await["user"]["name"], "ana", "{what}");
            sue.await_event("visitor_goes_offline").await;
            assert_eq!(stand.shown(&room).await["closed_by"], "visitor", "{what}");
        } else {
            stand.away("ana").await;
            assert_eq!(names(&told(&mut kim).await), "", "{what}");
            assert_eq!(stand.shown(&room).await["status"], "claimed", "{what}");
        }
    }
    check(SocketIo::disconnect, true, "a DISCONNECT").await;
    let close = async |mut tab: SocketIo| {
        tab.send("1").await;
        tab.closed().await;
    };
    check(close, true, "a close packet").await;
    check(async |tab: SocketIo| tab.close_with(Some(1000)).await, true, "code 1000").await;
    check(async |tab: SocketIo| tab.close_with(Some(1001)).await, false, "code 1001").await;
    check(async |tab: SocketIo| tab.close_with(None).await, false, "no code").await;
    check(async |tab: SocketIo| tab.lose(), false, "a broken line").await;
}

#[tokio::test]
async fn without_a_grace_a_lost_line_is_leaving() {
    let stand = Stand::planned(|settings| settings.desk.reconnect_grace = Duration::ZERO).await;
    let Chat { stand, ana, mut kim, room, .. } = chat(stand).await;
    ana.lose();
    kim.await_event("visitor_leave").await;
    assert_eq!(stand.shown(&room).await["closed_by"], "lost");
}

#[tokio::test]
async fn several_tabs_are_one_person() {
    let stand = Stand::open().await;
    let (mut sue, mut kim) = (stand.tab("sue").await, stand.tab("kim").await);
    assert_eq!(sue.hear("staff_goes_online").await["user"]["full_name"], "kim");
    let kim2 = stand.tab("kim").await;
    let ana = stand.tab("ana").await;
    let ana2 = stand.tab("ana").await;
    assert_eq!(names(&told(&mut sue).await), "visitor_goes_online");
    ana.disconnect().await;
    kim2.lose();
    // The first tab of each is still here.
    assert_eq!(names(&told(&mut kim).await), "visitor_goes_online");
    ana2.disconnect().await;
    assert_eq!(sue.hear("visitor_goes_offline").await["user"]["name"], "ana");
    kim.disconnect().await;
    assert_eq!(sue.hear("staff_goes_offline").await["user"]["full_name"], "kim");
}

/// A tab that is lost while another is there has missed nothing that the other has not heard.
#[tokio::test]
async fn the_last_tab_tells_how_far_a_person_had_got() {
    let Chat { stand, ana, mut kim, room, .. } = chat(Stand::open().await).await;
    let mut ana2 = stand.tab("ana").await;
    ana.lose();
    let say = |line: &str| json!({"room": room, "content": {"content": line}});
    assert_eq!(kim.call("staff_msg", &[say("heard")]).await, DONE);
    ana2.hear("staff_send").await;
    ana2.lose();
    stand.away("ana").await;
    assert_eq!(kim.call("staff_msg", &[say("missed")]).await, DONE);
    let mut ana = stand.tab("ana").await;
    let missed = ana.hear("chat_missed").await;
    let rows = missed["messages"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| &row["content"]["content"]).collect::<Vec<_>>(), ["missed"]);
}

#[tokio::test]
async fn a_chat_that_closes_meanwhile_is_told_to_whoever_is_back() {
    let Chat { stand, mut ana, kim, room, .. } = chat(Stand::open().await).await;
    kim.lose();
    stand.away("kim").await;
    assert_eq!(ana.call("visitor_msg", &[json!({"content": "hello?"})]).await, DONE);
    assert_eq!(ana.call("visitor_leave_room", &[]).await, DONE);
    let (mut kim, init) = stand.begin("kim").await;
    assert_eq!(init["my_chats"], json!([]));
    let missed = kim.hear("chat_missed").await;
    assert_eq!(missed["room"]["id"], *room);
    let rows = missed["messages"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| &row["content"]["content"]).collect::<Vec<_>>(),
        ["hello?", "leave room"]
    );
}

/// What is done about a lost line may come late: whoever is here says so, and nothing comes of it.
#[tokio::test]
async fn whoever_is_here_after_all_keeps_his_place() {
    let Chat { stand, ana: _ana, mut kim, mut sue, room } = chat(Stand::open().await).await;
    let (core, id) = (&stand.running.core, stand.account("kim").id);
    let (now, system) = (core.now(), Actor::System("a test"));
    let chat = ConversationId(uuid::Uuid::try_parse(&room).unwrap());
    let due = now + GRACE;
    let places =
        AtMany::default()
            .and(seat::of(stand.account("kim").organisation_id, id))
            .and(At::<hearken_desk::stored::Chat>::id(chat));
    let lost = core.update_many(&system, places, move |drafts| {
        drafts.with(0, |chair: &mut seat::Chair<'_, '_>| seat::lose_line(chair, id, now, due));
        drafts.with(1, |room: &mut Room<'_, '_>| grace::begin(room, id, now, due));
        Ok::<_, Infallible>(())
    });
    lost.await.expect("it is saved");
    stand.not_away("kim").await;
    stand.pass(GRACE);
    let said = json!({"room": room, "content": {"content": "still here"}});
    assert_eq!(kim.call("staff_msg", &[said]).await, DONE);
    sue.await_event("new_staff_msg_for_supervisor").await;
    assert_eq!(names(&told(&mut sue).await), "");
}

/// A server that is started again gives everybody the whole grace, counted from its start.
#[tokio::test]
async fn a_restart_gives_everybody_the_whole_grace() {
    let Chat { stand, room, mut kim, mut ana, sue: _sue } = chat(Stand::open().await).await;
    assert_eq!(kim.call("staff_msg", &[json!({"room": room, "content": {"content": "last"}})]).await, DONE);
    ana.hear("staff_send").await;
    let stand = stand.again().await;
    assert_eq!(ana.closed().await, hearken_testkit::client::Next::Closed(1012));
    stand.away("kim").await;
    stand.pass(ALMOST);
    let (mut ana, init) = stand.begin("ana").await;
    assert_eq!(init["chat"]["room"]["id"], *room);
    assert_eq!(told(&mut ana).await, []);
    let (mut kim, init) = stand.begin("kim").await;
    assert_eq!(init["my_chats"][0]["room"]["id"], *room);
    stand.pass(GRACE);
    assert_eq!(kim.call("staff_msg", &[json!({"room": room, "content": {"content": "on"}})]).await, DONE);
    let told: Vec<Told> = vec![ana.event().await];
    assert_eq!(names(&told), "staff_send");
}

#[tokio::test]
async fn whoever_does_not_come_back_after_a_restart_has_left() {
    let Chat { stand, room, ana, kim, sue } = chat(Stand::open().await).await;
    let stand = stand.again().await;
    drop((ana, kim, sue));
    stand.away("ana").await;
    stand.away("kim").await;
    let (mut kim, _) = stand.begin("kim").await;
    stand.pass(GRACE);
    kim.await_event("visitor_leave").await;
    assert_eq!(stand.shown(&room).await["closed_by"], "lost");
}
