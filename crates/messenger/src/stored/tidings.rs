//! What people are told once, and what is kept for them until they have been: changes, and messages that nobody has
//! received in time. People are named by their accounts, and become numbers when it is shown: of whom there is no more
//! to know, nothing is told.

use hearken_core::Stored;
use hearken_core::ids::AccountId;
use serde::{Deserialize, Serialize};

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tidings {
    /// A personal chat has changed (contract, `update`).
    Personal {
        /// How.
        change: PersonalChange,
        /// Who did it.
        by: AccountId,
        /// The other one.
        with: AccountId,
    },
    /// A group has changed.
    Group {
        /// How.
        change: GroupChange,
        /// Who did it.
        by: AccountId,
        /// Whom it concerns; without one, the group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        whom: Option<AccountId>,
    },
    /// A room has changed. Nobody is named: it is anonymous.
    Room {
        /// How.
        change: RoomChange,
    },
    /// A message of one's own was not received by everybody in time, and is gone (contract, `undelivered_ttl`).
    Expired {
        /// The message's timestamp, as it was written.
        sent: String,
        /// The other one of a personal chat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        with: Option<AccountId>,
    },
}

impl Stored for Tidings {
    const VERSION: u16 = 1;
}

macro_rules! changes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $change:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$what])* $change),+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$change),+];

            /// What an `update` calls it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$change => $word),+ }
            }
        }
    )+};
}

changes! {
    /// What can be done to a personal chat.
    PersonalChange {
        /// It was made.
        Create = "create",
        /// It was deleted, with its messages.
        Delete = "delete",
    }
    /// What can be done to a group.
    GroupChange {
        /// It was made.
        Create = "create",
        /// Somebody was brought in.
        Add = "add",
        /// Somebody was taken out.
        Remove = "remove",
        /// Somebody has become an admin.
        Promote = "promote",
        /// It has another name, or another line about it.
        Rename = "rename",
        /// Somebody has left.
        Leave = "leave",
    }
    /// What can happen to a room.
    RoomChange {
        /// It was opened.
        Create = "create",
        /// One of the two would know the other.
        Grade = "grade",
        /// Both would: it is a personal chat now.
        Replace = "replace",
        /// It is over.
        Delete = "delete",
        /// It was ended at once, and the two do not meet again.
        Deactivate = "deactivate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn golden(json: &str, expect: &Tidings) {
        assert_eq!(&Tidings::decode(1, json.as_bytes()).unwrap(), expect);
        assert_eq!(serde_json::to_string(expect).unwrap(), json);
    }

    #[test]
    fn released_forms_read_for_ever() {
        const ANN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
        const BOB: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
        let (by, other): (AccountId, AccountId) = (ANN.parse().unwrap(), BOB.parse().unwrap());
        for change in PersonalChange::ALL {
            let json =
                format!(r#"{{"personal":{{"change":"{}","by":"{ANN}","with":"{BOB}"}}}}"#, change.word());
            golden(&json, &Tidings::Personal { change: *change, by, with: other });
        }
        for change in GroupChange::ALL {
            let json = format!(r#"{{"group":{{"change":"{}","by":"{ANN}","whom":"{BOB}"}}}}"#, change.word());
            golden(&json, &Tidings::Group { change: *change, by, whom: Some(other) });
        }
        let rename = format!(r#"{{"group":{{"change":"rename","by":"{ANN}"}}}}"#);
        golden(&rename, &Tidings::Group { change: GroupChange::Rename, by, whom: None });
        for change in RoomChange::ALL {
            let json = format!(r#"{{"room":{{"change":"{}"}}}}"#, change.word());
            golden(&json, &Tidings::Room { change: *change });
        }
        let json = format!(r#"{{"expired":{{"sent":"2020-11-21 16:32:17.356","with":"{BOB}"}}}}"#);
        let sent = "2020-11-21 16:32:17.356".to_owned();
        golden(&json, &Tidings::Expired { sent: sent.clone(), with: Some(other) });
        let json = r#"{"expired":{"sent":"2020-11-21 16:32:17.356"}}"#;
        golden(json, &Tidings::Expired { sent, with: None });
    }
}
