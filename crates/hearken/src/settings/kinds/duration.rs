//! Lengths of time as settings and flags write them: `500ms`, `10s`, `30m`, `12h`, `7d`.

use std::time::Duration;

use super::Kind;
use crate::settings::raw::Raw;

/// The units, longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// What a duration looks like, for help texts and errors.
pub const EXAMPLES: &str = "a number with a unit, such as 500ms, 10s, 30m, 12h or 7d";

/// Reads a whole number followed by one unit; `None` for anything else, also for what does not fit in 64 bits of
/// milliseconds.
pub fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*millis).map(Duration::from_millis)
}

/// The shortest text that [`parse`] reads back as the same duration (to the millisecond).
pub fn show(duration: Duration) -> String {
    let millis = duration.as_millis();
    let fits = |(_, unit): &&(&str, u64)| millis.is_multiple_of(u128::from(*unit));
    match UNITS.iter().find(fits) {
        Some((name, unit)) if millis > 0 => format!("{}{name}", millis / u128::from(*unit)),
        _ => "0s".to_owned(),
    }
}

impl Kind for Duration {
    const NAME: &'static str = "duration";

    fn parse(raw: &Raw) -> Option<Self> {
        raw.text().and_then(parse)
    }

    fn show(&self) -> String {
        show(*self)
    }

    fn mend() -> String {
        EXAMPLES.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_number_with_a_unit_and_nothing_else() {
        let cases: &[(&str, Option<u64>)] = &[
            ("500ms", Some(500)),
            ("10s", Some(10_000)),
            ("30m", Some(1_800_000)),
            ("12h", Some(43_200_000)),
            ("7d", Some(604_800_000)),
            ("0s", Some(0)),
            ("007s", Some(7_000)),
            ("18446744073709551615ms", Some(u64::MAX)),
            ("18446744073709551615s", None),
            ("18446744073709551616ms", None),
            ("", None),
            ("10", None),
            ("s", None),
            ("-1s", None),
            ("+1s", None),
            ("1.5s", None),
            ("10 s", None),
            (" 10s", None),
            ("10s ", None),
            ("10S", None),
            ("1h30m", None),
            ("10sec", None),
            ("1w", None),
            ("١s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected.map(Duration::from_millis), "{text:?}");
        }
    }

    #[test]
    fn shows_the_longest_unit_that_divides_it_and_reads_back() {
        let cases = [
            (0, "0s"),
            (1, "1ms"),
            (1_000, "1s"),
            (1_500, "1500ms"),
            (90_000, "90s"),
            (60_000, "1m"),
            (5_400_000, "90m"),
            (86_400_000, "1d"),
            (90_000_000, "25h"),
        ];
        for (millis, expected) in cases {
            let duration = Duration::from_millis(millis);
            assert_eq!(show(duration), expected);
            assert_eq!(parse(expected), Some(duration));
        }
    }
}
