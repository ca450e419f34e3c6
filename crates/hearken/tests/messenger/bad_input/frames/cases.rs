//! The table: each frame, and the error it is answered with.

use serde_json::{Map, Value};

use super::super::people::{ASHA, AT, BEN, CIRA, FAR, KEY, NOBODY};
use crate::speech::frame;

/// A frame, and its error: `type`, what its text speaks of, `msg_from`, `msg_to`.
pub(super) struct Case {
    pub(super) sent: String,
    pub(super) kind: &'static str,
    pub(super) says: &'static str,
    pub(super) from: String,
    pub(super) to: String,
}

const TEXT: &str = "must be a string";
const ELSEWHERE: &str = "does not belong on this socket";
const GROUP: [&str; 5] =
    ["new_grp_msg", "grp_msg_received", "grp_msg_read", "is_grp_typing", "delete_grp_msg"];
const PERSONAL: [&str; 5] = ["new_msg", "msg_received", "msg_read", "is_typing", "delete_msg"];
const FETCHES: [&str; 3] = ["fetch_msgs", "fetch_grp_msgs", "fetch_room_msgs"];

/// A frame of which nothing can be read: the error names the path's ends.
fn unreadable(sent: impl Into<String>, says: &'static str, to: &str) -> Case {
    Case { sent: sent.into(), kind: "parse", says, from: ASHA.into(), to: to.into() }
}

/// A frame that can be read: the error names its own ends.
pub(super) fn refused(
    command: &'static str,
    message: &str,
    from: &str,
    to: &str,
    sent: &str,
    says: &'static str,
) -> Case {
    let sent = frame(command, message, from, to, sent);
    Case { sent, kind: command, says, from: from.into(), to: to.into() }
}

/// What is no frame on any socket.
fn not_frames(to: &str) -> Vec<Case> {
    let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
    let no_json = ["", " ", "{", "hello", "{} {}", "{'a':1}", "\u{feff}{}", "{\"message\":\"a\nb\"}"];
    let no_object = ["[]", "\"new_msg\"", "7", "null", "true"];
    let mut cases: Vec<Case> = Vec::new();
    cases.extend(no_json.map(|sent| unreadable(sent, "not JSON", to)));
    cases.extend(no_object.map(|sent| unreadable(sent, "not a JSON object", to)));
    cases.push(unreadable(deep(10_000), "not a JSON object", to));
    cases.push(unreadable("[".repeat(60_000), "not JSON", to));
    cases.push(unreadable(format!("{{\"x\":{}}}", deep(200)), "nested too deeply", to));
    cases.push(unreadable("{}", "missing field command", to));
    cases.push(unreadable("{\"command\":7}", TEXT, to));
    cases.push(unreadable("{\"command\":\"\\ud800\"}", "not valid Unicode", to));
    cases
}

/// Every field missing and of every wrong type.
fn bad_fields(command: &'static str, to: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for field in ["message", "msg_from", "msg_to", "sent_timestamp"] {
        // What can't be read is named as the path has it, which is the same here.
        let mut case = |json, says| {
            let sent = with_field(command, field, json, to);
            cases.push(Case { sent, kind: command, says, from: ASHA.into(), to: to.into() });
        };
        case(None, "missing field");
        for json in ["null", "7", "true", "[]", "{}"] {
            case(Some(json), TEXT);
        }
        case(Some("\"\\ud800\""), "not valid Unicode");
    }
    cases
}

