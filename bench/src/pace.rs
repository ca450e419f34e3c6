//! When messages are due at a fixed rate. The plan does not listen to the server: a message that
//! could not be sent in time is still due when it was due.

use clap::ValueEnum;

use crate::clock::{Nanos, SECOND};

/// How the due times of a rate are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Spread {
    /// All the same distance apart.
    Even,
    /// As people who know nothing of each other: exponential distances, the same in each run.
    Poisson,
}

/// The due times of a run.
#[derive(Debug)]
pub(crate) struct Pace {
    gap: f64,
    spread: Spread,
    seed: u64,
    next: f64,
}

impl Pace {
    /// `rate` messages a second, which must be positive.
    pub(crate) fn new(rate: f64, spread: Spread) -> Self {
        Self { gap: SECOND as f64 / rate, spread, seed: 0, next: f64::INFINITY }
    }

    /// The first message is due one gap after `at`.
    pub(crate) fn start(&mut self, at: Nanos) {
        self.next = at as f64 + self.step();
    }

    /// The earliest due time up to `at` that was not taken yet.
    pub(crate) fn take(&mut self, at: Nanos) -> Option<Nanos> {
        let due = self.next();
        (due <= at).then(|| {
            self.next += self.step();
            due
        })
    }

    /// When the next message is due.
    pub(crate) fn next(&self) -> Nanos {
        self.next as Nanos
    }

    fn step(&mut self) -> f64 {
        match self.spread {
            Spread::Even => self.gap,
            Spread::Poisson => -self.gap * (1.0 - self.uniform()).ln(),
        }
    }

    /// From 0 to below 1 (`SplitMix64`).
    fn uniform(&mut self) -> f64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(spread: Spread, rate: f64, until: Nanos) -> Vec<Nanos> {
        let mut pace = Pace::new(rate, spread);
        assert_eq!(pace.take(until), None, "nothing is due before the start");
        pace.start(0);
        std::iter::from_fn(|| pace.take(until)).collect()
    }

    #[test]
    fn an_even_pace_keeps_its_distances() {
        let ms = SECOND / 1_000;
        assert_eq!(dues(Spread::Even, 200.0, 21 * ms), [5 * ms, 10 * ms, 15 * ms, 20 * ms]);
        assert_eq!(dues(Spread::Even, 3_000.0, 100 * SECOND).len(), 300_000);
    }

    #[test]
    fn a_poisson_pace_keeps_its_rate_and_its_spread() {
        let dues = dues(Spread::Poisson, 200.0, 500 * SECOND);
        assert!((98_000..102_000).contains(&dues.len()), "{}", dues.len());
        // One exponential gap in e is longer than the mean, and 1 - 1/e⁻⁰·¹ (9.5 %) shorter than a tenth.
        let share = |test: fn(u64) -> bool| {
            let hits = dues.windows(2).filter(|pair| test(pair[1] - pair[0])).count();
            hits as f64 / dues.len() as f64
        };
        let (long, short) = (share(|gap| gap > SECOND / 200), share(|gap| gap < SECOND / 2_000));
        assert!((0.36..0.38).contains(&long), "{long}");
        assert!((0.09..0.10).contains(&short), "{short}");
    }

    #[test]
    fn what_was_missed_is_still_due_when_it_was() {
        let mut pace = Pace::new(1_000.0, Spread::Even);
        pace.start(0);
        let late = 10 * SECOND / 1_000;
        assert_eq!(pace.take(late), Some(SECOND / 1_000));
        assert_eq!(pace.take(late), Some(2 * SECOND / 1_000));
        assert_eq!(pace.next(), 3 * SECOND / 1_000);
    }
}
