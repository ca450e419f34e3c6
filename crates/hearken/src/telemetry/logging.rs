//! The log: which lines are written, in which shape, and where.
//!
//! A filter drops spans below its level as it drops lines, so the span that carries the request id is made with
//! `error_span!`: a warning must not lose its id because somebody set `log = "warn"`.

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing_subscriber::Layer as _;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::settings::Settings;
use crate::settings::kinds::{LogFilter, LogFormat};

/// Starts the process's log on standard error, as `log` and `log_format` say; without `log_format`, text on a
/// terminal and JSON otherwise. Fails if a log was started before.
pub fn start(settings: &Settings) -> Result<(), TryInitError> {
    let terminal = std::io::stderr().is_terminal();
    let format = settings.log_format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json });
    // https://no-color.org
    let colours = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    subscriber(&settings.log, format, colours, std::io::stderr).try_init()
}

/// What writes the lines that `filter` lets through to `writer`.
pub fn subscriber<W>(
    filter: &LogFilter,
    format: LogFormat,
    colours: bool,
    writer: W,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // A line that cannot be written is dropped. By default it is reported on standard error, which panics if
    // that is what has gone away: the reader of our log must not be able to end the process.
    let lines =
        tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colours).log_internal_errors(false);
    let lines = match format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(filter.targets()).with(lines)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;
    use crate::settings::Sources;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that some events make under this filter and format.
    fn written(filter: &str, format: LogFormat) -> Vec<String> {
        let settings = Sources { flags: vec![("log", filter.to_owned())], ..Sources::default() };
        let captured = Captured::default();
        let writer = captured.clone();
        let log = settings.resolve().expect("valid").log;
        tracing::subscriber::with_default(subscriber(&log, format, false, move || writer.clone()), || {
            let request = tracing::error_span!("request", request_id = "r-7");
            let _inside = request.enter();
            tracing::info!(target: "hearken_core::commit", seq = 5, "committed");
            tracing::debug!(target: "hearken_core::commit", "considered");
            tracing::warn!(target: "hearken_store", "slow\n\u{1b}[31mdisk");
        });
        let bytes = captured.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).expect("text").lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_filter_chooses_the_lines() {
        let cases = [
            ("off", 0),
            ("error", 0),
            ("warn", 1),
            ("info", 2),
            ("trace", 3),
            ("off,hearken_core=debug", 2),
            ("info,hearken_core=off", 1),
        ];
        for (filter, expected) in cases {
            assert_eq!(written(filter, LogFormat::Json).len(), expected, "{filter}");
        }
    }

    #[test]
    fn json_lines_carry_message_fields_and_request() {
        let line = &written("info", LogFormat::Json)[0];
        let json: serde_json::Value = serde_json::from_str(line).expect(line);
        let field = |pointer: &str| json.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!((field("/message"), field("/level")), ("committed".into(), "INFO".into()));
        assert_eq!((field("/seq"), field("/target")), (5.into(), "hearken_core::commit".into()));
        assert_eq!(field("/span/request_id"), "r-7");
        assert!(
            field("/timestamp").as_str().is_some_and(|at| at.parse::<jiff::Timestamp>().is_ok()),
            "{line}"
        );
    }

    #[test]
    fn text_lines_are_for_people_without_escapes() {
        let lines = written("warn", LogFormat::Pretty);
        assert!(
            lines[0].contains("WARN") && lines[0].contains("hearken_store") && lines[0].contains("r-7"),
            "{lines:?}"
        );
        assert!(!lines.concat().contains('\u{1b}'), "colours in a log that is no terminal: {lines:?}");
    }
}
