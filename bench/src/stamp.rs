//! `sent_timestamp` as the messenger's clients write it: `YYYY-MM-DD HH:MM:SS.ffffff`. Every
//! message of a run gets its own microsecond, and that microsecond is how its answers are told
//! apart again, so reading and writing it is on the hot path and takes no allocation.

/// Bytes of a written timestamp.
pub(crate) const LEN: usize = 26;

const DAY: u64 = 86_400_000_000;

/// Hands out timestamps, each a microsecond after the one before.
#[derive(Debug)]
pub(crate) struct Stamps {
    next: u64,
}

impl Stamps {
    /// Counts up from `micros` since 1970.
    pub(crate) fn from(micros: u64) -> Self {
        Self { next: micros }
    }

    /// The next timestamp, in microseconds since 1970.
    pub(crate) fn take(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// Writes `micros` since 1970 into `out`.
pub(crate) fn write(micros: u64, out: &mut [u8; LEN]) {
    let (year, month, day) = civil(micros / DAY);
    let rest = micros % DAY;
    let second = rest / 1_000_000;
    *out = *b"0000-00-00 00:00:00.000000";
    digits(&mut out[0..4], year);
    digits(&mut out[5..7], month);
    digits(&mut out[8..10], day);
    digits(&mut out[11..13], second / 3_600);
    digits(&mut out[14..16], second / 60 % 60);
    digits(&mut out[17..19], second % 60);
    digits(&mut out[20..26], rest % 1_000_000);
}

/// Reads what [`write()`] wrote, also as RFC 3339 with `T`, `Z` and fewer decimals (which is how a
/// group's `msg_sent` carries it). `None` for anything else.
pub(crate) fn read(text: &[u8]) -> Option<u64> {
    let text = text.strip_suffix(b"Z").unwrap_or(text);
    let (whole, fraction) = match text.get(19) {
        Some(b'.') => (&text[..19], &text[20..]),
        None => (text, &text[text.len()..]),
        Some(_) => return None,
    };
    let marks = [(4, b"--"), (7, b"--"), (10, b" T"), (13, b"::"), (16, b"::")];
    if whole.len() != 19 || fraction.len() > 6 || !marks.iter().all(|(at, any)| any.contains(&whole[*at])) {
        return None;
    }
    let days = days(number(&whole[0..4])?, number(&whole[5..7])?, number(&whole[8..10])?)?;
    let second = number(&whole[11..13])? * 3_600 + number(&whole[14..16])? * 60 + number(&whole[17..19])?;
    let scale = 10_u64.pow(6 - fraction.len() as u32);
    Some(days * DAY + second * 1_000_000 + number(fraction)? * scale)
}

fn digits(out: &mut [u8], mut value: u64) {
    for place in out.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn number(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
}

/// Year, month and day of a day counted from 1970. Years are counted from March, so that the
/// leap day comes last and month lengths follow one straight line (153 days in 5 months).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// The inverse of [`civil`]; `None` before 1970 and for a month or day that does not exist.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = year - u64::from(month <= 2);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = (year % 400) * 365 + year % 400 / 4 - year % 400 / 100 + of_year;
    Some(year / 400 * 146_097 + of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(micros: u64, text: &str) {
        let mut out = [0; LEN];
        write(micros, &mut out);
        assert_eq!(std::str::from_utf8(&out).unwrap(), text);
        assert_eq!(read(text.as_bytes()), Some(micros), "{text}");
    }

    #[test]
    fn written_and_read_back() {
        check(0, "1970-01-01 00:00:00.000000");
        check(951_782_399_999_999, "2000-02-28 23:59:59.999999");
        check(951_782_400_000_000, "2000-02-29 00:00:00.000000");
        check(951_868_800_000_000, "2000-03-01 00:00:00.000000");
        check(1_605_976_337_356_000, "2020-11-21 16:32:17.356000");
        check(1_735_689_599_000_001, "2024-12-31 23:59:59.000001");
        check(1_735_689_600_000_000, "2025-01-01 00:00:00.000000");
        check(4_107_542_400_000_000, "2100-03-01 00:00:00.000000");
    }

    #[test]
    fn other_spellings_are_read() {
        let cases: &[(&str, Option<u64>)] = &[
            ("2020-11-21T16:32:17.356Z", Some(1_605_976_337_356_000)),
            ("2020-11-21T16:32:17.356001Z", Some(1_605_976_337_356_001)),
            ("2020-11-21 16:32:17", Some(1_605_976_337_000_000)),
            ("2020-11-21 16:32:17.1234567", None),
            ("2020-11-21 16:32", None),
            ("2020-13-21 16:32:17", None),
            ("2020-11-21x16:32:17", None),
            ("2020-11-2116:32:17.00", None),
            ("202a-11-21 16:32:17", None),
            ("1969-12-31 23:59:59", None),
            ("", None),
            ("Z", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text.as_bytes()), *expected, "{text}");
        }
    }

    #[test]
    fn every_stamp_is_later_than_the_one_before() {
        let mut stamps = Stamps::from(1_605_976_337_356_000);
        let taken: Vec<u64> = (0..1_000).map(|_| stamps.take()).collect();
        assert!(taken.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
