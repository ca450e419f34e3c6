//! A client's own timestamps: half of a message's identity, so they must compare equal however they are spelled.
//!
//! The contract ("Personal commands") takes `YYYY-MM-DD HH:MM:SS[.f]` and RFC 3339, up to microseconds, and reads
//! them as UTC where no zone is given. It writes them in three ways, one method or function each:
//! [`Sent::fetched`], [`Sent::group_sent`] and [`server_time`].

mod parse;
mod stamp;

#[cfg(test)]
mod tests;

pub use stamp::{Stamp, server_time};
use thiserror::Error;

/// A moment that a client named, in microseconds since 1970-01-01T00:00:00Z, within the years 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sent(i64);

impl Sent {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// Reads a timestamp as a client writes it.
    ///
    /// ```
    /// use hearken_messenger::timestamp::Sent;
    ///
    /// let plain = Sent::parse("2020-11-21 17:11:06.23")?;
    /// assert_eq!(plain, Sent::parse("2020-11-21T18:11:06.230+01:00")?);
    /// # Ok::<(), hearken_messenger::timestamp::BadTimestamp>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, BadTimestamp> {
        parse::micros(text).and_then(|micros| Self::from_micros(micros).ok_or(BadTimestamp::OutOfRange))
    }

    /// The moment that many microseconds after 1970 began in UTC; none outside the years 0001 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// Microseconds since 1970 began in UTC: the form to store.
    pub const fn micros(self) -> i64 {
        self.0
    }
}

/// Why a text is no timestamp (contract "Errors": bad timestamp). The display is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadTimestamp {
    /// Neither of the two forms.
    #[error("not a timestamp: expected YYYY-MM-DD HH:MM:SS[.ffffff] or RFC 3339")]
    Shape,
    /// The right form, with a month, day, hour, minute, second or offset that no calendar has.
    #[error("no such date or time")]
    NoSuchTime,
    /// Second 60. It is refused because no stored moment stands for it.
    #[error("leap seconds are not accepted")]
    LeapSecond,
    /// More than six decimals. Cutting them off could make two messages one.
    #[error("finer than a microsecond: at most 6 decimals")]
    TooFine,
    /// Before the year 0001 or after 9999, in UTC.
    #[error("outside the years 0001 to 9999")]
    OutOfRange,
}
