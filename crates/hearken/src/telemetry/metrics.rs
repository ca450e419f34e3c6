//! The metrics of `GET /metrics`: a registry that reads what others count anyway.
//!
//! The hot path counts in plain atomics and knows nothing of Prometheus; a scrape reads them through a closure.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::process;

/// The media type of what [`Metrics::render`] gives.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// One number as it stands at a scrape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The metric's name with its unit, such as `hearken_commits` or `process_cpu_seconds`, in a form that
    /// Prometheus takes. A counter's sample gets `_total` behind it.
    pub name: &'static str,
    /// What it counts, in a sentence.
    pub help: &'static str,
    /// The number.
    pub value: Value,
}

/// A number and what it means when it changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// How often something has happened; only grows.
    Count(u64),
    /// How many seconds something has taken; only grows.
    Seconds(f64),
    /// How much there is of something now.
    Level(u64),
}

/// All metrics of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// Metrics of the build and of the process; what else there is comes with [`Self::read_from`].
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("arch", std::env::consts::ARCH)]);
        registry.register("hearken_build", "The running build", build);
        let mut metrics = Self { registry };
        metrics.read_from(process::readings);
        metrics
    }

    /// From now on each scrape also reads these numbers. `source` is called on the scraping thread and must not
    /// wait for anything; each name must come from one source only.
    pub fn read_from<F, R>(&mut self, source: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: IntoIterator<Item = Reading>,
    {
        self.registry.register_collector(Box::new(Readings(source)));
    }

    /// The registry itself, for what is more than a number: histograms, labelled families.
    pub fn registry_mut(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// All metrics as they stand now, in the text form of [`CONTENT_TYPE`].
    pub fn render(&self) -> String {
        let mut page = String::new();
        if text::encode(&mut page, &self.registry).is_err() {
            // Without its end mark a scraper refuses the page, which is what we want.
            tracing::error!("a collector of metrics failed");
        }
        page
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

struct Readings<F>(F);

impl<F> fmt::Debug for Readings<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readings")
    }
}

impl<F, R> Collector for Readings<F>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: IntoIterator<Item = Reading>,
{
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        (self.0)().into_iter().try_for_each(|Reading { name, help, value }| match value {
            Value::Count(count) => write(&mut encoder, name, help, &ConstCounter::new(count)),
            Value::Seconds(seconds) => write(&mut encoder, name, help, &ConstCounter::new(seconds)),
            Value::Level(level) => write(&mut encoder, name, help, &ConstGauge::new(level)),
        })
    }
}

fn write(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_scrape_reads_the_numbers_as_they_stand() {
        let commits = Arc::new(AtomicU64::new(3));
        let mut metrics = Metrics::new();
        let seen = Arc::clone(&commits);
        metrics.read_from(move || {
            let count = Value::Count(seen.load(Ordering::Relaxed));
            [
                Reading { name: "hearken_commits", help: "Committed batches.", value: count },
                Reading { name: "hearken_sync_seconds", help: "Time in sync", value: Value::Seconds(0.25) },
                Reading { name: "hearken_sockets", help: "Open sockets", value: Value::Level(u64::MAX) },
            ]
        });
        let first = metrics.render();
        let expected = [
            "# HELP hearken_commits Committed batches.",
            "# TYPE hearken_commits counter",
            "hearken_commits_total 3",
            "hearken_sync_seconds_total 0.25",
            "# TYPE hearken_sockets gauge",
            "hearken_sockets 18446744073709551615",
        ];
        for line in expected {
            assert!(first.lines().any(|found| found == line), "{line} is not in\n{first}");
        }
        commits.store(4, Ordering::Relaxed);
        assert!(metrics.render().contains("\nhearken_commits_total 4\n"));
    }

    #[test]
    fn build_and_process_are_always_there() {
        let page = Metrics::default().render();
        let build = format!("hearken_build_info{{version=\"{}\"", env!("CARGO_PKG_VERSION"));
        for part in
            [&build, "process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds "]
        {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        assert!(page.ends_with("# EOF\n"));
    }
}
