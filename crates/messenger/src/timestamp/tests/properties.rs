//! Properties of the timestamps; jiff, which shares no text handling with them, is the judge.

use super::super::*;
use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use proptest::prelude::*;

/// What jiff makes of a text that has one of the accepted shapes.
fn judge(text: &str) -> Option<i64> {
    let (head, tail) = text.split_at(19);
    let zone_at = tail.find(['Z', '+', '-']).unwrap_or(tail.len());
    let (fraction, zone) = tail.split_at(zone_at);
    // Where the contract is stricter than jiff: leap seconds, more than six decimals.
    if head.ends_with(":60") || fraction.len() > 7 {
        return None;
    }
    let civil: DateTime = format!("{head}{fraction}").parse().ok()?;
    let minutes_ahead = match zone {
        "" | "Z" => 0,
        _ if &zone[1..3] > "23" || &zone[4..] > "59" => return None,
        _ => {
            let minutes = zone[1..3].parse::<i128>().unwrap() * 60 + zone[4..].parse::<i128>().unwrap();
            if zone.starts_with('-') { -minutes } else { minutes }
        }
    };
    // By civil times, as they reach further than jiff's timestamps.
    let micros = civil.duration_since(date(1970, 1, 1).at(0, 0, 0, 0)).as_micros();
    let micros = i64::try_from(micros - minutes_ahead * 60_000_000).unwrap();
    (civil.year() > 0 && Sent::from_micros(micros).is_some()).then_some(micros)
}

/// Every moment that jiff's `Timestamp` can show; its range ends a day before the year 9999 does.
fn moments() -> impl Strategy<Value = i64> {
    prop_oneof![
        Sent::MIN.micros()..=Timestamp::MAX.as_microsecond(),
        -2_000_000_000_000_i64..4_000_000_000_000_000
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".*") {
        if let Ok(sent) = Sent::parse(&text) {
            prop_assert!((Sent::MIN..=Sent::MAX).contains(&sent));
        }
    }

    #[test]
    fn nearly_right_texts_agree_with_jiff(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,7})?(Z|[+-][0-2][0-9]:[0-6][0-9])?"
    ) {
        prop_assert_eq!(Sent::parse(&text).ok().map(Sent::micros), judge(&text));
    }

    #[test]
    fn every_form_is_read_back(micros in moments()) {
        let sent = Sent::from_micros(micros).unwrap();
        prop_assert_eq!(Sent::parse(&sent.fetched()), Ok(sent));
        prop_assert_eq!(Sent::parse(&sent.group_sent()), Ok(sent));
        let shown = server_time(Timestamp::from_microsecond(micros).unwrap());
        prop_assert_eq!(Sent::parse(&shown).map(Sent::micros), Ok(micros.div_euclid(1_000) * 1_000));
    }

    #[test]
    fn the_forms_are_those_of_jiff(micros in moments()) {
        let sent = Sent::from_micros(micros).unwrap();
        let judge = Timestamp::from_microsecond(micros).unwrap();
        prop_assert_eq!(sent.fetched().to_string(), format!("{judge:.6}"));
        let places = if micros % 1_000 == 0 { 3 } else { 6 };
        prop_assert_eq!(sent.group_sent().to_string(), format!("{judge:.places$}"));
    }

    #[test]
    fn offsets_move_the_moment(micros in moments(), minutes in -1439_i32..=1439) {
        let judge = Timestamp::from_microsecond(micros).unwrap();
        let offset = jiff::tz::Offset::from_seconds(minutes * 60).unwrap();
        let civil = offset.to_datetime(judge);
        prop_assume!(civil.year() > 0);
        let text = format!("{}", judge.display_with_offset(offset));
        prop_assert_eq!(Sent::parse(&text).map(Sent::micros), Ok(micros));
    }
}
