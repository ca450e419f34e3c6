//! A secret of this installation, kept in the store so that nodes share it. What it marks can be recognised without
//! being kept (refresh tokens), and what it hides can't be guessed from the store alone (codes, numbers).

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::store::{Changes, Record, RecordChange, RecordName, Store, StoreError, Was};
use crate::token::fill_random;

const SPACE: &str = "secret";
const KEY: &str = "pepper";
const LENGTH: usize = 32;

/// The secret.
#[derive(Clone)]
pub(crate) struct Pepper(Key);

impl Pepper {
    /// The one in the store.
    pub(crate) async fn read(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let kept = store.record(&name()).await?;
        Ok(kept.map(|kept| Self(Key::new(HMAC_SHA256, &kept.record.value))))
    }

    /// A secret of a test's own.
    #[cfg(test)]
    pub(crate) fn of(secret: &[u8]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    /// What makes a new one, where there is none.
    pub(crate) fn make() -> Changes {
        Changes { records: vec![Self::made(Was::Absent)], ..Changes::default() }
    }

    /// What puts a new one in the place of whichever there is: what the earlier one marked counts no more.
    pub(crate) fn renew() -> RecordChange {
        Self::made(Was::Anything)
    }

    fn made(was: Was) -> RecordChange {
        let mut value = vec![0; LENGTH];
        fill_random(&mut value);
        RecordChange::Put(Record { name: name(), account: None, expires: None, value }, was)
    }

    /// A mark on `parts`, for this purpose. No two lists of parts have the same.
    pub(crate) fn mark(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mark = [0; 32];
        mark.copy_from_slice(sign(&self.0, &joined(purpose, parts)).as_ref());
        mark
    }

    /// Whether `mark` is the mark on `parts`; takes as long whichever it is.
    pub(crate) fn marked(&self, purpose: &str, parts: &[&[u8]], mark: &[u8]) -> bool {
        verify(&self.0, &joined(purpose, parts), mark).is_ok()
    }

    /// Whether it is the same secret.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        other.marked("same", &[], &self.mark("same", &[]))
    }

    /// A name under which something is found again by whoever knows it, and from which it can't be read.
    pub(crate) fn veil(&self, purpose: &str, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mark(purpose, &[what.as_bytes()]))
    }
}

fn name() -> RecordName {
    RecordName::new(SPACE, KEY)
}

fn joined(purpose: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut all = Vec::new();
    for part in [purpose.as_bytes()].iter().chain(parts) {
        all.extend((part.len() as u64).to_be_bytes());
        all.extend_from_slice(part);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_differ_by_purpose_parts_and_secret() {
        let pepper = |byte| Pepper(Key::new(HMAC_SHA256, &[byte; LENGTH]));
        let one = pepper(1);
        let mark = one.mark("a", &[b"b", b"c"]);
        assert!(one.marked("a", &[b"b", b"c"], &mark));
        for other in [one.mark("b", &[b"b", b"c"]), one.mark("a", &[b"bc", b""]), one.mark("a", &[b"b"])] {
            assert_ne!(other, mark);
        }
        assert!(!pepper(2).marked("a", &[b"b", b"c"], &mark));
        assert!(!one.marked("a", &[b"b", b"c"], &mark[..31]));
    }
}
