//! Notices: something for one person that is kept until it has been handed over, once per person. Whom it is for need
//! not be in the conversation that it comes from: who has been taken out of a group still has to hear of it.

mod handed;

use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use self::handed::HandedOver;
pub use self::handed::Handing;
use crate::body::Body;
use crate::conversation::Identity;
use crate::ids::{AccountId, NoticeId, SignInId};

/// How many are kept for one person: of more the oldest go.
pub const MOST_NOTICES: u64 = 10_000;

/// Something for one person.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its identifier.
    pub id: NoticeId,
    /// Whom it is for.
    pub account: AccountId,
    /// The conversation that it comes from.
    pub conversation: Arc<Identity>,
    /// When it was committed, product time.
    pub at: Timestamp,
    /// The sign-in that caused it, as long as it is live: no store keeps it.
    pub origin: Option<SignInId>,
    /// Whether it is kept until it has been handed over. Of his own act a person has heard by its answer: only his other
    /// sign-ins that are connected are told.
    pub kept: bool,
    /// The door's own words for it.
    pub body: Body,
}

/// A notice as a store keeps it.
#[derive(Clone, Debug)]
pub struct KeptNotice {
    /// Its place among those kept for the same person: a higher one came later. A place may be used again once
    /// everything after it is gone.
    pub place: u64,
    /// What it is.
    pub notice: Arc<Notice>,
}
