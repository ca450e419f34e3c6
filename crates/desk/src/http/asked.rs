//! What a query asks for: which chats, which rows, of which time. What is wrong is 400 and names the parameter.

use axum::extract::{FromRequestParts, Query};
use hearken_core::ids::AccountId;
use hearken_transport::rest::{Failure, Paging};
use http::request::Parts;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::ids;
use crate::lists::Wanted;
use crate::rows::Part;
use crate::stored::Stage;

/// The most characters of a search.
const LONGEST_SEARCH: usize = 200;
/// The most rows, and as many as are given when nothing is said.
const MOST_ROWS: u64 = 100;

/// The parameters of a query, those that come twice as they came first.
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(pairs) = pairs.map_err(|_| Failure::Refused("The query can't be read.".into()))?;
        Ok(Self(pairs))
    }
}

impl Parameters {
    fn given(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// One of them as what it says; refused in these words when it says nothing of the kind.
    fn read<T>(
        &self,
        name: &'static str,
        words: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        self.given(name).map(|text| read(text).ok_or_else(|| Failure::field(name, words))).transpose()
    }

    /// Which chats.
    pub(super) fn wanted(&self) -> Result<Wanted, Failure> {
        let account = |text: &str| ids::parse(text).map(AccountId);
        let flag = |text: &str| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let short = |text: &str| (text.chars().count() <= LONGEST_SEARCH).then(|| text.to_owned());
        Ok(Wanted {
            stage: self.read("status", "must be one of unclaimed, claimed, closed", Stage::of)?,
            flagged: self.read("flagged", "must be true or false", flag)?,
            staff: self.read("staff", "must be an id", account)?,
            visitor: self.read("visitor", "must be an id", account)?,
            words: self.read("q", "must have at most 200 characters", short)?,
        })
    }

    /// Which rows, and how many at most.
    pub(super) fn rows(&self) -> Result<(Part, usize), Failure> {
        let number = |name, least| {
            let read = |text: &str| digits(text).filter(|number| *number >= least);
            self.read(name, "must be a positive number", read)
        };
        let (before, after) = (number("before", 1)?, number("after", 0)?);
        let limit = number("limit", 1)?.unwrap_or(MOST_ROWS).min(MOST_ROWS) as usize;
        let part = match (after, before) {
            (Some(after), before) => Part::After(after, before.unwrap_or(u64::MAX)),
            (None, Some(before)) => Part::Before(before),
            (None, None) => Part::NEWEST,
        };
        Ok((part, limit))
    }

    /// From and up to which moment, in milliseconds since the epoch. A date alone is that whole day.
    pub(super) fn span(&self) -> Result<(i64, i64), Failure> {
        const WORDS: &str = "must be a time, such as 2026-01-05T09:00:00Z, or a date";
        let from = self.read("from", WORDS, |text| moment(text, false))?;
        let to = self.read("to", WORDS, |text| moment(text, true))?;
        Ok((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX)))
    }
}

/// Which page, where there are pages; the same in each list.
pub(super) type Pages = Paging;

/// A number of digits alone. One that fits no integer stands for the largest.
fn digits(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

fn moment(text: &str, end: bool) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    // A time of no zone would read as a date as well.
    let date = Some(text).filter(|text| text.len() == "2026-01-05".len())?;
    let begins = date.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let day = SignedDuration::from_hours(24) - SignedDuration::from_millis(1);
    let at = if end { begins.checked_add(day).unwrap_or(begins) } else { begins };
    Some(at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(query: &str) -> Parameters {
        let uri = format!("/x?{query}").parse().expect("a URI");
        Parameters(Query::try_from_uri(&uri).expect("pairs").0)
    }

    #[test]
    fn rows_are_asked_for_by_their_numbers() {
        let check = |query: &str, expect: Result<(Part, usize), &'static str>| {
            let words = "must be a positive number";
            let expect = expect.map_err(|field| Failure::field(field, words));
            assert_eq!(parameters(query).rows(), expect, "{query}");
        };
        check("", Ok((Part::NEWEST, 100)));
        check("limit=7", Ok((Part::NEWEST, 7)));
        check("limit=101", Ok((Part::NEWEST, 100)));
        check("before=5", Ok((Part::Before(5), 100)));
        check("after=0", Ok((Part::After(0, u64::MAX), 100)));
        check("after=5&before=9&limit=2", Ok((Part::After(5, 9), 2)));
        check("before=99999999999999999999999", Ok((Part::NEWEST, 100)));
        for wrong in ["-1", "x", "1.5", "%2B1", "0x1"] {
            check(&format!("limit={wrong}"), Err("limit"));
            check(&format!("before={wrong}"), Err("before"));
            check(&format!("after={wrong}"), Err("after"));
        }
        check("limit=0", Err("limit"));
        check("before=0", Err("before"));
    }

    #[test]
    fn a_time_is_a_moment_or_a_whole_day() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time").as_millisecond();
        let check = |query: &str, from: i64, to: i64| {
            assert_eq!(parameters(query).span(), Ok((from, to)), "{query}");
        };
        check("", i64::MIN, i64::MAX);
        check("from=2026-01-05&to=2026-01-05", at("2026-01-05T00:00:00Z"), at("2026-01-05T23:59:59.999Z"));
        check(
            "from=2026-01-05T09:00:00Z&to=2026-01-05T12:00:00.5%2B02:00",
            at("2026-01-05T09:00:00Z"),
            at("2026-01-05T10:00:00.5Z"),
        );
        for wrong in ["yesterday", "2026-13-01", "2026-01-05T09:00:00", "1767600000"] {
            assert!(parameters(&format!("from={wrong}")).span().is_err(), "{wrong}");
            assert!(parameters(&format!("to={wrong}")).span().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_list_is_of_what_is_asked_for() {
        let id = AccountId("01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id"));
        let query = "status=closed&flagged=false&staff=01890a5dac96774bbcceb302099a8057&q=Ana%20B&visitor=";
        let expect = Wanted {
            stage: Some(Stage::Closed),
            flagged: Some(false),
            staff: Some(id),
            visitor: None,
            words: Some("Ana B".into()),
        };
        assert_eq!(parameters(query).wanted(), Ok(expect));
        let long = format!("q={}", "x".repeat(201));
        for wrong in ["status=open", "flagged=1", "staff=7", "visitor=x", long.as_str()] {
            assert!(parameters(wrong).wanted().is_err(), "{wrong}");
        }
    }
}
