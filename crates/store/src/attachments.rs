//! Where attachments are kept (common.md, `attachments`): a folder, or a bucket that several nodes share.
//!
//! An attachment is one object, `OWNER/ID`: a line with its media type, then its bytes. So both are written at once,
//! and a copy of the objects is a copy of everything.

mod bucket;
mod folder;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use hearken_core::attachments::{
    Attachment, AttachmentError, AttachmentFuture, AttachmentName, Attachments, MAX_CONTENT, MAX_MEDIA_TYPE,
};
use hearken_core::ids::{AccountId, AttachmentId};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use uuid::Uuid;

use self::folder::Folder;

/// How many objects are removed at once.
const AT_ONCE: usize = 8;
/// Who owns what a check writes: nobody.
const NOBODY: AccountId = AccountId(Uuid::nil());

/// A place for attachments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttachmentPlace {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A bucket of S3, or of anything that speaks its language.
    Bucket {
        /// Its name.
        name: String,
        /// What the names of our objects begin with, without slashes at the ends; may be empty.
        prefix: String,
    },
}

impl fmt::Display for AttachmentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Bucket { name, prefix } if prefix.is_empty() => write!(f, "s3://{name}"),
            Self::Bucket { name, prefix } => write!(f, "s3://{name}/{prefix}"),
        }
    }
}

/// Attachments as objects in a store of objects.
pub struct ObjectAttachments {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The folder they lie in, if it is one.
    folder: Option<Folder>,
}

impl ObjectAttachments {
    /// Opens a place. A folder is made if it is not there; a bucket is not asked. `variables` are those of the
    /// process, by name: a bucket's credentials, region and endpoint are among them (`AWS_…`).
    pub fn open(
        place: &AttachmentPlace,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, AttachmentError> {
        match place {
            AttachmentPlace::Folder(path) => {
                let (folder, store) = Folder::open(path)?;
                Ok(Self { store: Arc::new(store), prefix: Path::default(), folder: Some(folder) })
            }
            AttachmentPlace::Bucket { name, prefix } => {
                let store = Arc::new(bucket::open(name, variables)?);
                let prefix = Path::parse(prefix).map_err(unavailable)?;
                Ok(Self { store, prefix, folder: None })
            }
        }
    }

    /// Attachments that are gone with the process, for tests.
    pub fn in_memory() -> Self {
        Self { store: Arc::new(InMemory::new()), prefix: Path::default(), folder: None }
    }

    fn at(&self, name: AttachmentName) -> Path {
        self.prefix.clone().join(name.owner.to_string()).join(name.id.to_string())
    }

    fn name_at(&self, location: &Path) -> Option<AttachmentName> {
        let mut parts = location.prefix_match(&self.prefix)?;
        let (owner, id) = (parts.next()?, parts.next()?);
        let name = format!("{}/{}", owner.as_ref(), id.as_ref()).parse().ok()?;
        parts.next().is_none().then_some(name)
    }

    async fn keep(&self, name: AttachmentName, attachment: Attachment) -> Result<(), AttachmentError> {
        if let Some(folder) = &self.folder {
            folder.prepare(name.owner).await?;
        }
        let object = PutPayload::from_bytes(put_together(&attachment));
        self.store.put(&self.at(name), object).await.map_err(unavailable)?;
        match &self.folder {
            Some(folder) => folder.close_to_others(name).await,
            None => Ok(()),
        }
    }

    async fn read(&self, name: AttachmentName) -> Result<Option<Attachment>, AttachmentError> {
        let found = match self.store.get(&self.at(name)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(unavailable)?,
        };
        if found.meta.size > (MAX_CONTENT + MAX_MEDIA_TYPE + 1) as u64 {
            return Err(unreadable());
        }
        let object = found.bytes().await.map_err(unavailable)?;
        taken_apart(&object).map(Some)
    }

    async fn remove(&self, name: AttachmentName) -> Result<(), AttachmentError> {
        match self.store.delete(&self.at(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(unavailable(error)),
        }
        match &self.folder {
            Some(folder) => folder.removed(name.owner).await,
            None => Ok(()),
        }
    }

    async fn remove_all(&self, owner: AccountId) -> Result<u64, AttachmentError> {
        let names: Vec<_> = self.list(Some(owner)).try_collect().await?;
        let gone = futures_util::stream::iter(&names).map(Ok);
        gone.try_for_each_concurrent(AT_ONCE, |name| self.remove(*name)).await?;
        if let Some(folder) = &self.folder {
            folder.remove_all(owner).await?;
        }
        Ok(names.len() as u64)
    }

    async fn try_out(&self) -> Result<(), AttachmentError> {
        let mut random = [0; 16];
        hearken_core::token::fill_random(&mut random);
        let name = AttachmentName { owner: NOBODY, id: AttachmentId(Uuid::from_bytes(random)) };
        let written = Attachment::new("text/plain", Bytes::from_static(b"check"))?;
        self.keep(name, written.clone()).await?;
        let read = self.read(name).await;
        self.remove(name).await?;
        if read? == Some(written) { Ok(()) } else { Err(unreadable()) }
    }
}

impl Attachments for ObjectAttachments {
    fn put(&self, name: AttachmentName, attachment: Attachment) -> AttachmentFuture<'_, ()> {
        Box::pin(self.keep(name, attachment))
    }

    fn get(&self, name: AttachmentName) -> AttachmentFuture<'_, Option<Attachment>> {
        Box::pin(self.read(name))
    }

    fn delete(&self, name: AttachmentName) -> AttachmentFuture<'_, ()> {
        Box::pin(self.remove(name))
    }

    fn list(&self, owner: Option<AccountId>) -> BoxStream<'_, Result<AttachmentName, AttachmentError>> {
        let prefix = match owner {
            Some(owner) => self.prefix.clone().join(owner.to_string()),
            None => self.prefix.clone(),
        };
        let names = self.store.list(Some(&prefix)).filter_map(|found| async {
            match found {
                Ok(object) => self.name_at(&object.location).filter(|name| name.owner != NOBODY).map(Ok),
                Err(error) => Some(Err(unavailable(error))),
            }
        });
        names.boxed()
    }

    fn delete_all_of(&self, owner: AccountId) -> AttachmentFuture<'_, u64> {
        Box::pin(self.remove_all(owner))
    }

    fn check(&self) -> AttachmentFuture<'_, ()> {
        Box::pin(self.try_out())
    }
}

/// The object of an attachment.
fn put_together(attachment: &Attachment) -> Bytes {
    let (media_type, content) = (attachment.media_type().as_bytes(), attachment.content());
    let mut object = BytesMut::with_capacity(media_type.len() + 1 + content.len());
    object.put_slice(media_type);
    object.put_u8(b'\n');
    object.put_slice(content);
    object.freeze()
}

/// The attachment of an object.
fn taken_apart(object: &Bytes) -> Result<Attachment, AttachmentError> {
    let line =
        object.iter().take(MAX_MEDIA_TYPE + 1).position(|byte| *byte == b'\n').ok_or_else(unreadable)?;
    let media_type = std::str::from_utf8(&object[..line]).map_err(|_| unreadable())?;
    Attachment::new(media_type, object.slice(line + 1..)).map_err(|_| unreadable())
}

fn unreadable() -> AttachmentError {
    AttachmentError::Unavailable("what was read is not what was written".into())
}

/// The innermost reason on one short line: the layers above it repeat addresses.
fn unavailable(error: impl std::error::Error) -> AttachmentError {
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    let line = reason.to_string();
    AttachmentError::Unavailable(line.chars().filter(|letter| !letter.is_control()).take(200).collect())
}
