//! Identifiers as the desk writes them: 32 hex digits, without dashes (contract, "What a chat is").

use std::hash::Hasher as _;

use hearken_core::ids::{ConversationId, Seq};
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use uuid::Uuid;

/// An identifier in its 32 digits.
pub fn digits(id: Uuid) -> String {
    id.simple().to_string()
}

/// The identifier that somebody has written: 32 digits, or with dashes; `None` for anything else.
pub fn parse(text: &str) -> Option<Uuid> {
    let plain = matches!(text.len(), 32 | 36);
    if plain { Uuid::try_parse(text).ok() } else { None }
}

/// The identifier of a row: the same each time it is asked, and like no other row's. Rows are places in a chat's log, and
/// have no names of their own.
pub fn of_row(chat: ConversationId, seq: Seq) -> Uuid {
    let mut hasher = SipHasher13::new_with_key(chat.0.as_bytes());
    hasher.write_u64(seq);
    // A version 8 identifier: one of its maker's own making.
    uuid::Builder::from_custom_bytes(hasher.finish128().as_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_written_without_dashes_and_read_either_way() {
        let id: Uuid = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(digits(id), "01890a5dac96774bbcceb302099a8057");
        let check = |text: &str, expect: Option<Uuid>| assert_eq!(parse(text), expect, "{text}");
        check("01890a5dac96774bbcceb302099a8057", Some(id));
        check("01890A5DAC96774BBCCEB302099A8057", Some(id));
        check("01890a5d-ac96-774b-bcce-b302099a8057", Some(id));
        check("{01890a5d-ac96-774b-bcce-b302099a8057}", None);
        check("urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", None);
        check("", None);
        check("qwkelqwkleqwlken123123b12312l3kn", None);
        check(&"0".repeat(1 << 20), None);
    }

    /// Clients keep these: another way of making them would give every row of every chat a new name.
    #[test]
    fn rows_keep_their_identifiers_for_ever() {
        let chat = ConversationId("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
        let written = [1, 2].map(|seq| digits(of_row(chat, seq)));
        assert_eq!(written, ["50834e274e9088988c945b1a121885a6", "5ef46da7c52d859c9f65626488a80448"]);
    }
}
