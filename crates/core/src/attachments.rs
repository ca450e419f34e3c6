//! The port to files that people attach (common.md, `attachments`): kept beside the store, because a log of events is
//! no place for megabytes, and named by their owner first, so that everything of one person can be found and erased.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::ids::{AccountId, AttachmentId};

/// The longest content, in bytes: what the widest door takes (counsel.md: 15 MiB) and a little.
pub const MAX_CONTENT: usize = 16 << 20;
/// The longest media type, in bytes.
pub const MAX_MEDIA_TYPE: usize = 100;

/// An attachment's answer, later.
pub type AttachmentFuture<'a, T> = BoxFuture<'a, Result<T, AttachmentError>>;

/// Where attachments are kept. Whatever is put is on stable storage when `put` answers, and is seen whole or not at
/// all.
pub trait Attachments: Send + Sync {
    /// Keeps an attachment; one of the same name is replaced.
    fn put(&self, name: AttachmentName, attachment: Attachment) -> AttachmentFuture<'_, ()>;

    /// Reads an attachment; `None` if there is none of this name.
    fn get(&self, name: AttachmentName) -> AttachmentFuture<'_, Option<Attachment>>;

    /// Removes an attachment for good; one that is gone already is no error.
    fn delete(&self, name: AttachmentName) -> AttachmentFuture<'_, ()>;

    /// The names of all attachments, or of those of one owner, in no particular order. Things that lie there and are
    /// none are left out.
    fn list(&self, owner: Option<AccountId>) -> BoxStream<'_, Result<AttachmentName, AttachmentError>>;

    /// Removes everything of one owner for good, what a broken-off `put` has left too. Answers how many attachments
    /// went.
    fn delete_all_of(&self, owner: AccountId) -> AttachmentFuture<'_, u64>;

    /// Whether attachments can be written, read and removed; leaves nothing behind.
    fn check(&self) -> AttachmentFuture<'_, ()>;
}

/// The name of an attachment. As text it is `owner/id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttachmentName {
    /// Whose it is: the account that is erased with it.
    pub owner: AccountId,
    /// Which.
    pub id: AttachmentId,
}

impl fmt::Display for AttachmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.id)
    }
}

/// Not the name of an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the name of an attachment: OWNER/ID")]
pub struct BadAttachmentName;

impl FromStr for AttachmentName {
    type Err = BadAttachmentName;

    /// Takes exactly what is written, so that one attachment has one name.
    fn from_str(text: &str) -> Result<Self, BadAttachmentName> {
        let (owner, id) = text.split_once('/').ok_or(BadAttachmentName)?;
        let name = Self {
            owner: owner.parse().map_err(|_| BadAttachmentName)?,
            id: id.parse().map_err(|_| BadAttachmentName)?,
        };
        if name.to_string() == text { Ok(name) } else { Err(BadAttachmentName) }
    }
}

/// An attachment: bytes, and what they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    media_type: Box<str>,
    content: Bytes,
}

impl Attachment {
    /// An attachment of this media type (`image/png`).
    pub fn new(media_type: &str, content: Bytes) -> Result<Self, AttachmentError> {
        let shown = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        if media_type.is_empty() || media_type.len() > MAX_MEDIA_TYPE || !media_type.bytes().all(shown) {
            return Err(AttachmentError::Invalid("a media type is 1 to 100 characters of ASCII"));
        }
        if content.len() > MAX_CONTENT {
            return Err(AttachmentError::Invalid("an attachment has at most 16 MiB"));
        }
        Ok(Self { media_type: media_type.into(), content })
    }

    /// What it is, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Its bytes.
    pub fn content(&self) -> &Bytes {
        &self.content
    }

    /// Its bytes, for whoever needs nothing else.
    pub fn into_content(self) -> Bytes {
        self.content
    }
}

/// What people attach reaches no log: only what it is and how long.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.media_type, self.content.len())
    }
}

/// What attachments can fail with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// It can't be kept as it is.
    #[error("{0}")]
    Invalid(&'static str),
    /// The place can't be reached, or has failed; the words are for the operator's log.
    #[error("the attachments can't be reached: {0}")]
    Unavailable(String),
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_name_reads_back_and_has_one_form() {
        let name = AttachmentName {
            owner: AccountId(Uuid::from_u128(0xabc)),
            id: AttachmentId(Uuid::from_u128(0xdef)),
        };
        let text = name.to_string();
        assert_eq!(text.parse(), Ok(name));
        let check = |text: &str| assert_eq!(text.parse::<AttachmentName>(), Err(BadAttachmentName), "{text}");
        for wrong in
            ["", "/", "a/b", &text.to_uppercase(), &text.replace('-', ""), &format!("{text}/x"), &text[..36]]
        {
            check(wrong);
        }
        check(&format!("../{text}"));
        check(&format!("{{{}}}/{}", name.owner, name.id));
    }

    #[test]
    fn media_types_and_lengths_have_bounds() {
        let check = |media_type: &str, length: usize, good: bool| {
            let made = Attachment::new(media_type, Bytes::from(vec![0; length]));
            assert_eq!(made.is_ok(), good, "{media_type:?} {length}");
        };
        check("image/png", 0, true);
        check("text/plain; charset=utf-8", MAX_CONTENT, true);
        check(&"a".repeat(MAX_MEDIA_TYPE), 1, true);
        check("image/png", MAX_CONTENT + 1, false);
        check(&"a".repeat(MAX_MEDIA_TYPE + 1), 1, false);
        for wrong in ["", "image/png\n", "a\0", "é", "a\tb", "a\r\nX: 1"] {
            check(wrong, 1, false);
        }
        let shown = format!("{:?}", Attachment::new("a/b", Bytes::from_static(b"words")).unwrap());
        assert_eq!(shown, "a/b of 5 bytes");
    }
}
