//! The timestamps of a table: a number of seconds, written `1`, or `1z` for the same moment in another spelling.

use hearken_messenger::rules::Moment;
use hearken_messenger::timestamp::Sent;

/// When second 0 is.
const START: &str = "2020-11-21 16:00:00";

/// The moment that a table names so.
pub(super) fn moment(name: &str) -> Moment {
    let (seconds, elsewhere) = match name.strip_suffix('z') {
        Some(seconds) => (seconds, true),
        None => (name, false),
    };
    let seconds: i64 = seconds.parse().expect("a number of seconds");
    let at = Sent::from_micros(start() + seconds * 1_000_000).expect("within the calendar");
    let text = if elsewhere { at.group_sent() } else { at.fetched() };
    Moment { at, text: text.to_string() }
}

/// The name of a moment that was sent as `text`.
pub(super) fn named(text: &str) -> String {
    let at = Sent::parse(text).expect("it was written by `moment`");
    let name = seconds(at.micros());
    if text == at.group_sent().as_str() { format!("{name}z") } else { name.to_string() }
}

/// The second of a moment in microseconds.
pub(super) fn seconds(micros: i64) -> i64 {
    (micros - start()) / 1_000_000
}

fn start() -> i64 {
    Sent::parse(START).expect("it is written above").micros()
}
