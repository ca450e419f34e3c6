//! Identifiers: one type per thing that is named, so that an account can never be passed where a
//! conversation is meant; and the port that makes new ones.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Wall;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

identifiers! {
    /// A person's account; one across all doors.
    AccountId,
    /// An organisation: the wall that no read and no write crosses.
    OrganisationId,
    /// A conversation, of whatever kind.
    ConversationId,
    /// One sign-in of one person: what "the same device" means to a door that leaves out echoes.
    SignInId,
    /// A notice: something for one person, kept until it has been handed over.
    NoticeId,
    /// Something that somebody has attached.
    AttachmentId,
    /// A node: one server process among those that share a store. A new one each time it joins.
    NodeId,
}

/// The position of an event in its conversation's log: dense, from 1, never used again.
pub type Seq = u64;

/// Makes new identifiers.
pub trait Ids: Send + Sync {
    /// A `UUIDv7`: unique, and near its neighbours in time, which keeps the store's trees narrow.
    fn next(&self) -> Uuid;
}

/// Identifiers from the machine's clock and its random numbers.
pub struct RandomIds {
    wall: Arc<dyn Wall>,
}

impl RandomIds {
    /// Takes the time part from `wall`.
    pub fn new(wall: Arc<dyn Wall>) -> Self {
        Self { wall }
    }
}

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        let millis = self.wall.now().as_millisecond().max(0) as u64;
        let mut random = [0_u8; 10];
        crate::token::fill_random(&mut random);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// Identifiers that count from 1, for tests that must come out the same each time.
#[derive(Default)]
pub struct CountingIds {
    last: AtomicU64,
}

impl Ids for CountingIds {
    fn next(&self) -> Uuid {
        let n = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        uuid::Builder::from_unix_timestamp_millis(n, &[0; 10]).into_uuid()
    }
}
