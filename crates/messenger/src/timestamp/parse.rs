//! The reading half of [`Sent`](super::Sent): one pass over fixed columns, without allocation.
//!
//! By hand, because a general parser takes spellings that the contract does not name and drops decimals that the
//! identity of a message needs. The calendar itself is jiff's.

use super::BadTimestamp;
use jiff::civil::{Date, date};

/// The length of `YYYY-MM-DD HH:MM:SS`, which every accepted spelling starts with.
const SECONDS: usize = 19;
const EPOCH: Date = date(1970, 1, 1);

/// Microseconds since the epoch. An offset can lead out of the supported years: the caller checks the range.
pub(super) fn micros(text: &str) -> Result<i64, BadTimestamp> {
    let (head, tail) = text.as_bytes().split_first_chunk::<SECONDS>().ok_or(BadTimestamp::Shape)?;
    if !matches!(
        (head[4], head[7], head[10], head[13], head[16]),
        (b'-', b'-', b' ' | b'T' | b't', b':', b':')
    ) {
        return Err(BadTimestamp::Shape);
    }
    let (year, month, day) = (number(&head[..4])?, number(&head[5..7])?, number(&head[8..10])?);
    let (hour, minute, second) = (number(&head[11..13])?, number(&head[14..16])?, number(&head[17..])?);
    let (fraction, zone) = fraction(tail)?;
    let offset = offset_seconds(zone)?;
    let local = days(year, month, day)? * 86_400 + time_of_day(hour, minute, second)?;
    Ok((local - offset) * 1_000_000 + fraction)
}

/// The value of at most six ASCII digits.
fn number(digits: &[u8]) -> Result<i64, BadTimestamp> {
    digits.iter().try_fold(0, |value, digit| match digit {
        b'0'..=b'9' => Ok(value * 10 + i64::from(digit - b'0')),
        _ => Err(BadTimestamp::Shape),
    })
}

/// Days since the epoch.
fn days(year: i64, month: i64, day: i64) -> Result<i64, BadTimestamp> {
    if year == 0 {
        return Err(BadTimestamp::OutOfRange);
    }
    // Four and two digits fit their types.
    let date = Date::new(year as i16, month as i8, day as i8).map_err(|_| BadTimestamp::NoSuchTime)?;
    Ok(date.duration_since(EPOCH).as_secs() / 86_400)
}

fn time_of_day(hour: i64, minute: i64, second: i64) -> Result<i64, BadTimestamp> {
    match (hour, minute, second) {
        (0..=23, 0..=59, 0..=59) => Ok(hour * 3_600 + minute * 60 + second),
        (0..=23, 0..=59, 60) => Err(BadTimestamp::LeapSecond),
        _ => Err(BadTimestamp::NoSuchTime),
    }
}

/// The decimals as microseconds, and what comes after them.
fn fraction(tail: &[u8]) -> Result<(i64, &[u8]), BadTimestamp> {
    let Some((b'.', rest)) = tail.split_first() else { return Ok((0, tail)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match count {
        0 => Err(BadTimestamp::Shape),
        1..=6 => {
            let (digits, zone) = rest.split_at(count);
            Ok((number(digits)? * 10_i64.pow(6 - count as u32), zone))
        }
        _ => Err(BadTimestamp::TooFine),
    }
}

/// How far the written time is ahead of UTC.
fn offset_seconds(zone: &[u8]) -> Result<i64, BadTimestamp> {
    match zone {
        [] | [b'Z' | b'z'] => Ok(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return Err(BadTimestamp::NoSuchTime);
            }
            let ahead = hours * 3_600 + minutes * 60;
            Ok(if *sign == b'-' { -ahead } else { ahead })
        }
        _ => Err(BadTimestamp::Shape),
    }
}
