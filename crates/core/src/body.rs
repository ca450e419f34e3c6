//! What a door stores in the core: its state, its events, its signals. The core keeps them as versioned JSON and
//! hands them back typed; it never looks inside.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type that a door keeps in the store.
///
/// Nodes of different versions share a store. A state is read, changed and written whole, so what a node does not know of
/// it would be lost on the way: a state refuses fields that it does not know (`serde(deny_unknown_fields)`), and then
/// nothing is done to that conversation here.
pub trait Stored: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The version written; raised when the form changes in a way an older reader would misread.
    const VERSION: u16;

    /// Reads what an older version wrote. A door that raises `VERSION` overrides this.
    fn decode(version: u16, json: &[u8]) -> Result<Self, BodyError> {
        if version == Self::VERSION {
            Ok(serde_json::from_slice(json)?)
        } else {
            Err(BodyError::Version(version))
        }
    }
}

/// A stored body that can't be read here.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Written by a newer node (or an older one that nobody upgrades from).
    #[error("version {0} is not known here")]
    Version(u16),
    /// Not what its version says.
    #[error("the stored body does not read: {0}")]
    Malformed(#[from] serde_json::Error),
}

type Erased = Arc<dyn Any + Send + Sync>;
type Encode = fn(&Erased) -> Box<[u8]>;

/// One stored value: typed, as JSON, or both; each made from the other when first asked for, and then kept.
#[derive(Clone)]
pub struct Body(Arc<Inner>);

struct Inner {
    version: u16,
    json: OnceLock<Box<[u8]>>,
    typed: OnceLock<Option<Erased>>,
    encode: Option<Encode>,
}

impl Body {
    /// Wraps a value; it is encoded when the store first asks.
    pub fn of<T: Stored>(value: T) -> Self {
        let typed: Erased = Arc::new(value);
        Self(Arc::new(Inner {
            version: T::VERSION,
            json: OnceLock::new(),
            typed: OnceLock::from(Some(typed)),
            encode: Some(encode_as::<T>),
        }))
    }

    /// Wraps what the store kept; it is decoded when a door first asks.
    pub fn stored(version: u16, json: Vec<u8>) -> Self {
        Self(Arc::new(Inner {
            version,
            json: OnceLock::from(json.into_boxed_slice()),
            typed: OnceLock::new(),
            encode: None,
        }))
    }

    /// The version it is written in.
    pub fn version(&self) -> u16 {
        self.0.version
    }

    /// Its JSON.
    pub fn json(&self) -> &[u8] {
        self.0.json.get_or_init(|| match (self.0.encode, self.0.typed.get()) {
            (Some(encode), Some(Some(typed))) => encode(typed),
            _ => Box::default(),
        })
    }

    /// The value, or `None` when it was written by a version that is not known here, or by another door. A
    /// reader passes over such a body and keeps its place.
    pub fn get<T: Stored>(&self) -> Option<&T> {
        self.erased::<T>().and_then(|typed| typed.downcast_ref())
    }

    fn erased<T: Stored>(&self) -> Option<&Erased> {
        let decode = || match T::decode(self.0.version, self.json()) {
            Ok(value) => Some(Arc::new(value) as Erased),
            Err(error) => {
                // Not the error's own words: they quote what is stored.
                let version = self.0.version;
                let newer = matches!(error, BodyError::Version(_));
                let kind = std::any::type_name::<T>();
                tracing::warn!(kind, version, newer, "passing over a stored body");
                None
            }
        };
        self.0.typed.get_or_init(decode).as_ref()
    }
}

impl fmt::Debug for Body {
    /// Never shows what is inside: bodies hold people's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body(v{})", self.0.version)
    }
}

fn encode_as<T: Stored>(typed: &Erased) -> Box<[u8]> {
    let value = typed.downcast_ref::<T>();
    // A door's stored types hold nothing that JSON can't: their golden samples prove it.
    value.and_then(|value| serde_json::to_vec(value).ok()).unwrap_or_default().into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Note(String);

    impl Stored for Note {
        const VERSION: u16 = 2;
    }

    #[test]
    fn a_body_reads_back_after_a_round_through_the_store() {
        let body = Body::of(Note("hi".into()));
        let back = Body::stored(body.version(), body.json().to_vec());
        assert_eq!(back.get::<Note>(), Some(&Note("hi".into())));
    }

    #[test]
    fn a_newer_body_is_passed_over() {
        assert_eq!(Body::stored(3, b"\"hi\"".to_vec()).get::<Note>(), None);
        assert_eq!(Body::stored(2, b"{".to_vec()).get::<Note>(), None);
    }

    #[test]
    fn debug_output_keeps_the_words_to_itself() {
        assert_eq!(format!("{:?}", Body::of(Note("secret".into()))), "Body(v2)");
    }
}
