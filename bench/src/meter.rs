//! What a run counts: a window of time between warm-up and drain, and in it messages, deliveries
//! and latencies. A latency belongs to the window if its message was due in it, even when the
//! answer comes later, so that a server that falls behind cannot hide it; a count belongs to the
//! window if it happened in it, because it is divided by the CPU time spent in it.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::clock::{Nanos, SECOND};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    WarmUp,
    Open { from: Nanos },
    Drain { from: Nanos, to: Nanos },
}

/// The figures of one run.
#[derive(Debug)]
pub(crate) struct Meter {
    phase: Phase,
    /// From sending (or when it was due) to the receiver's socket.
    pub(crate) delivered: Histogram<u64>,
    /// From sending (or when it was due) to the server's word that it is saved.
    pub(crate) acknowledged: Histogram<u64>,
    /// From the receipt's sending to the author's receive socket.
    pub(crate) receipted: Histogram<u64>,
    /// How late the generator itself sent what was due.
    pub(crate) late: Histogram<u64>,
    /// Messages acknowledged in the window.
    pub(crate) messages: u64,
    /// Messages that reached a receive socket in the window.
    pub(crate) deliveries: u64,
    /// What went wrong, at any time, by kind.
    pub(crate) errors: BTreeMap<&'static str, u64>,
    /// The first error frame of the server, cut short.
    pub(crate) first_refusal: Option<String>,
}

impl Meter {
    /// In its warm-up.
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::WarmUp,
            delivered: histogram(),
            acknowledged: histogram(),
            receipted: histogram(),
            late: histogram(),
            messages: 0,
            deliveries: 0,
            errors: BTreeMap::new(),
            first_refusal: None,
        }
    }

    /// Opens the window.
    pub(crate) fn open(&mut self, at: Nanos) {
        self.phase = Phase::Open { from: at };
    }

    /// Closes the window: nothing new is sent, and what is under way may still arrive.
    pub(crate) fn close(&mut self, at: Nanos) {
        if let Phase::Open { from } = self.phase {
            self.phase = Phase::Drain { from, to: at };
        }
    }

    /// Whether new messages may still be sent.
    pub(crate) fn sending(&self) -> bool {
        !matches!(self.phase, Phase::Drain { .. })
    }

    /// A message that a fixed rate had due at `sent` went out `at`.
    pub(crate) fn sent(&mut self, sent: Nanos, at: Nanos) {
        if self.covers(sent) {
            self.late.saturating_record(at.saturating_sub(sent));
        }
    }

    /// The server's word that the message is saved came `at`.
    pub(crate) fn acknowledge(&mut self, sent: Nanos, at: Nanos) {
        self.messages += u64::from(self.covers(at));
        if self.covers(sent) {
            self.acknowledged.saturating_record(at.saturating_sub(sent));
        }
    }

    /// The message reached a receive socket `at`.
    pub(crate) fn deliver(&mut self, sent: Nanos, at: Nanos) {
        self.deliveries += u64::from(self.covers(at));
        if self.covers(sent) {
            self.delivered.saturating_record(at.saturating_sub(sent));
        }
    }

    /// A receipt sent at `sent` reached the author `at`.
    pub(crate) fn receipt(&mut self, sent: Nanos, at: Nanos) {
        if self.covers(sent) {
            self.receipted.saturating_record(at.saturating_sub(sent));
        }
    }

    /// Something went wrong.
    pub(crate) fn error(&mut self, kind: &'static str, times: u64) {
        if times > 0 {
            *self.errors.entry(kind).or_default() += times;
        }
    }

    /// The server answered with an error frame.
    pub(crate) fn refused(&mut self, frame: &[u8]) {
        self.error("refused", 1);
        self.first_refusal
            .get_or_insert_with(|| String::from_utf8_lossy(&frame[..frame.len().min(300)]).into_owned());
    }

    fn covers(&self, at: Nanos) -> bool {
        match self.phase {
            Phase::WarmUp => false,
            Phase::Open { from } => at >= from,
            Phase::Drain { from, to } => at >= from && at < to,
        }
    }
}

/// Up to one minute at three digits; what took longer counts as a minute.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60 * SECOND, 3).expect("these bounds are allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Nanos = SECOND / 1_000;

    #[test]
    fn counts_follow_the_arrival_and_latencies_the_sending() {
        let mut meter = Meter::new();
        meter.deliver(0, MS);
        meter.open(10 * MS);
        meter.deliver(9 * MS, 11 * MS); // sent in the warm-up: counts, but has no latency
        meter.deliver(12 * MS, 15 * MS);
        meter.acknowledge(12 * MS, 14 * MS);
        assert!(meter.sending());
        meter.close(20 * MS);
        assert!(!meter.sending());
        meter.deliver(18 * MS, 118 * MS); // late: no count, but its latency shows
        meter.deliver(21 * MS, 22 * MS);
        assert_eq!((meter.messages, meter.deliveries), (1, 2));
        assert_eq!((meter.acknowledged.len(), meter.delivered.len()), (1, 2));
        let longest = meter.delivered.max();
        assert!((99 * MS..=101 * MS).contains(&longest), "{longest}");
    }

    #[test]
    fn histograms_hold_three_digits_from_a_microsecond_to_a_minute() {
        for exact in [1_000, 87_654, 12_345_678, 59 * SECOND] {
            let mut histogram = histogram();
            histogram.saturating_record(exact);
            let read = histogram.value_at_quantile(0.5);
            assert!(read.abs_diff(exact) * 1_000 <= exact, "{exact} read as {read}");
        }
    }

    #[test]
    fn the_first_refusal_is_kept_and_all_are_counted() {
        let mut meter = Meter::new();
        meter.refused(b"first");
        meter.refused(&[b'x'; 900]);
        meter.error("closed", 0);
        assert_eq!(meter.first_refusal.as_deref(), Some("first"));
        assert_eq!(meter.errors, BTreeMap::from([("refused", 2)]));
    }
}
