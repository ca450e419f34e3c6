//! One run, one line of JSON.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::drive::Cost;
use crate::meter::Meter;
use crate::process::Memory;

/// The figures of one run. Times are milliseconds, unless the name says otherwise.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// What the table compares.
    pub(crate) label: String,
    /// Which side of the comparison this is.
    pub(crate) side: String,
    /// The subcommand.
    pub(crate) mode: &'static str,
    /// The parameters of the mode.
    #[serde(flatten)]
    pub(crate) parameters: Map<String, Value>,
    /// Length of the measured window.
    pub(crate) seconds: f64,
    /// Messages the server acknowledged in it.
    pub(crate) messages: u64,
    /// Messages that arrived at a receive socket in it.
    pub(crate) deliveries: u64,
    /// Acknowledged messages a second.
    pub(crate) messages_per_s: f64,
    /// From sending, or from when it was due, to a receive socket.
    pub(crate) delivered_ms: Option<Quantiles>,
    /// From sending, or from when it was due, to `msg_sent`.
    pub(crate) msg_sent_ms: Option<Quantiles>,
    /// From a receipt to the author's receive socket.
    pub(crate) receipt_ms: Option<Quantiles>,
    /// How late the generator itself was, at a fixed rate.
    pub(crate) late_ms: Option<Quantiles>,
    /// CPU of the server in the window, with what it stands on.
    pub(crate) server_cpu_s: f64,
    /// Those of them that were spent beside the server itself: in its database, on other nodes.
    pub(crate) beside_cpu_s: f64,
    /// How many rules shared a commit.
    pub(crate) rules_per_commit: Option<f64>,
    /// CPU seconds of the server per 10,000 deliveries.
    pub(crate) cpu_s_per_10k: Option<f64>,
    /// CPU microseconds of the server per delivery.
    pub(crate) us_per_delivery: Option<f64>,
    /// CPU of this process in the window.
    pub(crate) generator_cpu_s: f64,
    /// CPU microseconds of this process per delivery.
    pub(crate) generator_us_per_delivery: Option<f64>,
    /// The server's resident memory at the end.
    pub(crate) server_rss_kib: u64,
    /// The same, shared pages divided among their users.
    pub(crate) server_pss_kib: u64,
    /// Idle runs: the server's memory before the sockets were opened.
    pub(crate) pss_before_kib: Option<u64>,
    /// Idle runs: what one socket added.
    pub(crate) kib_per_socket: Option<f64>,
    /// Everything that went wrong.
    pub(crate) errors: u64,
    /// The same by kind.
    pub(crate) error_kinds: BTreeMap<&'static str, u64>,
    /// The first error frame of the server.
    pub(crate) first_refusal: Option<String>,
}

/// A latency's spread in milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Quantiles {
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

/// What a run is called and how it was asked for.
#[derive(Debug)]
pub(crate) struct Title {
    /// What the table compares.
    pub(crate) label: String,
    /// Which side of the comparison this is.
    pub(crate) side: String,
    /// The subcommand.
    pub(crate) mode: &'static str,
    /// The parameters of the mode.
    pub(crate) parameters: Map<String, Value>,
}

impl Report {
    /// Puts the figures together.
    pub(crate) fn new(title: Title, cost: Cost, memory: Memory, meter: &Meter) -> Self {
        let per_delivery =
            |seconds: f64| (meter.deliveries > 0).then(|| rounded(seconds * 1e6 / meter.deliveries as f64));
        Self {
            label: title.label,
            side: title.side,
            mode: title.mode,
            parameters: title.parameters,
            seconds: rounded(cost.seconds),
            messages: meter.messages,
            deliveries: meter.deliveries,
            messages_per_s: rounded(meter.messages as f64 / cost.seconds),
            delivered_ms: quantiles(&meter.delivered),
            msg_sent_ms: quantiles(&meter.acknowledged),
            receipt_ms: quantiles(&meter.receipted),
            late_ms: quantiles(&meter.late),
            server_cpu_s: rounded(cost.server_cpu_s),
            beside_cpu_s: rounded(cost.beside_cpu_s),
            rules_per_commit: cost.rules_per_commit.map(rounded),
            cpu_s_per_10k: per_delivery(cost.server_cpu_s / 100.0).map(rounded),
            us_per_delivery: per_delivery(cost.server_cpu_s),
            generator_cpu_s: rounded(cost.generator_cpu_s),
            generator_us_per_delivery: per_delivery(cost.generator_cpu_s),
            server_rss_kib: memory.rss_kib,
            server_pss_kib: memory.pss_kib,
            pss_before_kib: None,
            kib_per_socket: None,
            errors: meter.errors.values().sum(),
            error_kinds: meter.errors.clone(),
            first_refusal: meter.first_refusal.clone(),
        }
    }
}

/// `None` if nothing was measured.
fn quantiles(histogram: &Histogram<u64>) -> Option<Quantiles> {
    let ms = |nanos: u64| rounded(nanos as f64 / 1e6);
    (!histogram.is_empty()).then(|| Quantiles {
        p50: ms(histogram.value_at_quantile(0.5)),
        p90: ms(histogram.value_at_quantile(0.9)),
        p99: ms(histogram.value_at_quantile(0.99)),
        max: ms(histogram.max()),
    })
}

/// Four decimals are more than any of these figures is good for.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(deliveries: u64, latencies: &[u64]) -> Report {
        let mut meter = Meter::new();
        meter.open(0);
        (0..deliveries).for_each(|_| meter.deliver(0, 1_000_000));
        for &latency in latencies {
            meter.acknowledge(0, latency);
        }
        meter.error("lost", 3);
        let title = Title { label: "l".into(), side: "s".into(), mode: "pairs", parameters: Map::new() };
        let cost = Cost {
            seconds: 2.0,
            server_cpu_s: 0.5,
            beside_cpu_s: 0.0,
            rules_per_commit: None,
            generator_cpu_s: 0.25,
        };
        Report::new(title, cost, Memory { rss_kib: 2, pss_kib: 1 }, &meter)
    }

    #[test]
    fn costs_are_shared_among_the_deliveries() {
        let report = report(20_000, &[]);
        assert_eq!(report.cpu_s_per_10k, Some(0.25));
        assert_eq!(report.us_per_delivery, Some(25.0));
        assert_eq!(report.generator_us_per_delivery, Some(12.5));
        assert_eq!(report.errors, 3);
        assert!(report.msg_sent_ms.is_none());
    }

    #[test]
    fn a_run_without_deliveries_has_no_cost_per_delivery() {
        assert_eq!(report(0, &[]).cpu_s_per_10k, None);
    }

    #[test]
    fn quantiles_are_of_the_latencies() {
        let latencies: Vec<u64> = (1..=1_000).map(|step| step * 10_000).collect();
        let report = report(1, &latencies);
        assert!((report.messages_per_s - 500.0).abs() < 0.001);
        let found = report.msg_sent_ms.unwrap();
        for (found, expected) in [(found.p50, 5.0), (found.p90, 9.0), (found.p99, 9.9), (found.max, 10.0)] {
            assert!((found - expected).abs() <= expected / 1_000.0, "{found} is not {expected}");
        }
    }
}
