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
                for mut some in apart(jobs) {
                    let tries = if some.len() == 1 { ALONE } else { TOGETHER };
                    match self.try_often(&mut some, tries).await {
                        Ok(outcomes) => answer_all(some, outcomes),
                        Err(error) if some.len() == 1 => answer_all(some, vec![error.into()]),
                        Err(_) => self.commit_each(some).await,
                    }
                }
            }
        }
    }

    async fn commit_each(&mut self, jobs: Vec<Box<dyn Job>>) {
        for job in jobs {
            let mut alone = vec![job];
            let outcomes = self.try_often(&mut alone, ALONE).await;
            answer_all(alone, outcomes.unwrap_or_else(|error| vec![error.into()]));
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

/// Jobs that bring something along, each by itself: it is mostly these of which one can't be written, as somebody may
/// bring about as often as he likes. Between them the others stay together, in their order. Where none does, each is alone.
fn apart(jobs: Vec<Box<dyn Job>>) -> Vec<Vec<Box<dyn Job>>> {
    let brings = |job: &dyn Job| job.changes().is_some_and(|changes| !changes.is_empty());
    let any = jobs.iter().any(|job| brings(&**job));
    let mut groups: Vec<Vec<Box<dyn Job>>> = Vec::new();
    let mut may_join = false;
    for job in jobs {
        let alone = !any || brings(&*job);
        match groups.last_mut() {
            Some(group) if may_join && !alone => group.push(job),
            _ => groups.push(vec![job]),
        }
        may_join = !alone;
    }
    groups
}

fn answer_all(jobs: Vec<Box<dyn Job>>, outcomes: Vec<Outcome>) {
    for (job, outcome) in jobs.into_iter().zip(outcomes) {
        job.answer(outcome);
    }
}
