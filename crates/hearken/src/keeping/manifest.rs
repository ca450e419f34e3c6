//! What a backup says about itself: the last entry of the archive, so that an archive that was cut off has none.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Its name in the archive.
pub(super) const NAME: &str = "manifest.json";
/// The store's name in the archive.
pub(super) const STORE: &str = "hearken.db";
/// What the names of attachments begin with; their own names follow.
pub(super) const ATTACHMENTS: &str = "attachments/";
/// The form of archive that is written here, and the newest that is read.
pub(super) const FORM: u32 = 1;
/// The longest manifest that is read: a million attachments.
pub(super) const LONGEST: u64 = 256 << 20;

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the archive.
    pub form: u32,
    /// The version of Hearken that made it.
    pub version: String,
    /// The number of the store's schema.
    pub schema: i64,
    /// When it was begun, by the machine's date: everything acknowledged before is in it.
    pub made_at: Timestamp,
    /// The store.
    pub store: Held,
    /// What people have attached.
    pub attachments: Vec<Attached>,
}

/// One file in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// How long it is, in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// One attachment in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// What it is, such as `image/png`.
    pub media_type: String,
    /// Its content.
    #[serde(flatten)]
    pub held: Held,
}
