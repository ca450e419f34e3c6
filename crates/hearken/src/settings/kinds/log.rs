//! What is logged, and in which shape.

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::Kind;
use crate::settings::raw::Raw;

/// The client of the bus, which would say each of its tries to connect, four a second. The core says once that the bus is
/// away, and once that it is back; whoever wants more names this target.
const NATS: &str = "async_nats";

/// Which log lines are written: a level for everything, and other levels for single targets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter in the form that the log subscriber takes.
    pub fn targets(&self) -> Targets {
        Self::directives(&self.0).unwrap_or_default()
    }

    /// Reads `level` and `target=level`, separated by commas. `Targets` itself would read a mistyped level as the
    /// name of a target and so turn off everything else without a word.
    fn directives(text: &str) -> Option<Targets> {
        let quiet = Targets::new().with_target(NATS, LevelFilter::OFF);
        text.split(',').map(str::trim).try_fold(quiet, |targets, directive| match directive.split_once('=') {
            None => Some(targets.with_default(level(directive)?)),
            Some(("", _)) => None,
            Some((target, name)) => Some(targets.with_target(target, level(name)?)),
        })
    }
}

fn level(name: &str) -> Option<LevelFilter> {
    let names = ["off", "error", "warn", "info", "debug", "trace"];
    // `LevelFilter` also reads "" and digits; those are more likely a slip than a wish.
    names.iter().any(|known| known.eq_ignore_ascii_case(name)).then(|| name.parse().ok())?
}

impl Kind for LogFilter {
    const NAME: &'static str = "log filter";

    fn parse(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        Self::directives(text).map(|_| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn mend() -> String {
        "off, error, warn, info, debug or trace, and for single targets such as info,hearken_core=debug"
            .to_owned()
    }
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogFormat {
    /// For people: one line of text.
    Pretty,
    /// For machines: one JSON object a line.
    Json,
}

impl Kind for LogFormat {
    const NAME: &'static str = "log format";

    fn parse(raw: &Raw) -> Option<Self> {
        match raw.text()? {
            "pretty" => Some(Self::Pretty),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Pretty => "pretty".to_owned(),
            Self::Json => "json".to_owned(),
        }
    }

    fn mend() -> String {
        "pretty or json".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_filter_lets_through_what_it_says() {
        // (filter, target, level, passes)
        let cases = [
            ("info", "hearken", Level::INFO, true),
            ("info", "hearken", Level::DEBUG, false),
            ("off", "hearken", Level::ERROR, false),
            ("DEBUG", "hearken", Level::DEBUG, true),
            ("warn,hearken_core=trace", "hearken_core::commit", Level::TRACE, true),
            ("warn, hearken_core=trace", "hearken_store", Level::INFO, false),
            ("hearken_core=off,info", "hearken_core", Level::ERROR, false),
            ("hearken_core=debug", "hearken_store", Level::ERROR, false),
        ];
        for (text, target, level, passes) in cases {
            let filter = LogFilter::parse(&Raw::String(text.to_owned())).expect(text);
            assert_eq!(filter.targets().would_enable(target, &level), passes, "{text} {target} {level}");
        }
    }

    #[test]
    fn what_is_no_level_is_refused() {
        for text in
            ["", "inf", "INFOO", "info,", "hearken", "=info", "hearken=", "hearken=loud", "3", "a=b=info"]
        {
            assert_eq!(LogFilter::parse(&Raw::Untyped(text.to_owned())), None, "{text:?}");
        }
    }
}