/// A frame of which one field is left out or has other JSON.
fn with_field(command: &str, name: &str, json: Option<&str>, to: &str) -> String {
    let whole: Map<String, Value> = serde_json::from_str(&frame(command, AT, ASHA, to, AT)).expect("JSON");
    let fields = whole.iter().filter_map(|(key, value)| {
        let value = if key == name { json?.to_owned() } else { value.to_string() };
        Some(format!("\"{key}\":{value}"))
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn bad_times(command: &'static str, to: &str) -> Vec<Case> {
    let times = [
        ("", "not a timestamp"),
        ("now", "not a timestamp"),
        ("1605976337", "not a timestamp"),
        ("2020-11-21", "not a timestamp"),
        ("2020-13-21 16:32:17", "no such date"),
        ("2021-02-29 16:32:17", "no such date"),
        ("2020-11-21 24:00:00", "no such date"),
        ("2020-11-21 16:32:60", "leap seconds"),
        ("2020-11-21 16:32:17.1234567", "at most 6 decimals"),
        ("2020-11-21T16:32:17+25:00", "no such date"),
        ("0000-01-01 00:00:00", "years 0001 to 9999"),
        ("0001-01-01T00:00:00+01:00", "years 0001 to 9999"),
    ];
    times.map(|(time, says)| refused(command, AT, ASHA, to, time, says)).into()
}

/// On the socket from asha to ben.
pub(super) fn personal() -> Vec<Case> {
    let mut cases = not_frames(BEN);
    cases.extend(bad_fields("new_msg", BEN));
    cases.extend(bad_times("is_typing", BEN));
    let own = |command, message: &str, says| refused(command, message, ASHA, BEN, AT, says);
    for command in ["dance", "NEW_MSG", "msg_sent", "error", "update"] {
        cases.push(own(command, "x", "unknown command"));
    }
    // `msg_read` is a command of both.
    for command in GROUP.into_iter().chain(FETCHES) {
        cases.push(own(command, AT, ELSEWHERE));
    }
    for command in PERSONAL {
        cases.push(refused(command, AT, BEN, BEN, AT, "msg_from"));
        cases.push(refused(command, AT, "", BEN, AT, "msg_from"));
        for to in [CIRA, ASHA, KEY, "", "unknown"] {
            cases.push(refused(command, AT, ASHA, to, AT, "msg_to"));
        }
    }
    for command in ["msg_received", "msg_read", "delete_msg"] {
        cases.push(own(command, "-null-", "bad timestamp in message"));
    }
    cases.push(own("new_msg", "", "empty"));
    cases.push(own("new_msg", &"x".repeat(4097), "longer than 4096"));
    cases.push(own("new_msg", &"🦉".repeat(4097), "longer than 4096"));
    cases.push(own("msg_received", AT, "couldn't find the message"));
    cases.push(own("delete_msg", AT, "couldn't find a message to delete"));
    cases
}

/// On the socket from asha to the group that she and ben are in.
pub(super) fn group() -> Vec<Case> {
    let mut cases = not_frames(KEY);
    cases.extend(bad_fields("new_grp_msg", KEY));
    cases.extend(bad_times("grp_msg_received", KEY));
    let own = |command, message: &str, says| refused(command, message, ASHA, KEY, AT, says);
    for command in PERSONAL.into_iter().chain(FETCHES).filter(|command| *command != "msg_read") {
        cases.push(own(command, AT, ELSEWHERE));
    }
    for command in GROUP {
        cases.push(refused(command, AT, BEN, KEY, AT, "msg_from"));
        cases.push(refused(command, AT, ASHA, "OTHERGROUP", AT, "msg_to"));
        // Nobody's, that of somebody who is not in, and that of somebody in another organisation.
        for to in [NOBODY, CIRA, FAR] {
            cases.push(refused(command, AT, ASHA, to, AT, "nobody with this number"));
        }
    }
    cases.push(own("new_grp_msg", "", "empty"));
    cases.push(own("new_grp_msg", &"x".repeat(4097), "longer than 4096"));
    cases.push(own("grp_msg_received", AT, "couldn't find the message"));
    cases.push(refused("grp_msg_received", AT, ASHA, BEN, AT, "couldn't find the message"));
    cases.push(own("delete_grp_msg", AT, "couldn't find a message to delete"));
    cases
}

/// On asha's receive socket.
pub(super) fn special() -> Vec<Case> {
    let mut cases = not_frames(ASHA);
    cases.extend(bad_times("fetch_msgs", ASHA));
    for command in PERSONAL.into_iter().chain(GROUP) {
        cases.push(refused(command, AT, ASHA, ASHA, AT, ELSEWHERE));
    }
    for (command, to) in FETCHES.iter().flat_map(|command| [BEN, "", KEY].map(|to| (*command, to))) {
        cases.push(refused(command, "", ASHA, to, AT, "msg_to"));
    }
    cases
}
