//! Records: small values under a name, for what is neither a conversation nor an account: sign-ins, one-time codes,
//! answers kept for a repeat. They are written in the same commits as everything else, and a change can insist on what
//! it has seen, so that two who change one record at once can't both win, on however many nodes.

use std::borrow::Cow;

use jiff::Timestamp;

use super::DirectoryChange;
use crate::ids::AccountId;

/// What a record is called: a space, which belongs to one part of the core or one door, and a key in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordName {
    /// Whose records these are.
    pub space: Cow<'static, str>,
    /// Which of them.
    pub key: String,
}

impl RecordName {
    /// The record `key` in `space`.
    pub fn new(space: &'static str, key: impl Into<String>) -> Self {
        Self { space: Cow::Borrowed(space), key: key.into() }
    }
}

/// A record.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is called.
    pub name: RecordName,
    /// Whose it is, if anybody's: it goes when the account is erased.
    pub account: Option<AccountId>,
    /// When it may be swept away. A reader looks for itself whether it still counts.
    pub expires: Option<Timestamp>,
    /// What it says: JSON of whoever owns the space.
    pub value: Vec<u8>,
}

impl std::fmt::Debug for Record {
    /// Without its value and key, which may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record({})", self.name.space)
    }
}

/// A record as it was read: its version is raised by every change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecord {
    /// The record.
    pub record: Record,
    /// Which version of it.
    pub version: u64,
}

/// What a change of a record insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// Whatever is there.
    Anything,
    /// There is none.
    Absent,
    /// It is there, in this version.
    Version(u64),
}

impl Was {
    /// What has just been read.
    pub fn seen(found: Option<&KeptRecord>) -> Self {
        found.map_or(Self::Absent, |found| Self::Version(found.version))
    }
}

/// A change of a record. A batch with one whose `was` does not hold fails as a whole with
/// [`super::StoreError::Conflict`].
#[derive(Clone, Debug)]
pub enum RecordChange {
    /// Write it, in place of an earlier one.
    Put(Record, Was),
    /// Take it out; of one that is not there, nothing happens.
    Remove(RecordName, Was),
}

/// Changes beside conversations, committed together, all or none.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// People, organisations, keys.
    pub directory: Vec<DirectoryChange>,
    /// Records.
    pub records: Vec<RecordChange>,
}

impl Changes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.directory.is_empty() && self.records.is_empty()
    }
}
