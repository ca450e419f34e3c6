//! The commit path, where speed and safety meet.
//!
//! Rules queue up; the committer takes whatever has queued while the last commit ran, runs the rules in order over
//! committed state, writes what they want as one transaction, and only then answers every caller, refusals and
//! repeats too, and wakes who follows. One sync serves all who came meanwhile. Nothing is locked, and nothing is
//! guessed that would have to be undone.

mod again;
mod apply;
mod cache;
mod committer;
mod entry;
mod erasing;
mod job;
mod loading;
mod queue;
mod shards;
mod turns;

pub(crate) use self::committer::{Committer, Ground};
pub(crate) use self::entry::Entry;
pub(crate) use self::erasing::{EraseStep, Reached};
pub(crate) use self::job::{Answer, ChangesJob, Fired, Job, Place, TimerJob, Update, UpdateMany};
pub use self::job::{Drafts, Reply, UpdateError};
pub use self::queue::CommitStats;
pub(crate) use self::queue::{CommitQueue, NotTaken, Request};
pub(crate) use self::turns::Turns;

/// Bounds of the commit path.
#[derive(Clone, Copy, Debug)]
pub struct CommitSettings {
    /// How many rules may wait for all committers together; one more is told that the server is busy.
    pub queue: usize,
    /// How many rules one transaction takes at most.
    pub batch: usize,
    /// How many bytes of committed conversations are kept at hand, roughly, by all committers together.
    pub cache: usize,
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self { queue: 8192, batch: 512, cache: 64 << 20 }
    }
}
