//! Which command is called what, and where it works.

use super::super::{Command, Content, SocketKind};

/// Socket kinds as letters: special, personal, group, room.
#[track_caller]
fn check(name: &str, told_as: &str, content: Content, sockets: &str) {
    let command = Command::named(name).unwrap();
    assert_eq!(command.name(), name);
    assert_eq!(command.told_as(), told_as, "{name}");
    assert_eq!(command.content(), content, "{name}");
    let kinds = [
        (SocketKind::Special, 's'),
        (SocketKind::Personal, 'p'),
        (SocketKind::Group, 'g'),
        (SocketKind::Room, 'r'),
    ];
    for (kind, letter) in kinds {
        assert_eq!(command.works_on(kind), sockets.contains(letter), "{name} on {kind:?}");
    }
}

#[test]
fn commands_are_those_of_the_contract() {
    use Content::{Moment, Nothing, Text};
    check("new_msg", "new_msg", Text, "pr");
    check("msg_received", "msg_received", Moment, "pr");
    check("msg_read", "msg_read", Moment, "pgr");
    check("is_typing", "is_typing", Nothing, "pr");
    check("delete_msg", "delete_msg", Moment, "pr");
    check("new_grp_msg", "new_msg", Text, "g");
    check("grp_msg_received", "msg_received", Moment, "g");
    check("grp_msg_read", "msg_read", Moment, "g");
    check("is_grp_typing", "is_typing", Nothing, "g");
    check("delete_grp_msg", "delete_msg", Moment, "g");
    check("fetch_msgs", "fetch_msgs", Nothing, "s");
    check("fetch_grp_msgs", "fetch_grp_msgs", Nothing, "s");
    check("fetch_room_msgs", "fetch_room_msgs", Nothing, "s");
    assert_eq!(Command::ALL.len(), 13);
}

#[test]
fn names_are_exact() {
    for name in ["", "new_msg ", "NEW_MSG", "newmsg", "msg_sent", "error", "update", "message"] {
        assert_eq!(Command::named(name), None, "{name:?}");
    }
    for command in Command::ALL {
        assert_eq!(Command::named(command.name()), Some(*command));
    }
}
