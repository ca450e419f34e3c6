//! Every stored form that was ever released.

use std::fmt::Debug;

use hearken_core::Stored;
use hearken_core::ids::{AccountId, ConversationId};

use super::*;
use crate::content::Content;

/// A released form reads as `expect`, and `expect` is still written so.
#[track_caller]
fn golden<T: Stored + PartialEq + Debug>(version: u16, json: &str, expect: &T) {
    assert_eq!(&T::decode(version, json.as_bytes()).unwrap(), expect);
    if version == T::VERSION {
        assert_eq!(serde_json::to_string(expect).unwrap(), json);
    }
}

fn visitor() -> AccountId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()
}

fn staff() -> AccountId {
    "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap()
}

fn content(json: &str) -> Content {
    Content::new(serde_json::from_str(json).unwrap()).unwrap()
}

fn opened() -> ChatState {
    ChatState { opened: 1, updated: 1, ..ChatState::new(visitor()) }
}

#[test]
fn released_states_of_chats_read_for_ever() {
    golden(1, r#"{"visitor":"01890a5d-ac96-774b-bcce-b302099a8057","opened":1,"updated":1}"#, &opened());
    let whole = ChatState {
        name: Some("Ana".into()),
        email: Some("a@b".into()),
        staff: Some(staff()),
        rank: Some(Rank::Agent),
        tags: vec!["vip".into()],
        updated: 5,
        claimed: Some(2),
        first_reply: Some(3),
        flagged: Some(4),
        closed: Some(5),
        closed_by: Some(WhoClosed::Lost),
        skipped: 6,
        others: 7,
        visitor_away: Some(Away { since: Some(8), got: None }),
        staff_away: Some(Away { since: Some(9), got: Some(10) }),
        ..opened()
    };
    let json = concat!(
        r#"{"visitor":"01890a5d-ac96-774b-bcce-b302099a8057","name":"Ana","email":"a@b","#,
        r#""staff":"01890a5d-ac96-774b-bcce-b302099a8058","rank":"agent","tags":["vip"],"opened":1,"updated":5,"#,
        r#""claimed":2,"first_reply":3,"flagged":4,"closed":5,"closed_by":"lost","skipped":6,"others":7,"#,
        r#""visitor_away":{"since":8},"staff_away":{"since":9,"got":10}}"#,
    );
    golden(1, json, &whole);
}

#[test]
fn released_events_of_chats_read_for_ever() {
    let then = RoomThen { visitor: visitor(), opened: 1, updated: 2, tags: vec![], severity: 0 };
    let check = |tail: &str, happening: Happening| {
        let room = r#"{"room":{"visitor":"01890a5d-ac96-774b-bcce-b302099a8057","opened":1,"updated":2"#;
        golden(1, &format!("{room}{tail}"), &happening);
    };
    let plain = |what| Happening { room: then.clone(), skipped: 0, via: None, what };
    let said = |side, opening| What::Said { side, opening, content: content(r#"{"b" : 1.0,"a":1}"#) };
    check(
        r#"},"via":18446744073709551615,"what":{"said":{"side":"visitor","opening":true,"content":{"b" : 1.0,"a":1}}}}"#,
        Happening { via: Some(u64::MAX), ..plain(said(Side::Visitor, true)) },
    );
    check(
        r#","tags":["vip"],"severity":2},"skipped":3,"what":{"said":{"side":"staff","content":{"b" : 1.0,"a":1}}}}"#,
        Happening {
            room: RoomThen { tags: vec!["vip".into()], severity: 2, ..then.clone() },
            skipped: 3,
            ..plain(said(Side::Staff, false))
        },
    );
    let noted = What::Noted { content: content(r#"{"a":1}"#) };
    check(r#"},"what":{"noted":{"content":{"a":1}}}}"#, plain(noted));
    check(r#"},"what":{"claimed":{"rank":"agent"}}}"#, plain(What::Claimed { rank: Rank::Agent }));
    let over = What::TakenOver { rank: Rank::Admin, from: Rank::Supervisor };
    check(r#"},"what":{"taken_over":{"rank":"admin","from":"supervisor"}}}"#, plain(over));
    check(r#"},"what":"returned"}"#, plain(What::Returned));
    let left = What::Left { side: Side::Visitor, lost: false };
    check(r#"},"what":{"left":{"side":"visitor"}}}"#, plain(left));
    let lost = What::Left { side: Side::Staff, lost: true };
    check(r#"},"what":{"left":{"side":"staff","lost":true}}}"#, plain(lost));
    check(r#"},"what":"flagged"}"#, plain(What::Flagged));
    check(r#"},"what":"tagged"}"#, plain(What::Tagged));
    golden(
        1,
        r#"{"typing":{"room":{"visitor":"01890a5d-ac96-774b-bcce-b302099a8057","opened":1,"updated":2},"on":true,"via":7}}"#,
        &Passing::Typing { room: then, on: true, via: Some(7) },
    );
}

#[test]
fn released_forms_of_seats_read_for_ever() {
    golden(1, "{}", &SeatState::default());
    let chat = ConversationId(visitor().0);
    golden(
        1,
        r#"{"online":"staff","lost":5,"last_chat":"01890a5d-ac96-774b-bcce-b302099a8057","claims":3}"#,
        &SeatState { online: Some(Side::Staff), lost: Some(5), last_chat: Some(chat), claims: 3 },
    );
    golden(1, r#"{"online":"visitor"}"#, &Coming::Online(Side::Visitor));
    golden(1, r#"{"offline":"staff"}"#, &Coming::Offline(Side::Staff));
    golden(1, r#""line_lost""#, &Coming::LineLost);
}

#[test]
fn released_rows_of_lists_read_for_ever() {
    let check = |json: &str, expect: Listed| {
        assert_eq!(Listed::read(json).as_ref(), Some(&expect));
        assert_eq!(expect.written(), json);
    };
    check(
        r#"{"visitor":"01890a5d-ac96-774b-bcce-b302099a8057","stage":"unclaimed","opened":1,"updated":1}"#,
        Listed::of(&opened(), Stage::Unclaimed, 0),
    );
    let closed = ChatState {
        name: Some("Ana".into()),
        email: Some("a@b".into()),
        staff: Some(staff()),
        tags: vec!["vip".into()],
        updated: 5,
        claimed: Some(2),
        first_reply: Some(3),
        closed: Some(5),
        closed_by: Some(WhoClosed::Visitor),
        ..opened()
    };
    check(
        concat!(
            r#"{"visitor":"01890a5d-ac96-774b-bcce-b302099a8057","name":"Ana","email":"a@b","#,
            r#""staff":"01890a5d-ac96-774b-bcce-b302099a8058","stage":"closed","severity":2,"tags":["vip"],"#,
            r#""opened":1,"updated":5,"claimed":2,"first_reply":3,"closed":5,"closed_by":"visitor"}"#,
        ),
        Listed::of(&closed, Stage::Closed, 2),
    );
    assert_eq!(Listed::read("{"), None);
}
