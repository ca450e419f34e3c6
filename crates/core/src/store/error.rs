//! How a store fails, as far as somebody can act on it.

/// What a store can fail with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Something that must be unique is taken: the phone, the e-mail, the name.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// Something is not any more as it was when it was read; read it again.
    #[error("somebody else has changed this meanwhile")]
    Conflict,
    /// Another node was first: what the commit rests on is not so any more. The rules are to be run again; no caller
    /// hears of it.
    #[error("another node was first")]
    Raced,
    /// No room is left on the disk.
    #[error("the disk is full")]
    Full,
    /// The store can't be reached just now, whatever is asked of it; the words are for the operator's log.
    #[error("the store can't be reached: {0}")]
    Away(String),
    /// The store has failed; the words are for the operator's log.
    #[error("the store has failed: {0}")]
    Unavailable(String),
}
