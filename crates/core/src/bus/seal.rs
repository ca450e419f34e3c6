//! What every message begins with: who says it, the how manieth it is, and a mark that only nodes of this installation
//! can make. Whoever else can publish on the same bus can forge nothing.
//!
//! This frame never changes; what follows it carries a version of its own.

use bytes::{BufMut as _, Bytes, BytesMut};
use jiff::Timestamp;
use uuid::Uuid;

use crate::sign_in::Pepper;

const MESSAGE: &str = "bus message";
const FRAME: u8 = 1;
const HEAD: usize = 1 + 16 + 8 + 8;
const MARK: usize = 32;
/// How far the clocks of two nodes may differ. What is older is an old message that somebody plays again.
const FRESH_MILLIS: i64 = 5 * 60 * 1000;

/// Makes and checks the frames of an installation's messages.
#[derive(Clone)]
pub(crate) struct Seal {
    pepper: Pepper,
}

/// A message that came from a node of this installation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The node that says it.
    pub(crate) from: Uuid,
    /// The how manieth of its messages it is, from 1.
    pub(crate) number: u64,
    /// What it says.
    pub(crate) payload: Bytes,
}

impl Seal {
    pub(crate) fn new(pepper: Pepper) -> Self {
        Self { pepper }
    }

    pub(crate) fn close(&self, from: Uuid, number: u64, at: Timestamp, payload: &[u8]) -> Bytes {
        let mut message = BytesMut::with_capacity(HEAD + MARK + payload.len());
        message.put_u8(FRAME);
        message.put_slice(from.as_bytes());
        message.put_u64(number);
        message.put_i64(at.as_millisecond());
        let mark = self.pepper.mark(MESSAGE, &[&message, payload]);
        message.put_slice(&mark);
        message.put_slice(payload);
        message.freeze()
    }

    /// The message, if one of ours has said it, lately.
    pub(crate) fn open(&self, message: &Bytes, now: Timestamp) -> Option<Opened> {
        let (head, rest) = message.split_at_checked(HEAD)?;
        let (mark, payload) = rest.split_at_checked(MARK)?;
        if head.first() != Some(&FRAME) || !self.pepper.marked(MESSAGE, &[head, payload], mark) {
            return None;
        }
        let from = Uuid::from_slice(head.get(1..17)?).ok()?;
        let number = u64::from_be_bytes(head.get(17..25)?.try_into().ok()?);
        let at = i64::from_be_bytes(head.get(25..33)?.try_into().ok()?);
        if at.abs_diff(now.as_millisecond()) > FRESH_MILLIS.unsigned_abs() {
            return None;
        }
        Some(Opened { from, number, payload: message.slice_ref(payload) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_millis;

    fn seal(secret: u8) -> Seal {
        Seal::new(Pepper::of(&[secret; 32]))
    }

    #[test]
    fn only_what_one_of_ours_has_said_lately_is_opened() {
        let (at, from) = (from_millis(1_700_000_000_000), Uuid::from_u128(7));
        let message = seal(1).close(from, 9, at, b"words");
        let opened = Opened { from, number: 9, payload: Bytes::from_static(b"words") };
        assert_eq!(seal(1).open(&message, at), Some(opened));
        assert_eq!(seal(2).open(&message, at), None, "another installation's");
        assert_eq!(seal(1).open(&message, from_millis(1_700_000_300_001)), None, "an old one");
        assert!(seal(1).open(&message, from_millis(1_699_999_700_001)).is_some(), "clocks differ");
        for place in 0..message.len() {
            let mut altered = message.to_vec();
            altered[place] ^= 1;
            assert_eq!(seal(1).open(&altered.into(), at), None, "byte {place} was altered");
        }
        for length in 0..message.len() {
            assert_eq!(seal(1).open(&message.slice(..length), at), None, "cut to {length}");
        }
    }
}
