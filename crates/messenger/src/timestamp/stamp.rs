//! The writing half of the timestamps: a moment as text that lives on the stack, ready to be put into a frame.

use super::Sent;
use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use std::fmt;
use std::ops::Deref;

/// The longest form, `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
const LONGEST: usize = 27;

/// A timestamp written out. It is text: it derefs to `str` and costs no allocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    ascii: [u8; LONGEST],
    len: usize,
}

/// How many decimals a form carries.
#[derive(Clone, Copy)]
enum Decimals {
    Milli,
    Micro,
}

impl Sent {
    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`: the form of fetched lists (contract "Personal commands"; seed
    /// "Special Message Commands").
    pub fn fetched(self) -> Stamp {
        Stamp::write(self, b'T', Decimals::Micro, b"Z")
    }

    /// `YYYY-MM-DDTHH:MM:SS.mmmZ`, with six decimals where three would lose something: the original in a group's
    /// `msg_sent` (contract "Personal commands"; seed `new_grp_msg`).
    pub fn group_sent(self) -> Stamp {
        let decimals = if self.micros() % 1_000 == 0 { Decimals::Milli } else { Decimals::Micro };
        Stamp::write(self, b'T', decimals, b"Z")
    }
}

/// `YYYY-MM-DD HH:MM:SS.mmm`: the server's own times (contract "Personal commands"), cut to the millisecond.
///
/// A clock outside the years 0001 to 9999 is shown as the nearest moment inside them.
pub fn server_time(now: jiff::Timestamp) -> Stamp {
    let shown = Sent(now.as_microsecond().clamp(Sent::MIN.0, Sent::MAX.0));
    Stamp::write(shown, b' ', Decimals::Milli, b"")
}

impl Stamp {
    /// The text.
    #[expect(clippy::missing_panics_doc, reason = "only `write` makes one, out of ASCII")]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.ascii[..self.len]).expect("a stamp is written in ASCII")
    }

    fn write(sent: Sent, separator: u8, decimals: Decimals, zone: &[u8]) -> Self {
        let seconds = SignedDuration::from_secs(sent.micros().div_euclid(1_000_000));
        let micros = sent.micros().rem_euclid(1_000_000) as u32;
        // In range: a `Sent` lies within the years 0001 to 9999.
        let civil: DateTime = date(1970, 1, 1).at(0, 0, 0, 0) + seconds;

        let mut stamp = Self { ascii: *b"0000-00-00 00:00:00.000000Z", len: 20 };
        put(&mut stamp.ascii[..4], civil.year().unsigned_abs().into());
        put(&mut stamp.ascii[5..7], civil.month().unsigned_abs().into());
        put(&mut stamp.ascii[8..10], civil.day().unsigned_abs().into());
        stamp.ascii[10] = separator;
        put(&mut stamp.ascii[11..13], civil.hour().unsigned_abs().into());
        put(&mut stamp.ascii[14..16], civil.minute().unsigned_abs().into());
        put(&mut stamp.ascii[17..19], civil.second().unsigned_abs().into());
        let (digits, value) = match decimals {
            Decimals::Milli => (3, micros / 1_000),
            Decimals::Micro => (6, micros),
        };
        put(&mut stamp.ascii[20..20 + digits], value);
        stamp.len += digits;
        stamp.ascii[stamp.len..stamp.len + zone.len()].copy_from_slice(zone);
        stamp.len += zone.len();
        // Unused bytes are the same in every stamp, so that equality is that of the text.
        stamp.ascii[stamp.len..].fill(b' ');
        stamp
    }
}

/// Fills `columns` with the last digits of `value`, zeros in front.
fn put(columns: &mut [u8], mut value: u32) {
    for column in columns.iter_mut().rev() {
        *column = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

impl Deref for Stamp {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
