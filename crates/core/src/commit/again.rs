//! A group of jobs that can't be written together is run again: at once where another node was first, else each job
//! alone, so that one that can't be written costs no other.

use std::sync::atomic::Ordering;

use super::committer::Committer;
use super::job::{Job, Outcome};
use crate::store::{Batch, StoreError};

/// How often a group is run together while others are first.
const TOGETHER: usize = 3;
/// How often a job alone, or what is no job. Somebody gets on each time, so this is never reached but by a fault.
const ALONE: usize = 64;

/// Whether nothing is wrong with the store, but somebody was there before.
pub(super) fn somebody_was_first(error: &StoreError) -> bool {
    matches!(error, StoreError::Taken(_) | StoreError::Conflict | StoreError::Raced)
}

impl Committer {
    /// Commits jobs together; if that fails, each alone.
    pub(super) async fn commit_group(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        if jobs.is_empty() {
            return;
        }
        let tries = if jobs.len() == 1 { ALONE } else { TOGETHER };
        match self.try_often(&mut jobs, tries).await {
            Ok(outcomes) => answer_all(jobs, outcomes),
            Err(error) if jobs.len() == 1 => answer_all(jobs, vec![error.into()]),
            // Whoever asks next finds the same; nobody has to wait for each of these to find it.
            Err(error @ StoreError::Away(_)) => {
                let outcomes = jobs.iter().map(|_| error.clone().into()).collect();
                answer_all(jobs, outcomes);
            }
            Err(_) => {
                for job in jobs {
                    let mut alone = vec![job];
                    let outcomes = self.try_often(&mut alone, ALONE).await;
                    answer_all(alone, outcomes.unwrap_or_else(|error| vec![error.into()]));
                }
            }
        }
    }

    async fn try_often(
        &mut self,
        jobs: &mut [Box<dyn Job>],
        tries: usize,
    ) -> Result<Vec<Outcome>, StoreError> {
        for _ in 0..tries {
            match self.try_commit(jobs).await {
                Err(StoreError::Raced) => drop(self.stats.races.fetch_add(1, Ordering::Relaxed)),
                settled => return settled,
            }
        }
        Err(StoreError::Unavailable("others were first each time".into()))
    }

    /// Writes what no rule has asked for.
    pub(super) async fn write_alone(&mut self, batch: &Batch) -> Result<(), StoreError> {
        for _ in 0..ALONE {
            match self.ledger.commit(batch).await {
                Err(StoreError::Raced) => drop(self.stats.races.fetch_add(1, Ordering::Relaxed)),
                settled => return settled,
            }
        }
        Err(StoreError::Unavailable("others were first each time".into()))
    }
}

fn answer_all(jobs: Vec<Box<dyn Job>>, outcomes: Vec<Outcome>) {
    for (job, outcome) in jobs.into_iter().zip(outcomes) {
        job.answer(outcome);
    }
}
