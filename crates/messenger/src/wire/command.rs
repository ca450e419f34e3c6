//! The commands of the dialect: their names, the sockets that take them and what their `message` holds.

/// The four kinds of messenger socket (contract "Sockets").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SocketKind {
    /// `/ws/chat/special/<phone>/`: the receive socket.
    Special,
    /// `/ws/chat/personal/<msg_from>/<msg_to>/`: the send socket of one personal chat.
    Personal,
    /// `/ws/chat/group/<msg_from>/<grp>/`: the send socket of one group.
    Group,
    /// `/ws/chat/room/<msg_from>/`: the send socket of the caller's room.
    Room,
}

/// What the `message` of a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What somebody said.
    Text,
    /// The timestamp of the message that the command is about.
    Moment,
    /// Any string or none: the seed writes `-null-` or `--null--`.
    Nothing,
}

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident $name:literal),* $(,)?) => {
        /// A command that a client may send (contract "Personal commands", "Group commands", "Fetch").
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Command {
            $($(#[$doc])* #[doc = concat!(" (`", $name, "`)")] $variant,)*
        }

        impl Command {
            /// Every command.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The command of that name, in exactly that spelling.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name by which clients send it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

commands! {
    /// A message to the peer of a personal chat or room
    NewMsg "new_msg",
    /// The peer's message has been stored locally
    MsgReceived "msg_received",
    /// The peer's message has been read; on the group socket the same as [`Self::GrpMsgRead`]
    MsgRead "msg_read",
    /// The sender is writing to the peer
    IsTyping "is_typing",
    /// Takes one's own message back from the peer
    DeleteMsg "delete_msg",
    /// A message to everybody in a group
    NewGrpMsg "new_grp_msg",
    /// A message of the group has been stored locally
    GrpMsgReceived "grp_msg_received",
    /// A message of the group has been read
    GrpMsgRead "grp_msg_read",
    /// The sender is writing to the group
    IsGrpTyping "is_grp_typing",
    /// Takes one's own message back from the group
    DeleteGrpMsg "delete_grp_msg",
    /// Asks for the personal messages that wait
    FetchMsgs "fetch_msgs",
    /// Asks for the group messages that wait
    FetchGrpMsgs "fetch_grp_msgs",
    /// Asks for the room messages that wait
    FetchRoomMsgs "fetch_room_msgs",
}

impl Command {
    /// Whether sockets of that kind take it (contract "Sockets", "Group commands", "Settled details": rooms).
    pub const fn works_on(self, socket: SocketKind) -> bool {
        match self {
            Self::MsgRead => !matches!(socket, SocketKind::Special),
            Self::NewMsg | Self::MsgReceived | Self::IsTyping | Self::DeleteMsg => {
                matches!(socket, SocketKind::Personal | SocketKind::Room)
            }
            Self::NewGrpMsg
            | Self::GrpMsgReceived
            | Self::GrpMsgRead
            | Self::IsGrpTyping
            | Self::DeleteGrpMsg => matches!(socket, SocketKind::Group),
            Self::FetchMsgs | Self::FetchGrpMsgs | Self::FetchRoomMsgs => {
                matches!(socket, SocketKind::Special)
            }
        }
    }

    /// The name that receivers read: group commands reach them under the names of the personal ones
    /// (contract "Group commands"). A fetch is answered under its own name.
    pub const fn told_as(self) -> &'static str {
        match self {
            Self::NewGrpMsg => Self::NewMsg.name(),
            Self::GrpMsgReceived => Self::MsgReceived.name(),
            Self::GrpMsgRead => Self::MsgRead.name(),
            Self::IsGrpTyping => Self::IsTyping.name(),
            Self::DeleteGrpMsg => Self::DeleteMsg.name(),
            own => own.name(),
        }
    }

    /// What its `message` holds.
    pub const fn content(self) -> Content {
        match self {
            Self::NewMsg | Self::NewGrpMsg => Content::Text,
            Self::MsgReceived
            | Self::MsgRead
            | Self::DeleteMsg
            | Self::GrpMsgReceived
            | Self::GrpMsgRead
            | Self::DeleteGrpMsg => Content::Moment,
            Self::IsTyping
            | Self::IsGrpTyping
            | Self::FetchMsgs
            | Self::FetchGrpMsgs
            | Self::FetchRoomMsgs => Content::Nothing,
        }
    }
}
