//! Identifiers as this door writes them: 32 hexadecimal digits without dashes (contract, "What a chat is").

use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

/// An identifier on this door.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex(pub Uuid);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_simple(), f)
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_simple().encode_lower(&mut Uuid::encode_buffer()))
    }
}
