//! Several nodes on one store, in one process, on a time that only a scheduler moves, with everything going wrong that
//! can: nodes crash, commits fail and are written nevertheless, others are first, the bus loses, doubles and reorders
//! and is cut, leases run out. Whatever happens, ARCHITECTURE.md's invariants hold.
//!
//! A run follows from its seed, but for which of two things that are ready at the same instant comes first. Seeds that have
//! failed are kept in `seeds.txt` and run each time. `HEARKEN_SIM_SEED` runs one of them alone, many times.

mod bell;
mod chance;
mod faults;
mod lines;
mod look;
mod people;
mod town;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use self::town::Town;

/// Seeds that have failed once.
const KEPT: &str = include_str!("simulation/seeds.txt");
/// How many seeds there are in every run, and in `make soak`.
const SEEDS: (u64, u64) = (500, 100_000);

fn play(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime can be made").block_on(Town::play(seed));
}

/// Plays seeds on all cores; hands back those that fail, with why.
fn play_all(seeds: &[u64]) -> Vec<(u64, String)> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut failed = Vec::new();
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
            if let Err(why) = catch_unwind(AssertUnwindSafe(|| play(*seed))) {
                let why = why.downcast_ref::<String>().cloned();
                failed.push((*seed, why.unwrap_or_else(|| "it panicked".to_owned())));
            }
        }
        failed
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let working: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        working.into_iter().flat_map(|thread| thread.join().expect("panics are caught")).collect()
    })
}

#[test]
fn whatever_goes_wrong_nothing_is_lost_doubled_or_out_of_order() {
    let one = std::env::var("HEARKEN_SIM_SEED").ok().and_then(|seed| seed.parse().ok());
    let is_soak = std::env::var_os("HEARKEN_SOAK").is_some_and(|value| value == "1");
    let seeds: Vec<u64> = if let Some(seed) = one {
        vec![seed; 100]
    } else {
        let kept = KEPT.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
        kept.chain(0..if is_soak { SEEDS.1 } else { SEEDS.0 }).collect()
    };
    let failed = play_all(&seeds);
    let lines: Vec<_> = failed.iter().map(|(seed, why)| format!("seed {seed}: {why}")).collect();
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), seeds.len(), lines.join("\n"));
}
