//! The contract's sentences on timestamps as tables; the properties are in their own file.

use super::*;

mod properties;

#[track_caller]
fn check(text: &str, expect: Result<&str, BadTimestamp>) {
    let read = Sent::parse(text);
    assert_eq!(read.map(|sent| sent.fetched().to_string()), expect.map(str::to_owned), "{text:?}");
}

#[test]
fn the_plain_form_is_utc() {
    check("2020-11-21 16:32:17.356", Ok("2020-11-21T16:32:17.356000Z"));
    check("2020-11-21 17:11:06.23", Ok("2020-11-21T17:11:06.230000Z"));
    check("2020-11-21 17:11:06", Ok("2020-11-21T17:11:06.000000Z"));
    check("2020-11-21 17:11:06.000001", Ok("2020-11-21T17:11:06.000001Z"));
    check("2020-02-29 00:00:00.5", Ok("2020-02-29T00:00:00.500000Z"));
    check("1969-12-31 23:59:59.999999", Ok("1969-12-31T23:59:59.999999Z"));
    check("0001-01-01 00:00:00", Ok("0001-01-01T00:00:00.000000Z"));
    check("9999-12-31 23:59:59.999999", Ok("9999-12-31T23:59:59.999999Z"));
}

#[test]
fn rfc_3339_is_brought_to_utc() {
    check("2020-11-21T16:32:17.356Z", Ok("2020-11-21T16:32:17.356000Z"));
    check("2020-11-21t16:32:17z", Ok("2020-11-21T16:32:17.000000Z"));
    check("2020-11-21T16:32:17", Ok("2020-11-21T16:32:17.000000Z"));
    check("2020-11-21 16:32:17Z", Ok("2020-11-21T16:32:17.000000Z"));
    check("2020-11-21T16:32:17.356+05:30", Ok("2020-11-21T11:02:17.356000Z"));
    check("2020-11-21T16:32:17-00:00", Ok("2020-11-21T16:32:17.000000Z"));
    check("2020-12-31T23:30:00-01:00", Ok("2021-01-01T00:30:00.000000Z"));
    check("1969-12-31T23:59:59.25-23:59", Ok("1970-01-01T23:58:59.250000Z"));
    check("0001-01-01T23:59:00+23:59", Ok("0001-01-01T00:00:00.000000Z"));
}

#[test]
fn other_shapes_are_refused() {
    for text in [
        "",
        "2020-11-21",
        "2020-11-21 16:32",
        "2020-11-21 16:32:1",
        "2020-11-21 16:32:17.",
        "2020-11-21 16:32:17.Z",
        "2020-11-21 16:32:17,356",
        "2020-11-21 16:32:17.356 ",
        " 2020-11-21 16:32:17.356",
        "2020-11-21  16:32:17.356",
        "2020-11-21_16:32:17",
        "2020/11/21 16:32:17",
        "2020-11-21 16.32.17",
        "20201121T163217Z",
        "2020-11-21T16:32:17+0530",
        "2020-11-21T16:32:17+05",
        "2020-11-21T16:32:17 +05:30",
        "2020-11-21T16:32:17+05:30Z",
        "2020-11-21T16:32:17ZZ",
        "2020-11-21T16:32:17[UTC]",
        "2020-11-21T16:32:17+0a:00",
        "+020-11-21 16:32:17",
        "12020-11-21 16:32:17",
        "2020-11-21 16:32:-7",
        "٢٠٢٠-11-21 16:32:17",
        "1605976337356",
        "-null-",
        "yesterday",
        "\0\0\0\0-\0\0-\0\0 \0\0:\0\0:\0\0",
    ] {
        check(text, Err(BadTimestamp::Shape));
    }
}

#[test]
fn what_no_calendar_has_is_refused() {
    for text in [
        "2020-00-21 16:32:17",
        "2020-13-21 16:32:17",
        "2020-11-00 16:32:17",
        "2020-11-31 16:32:17",
        "2021-02-29 16:32:17",
        "1900-02-29 16:32:17",
        "2020-11-21 24:00:00",
        "2020-11-21 16:60:17",
        "2020-11-21 16:32:61",
        "2020-11-21 24:32:60",
        "2020-11-21T16:32:17+24:00",
        "2020-11-21T16:32:17+05:60",
    ] {
        check(text, Err(BadTimestamp::NoSuchTime));
    }
    check("2016-12-31T23:59:60Z", Err(BadTimestamp::LeapSecond));
    check("2020-11-21 16:32:60.5", Err(BadTimestamp::LeapSecond));
    check("2020-11-21 16:32:17.0000000", Err(BadTimestamp::TooFine));
    check("2020-11-21T16:32:17.123456789Z", Err(BadTimestamp::TooFine));
    check("0000-12-31 23:59:59", Err(BadTimestamp::OutOfRange));
    check("0001-01-01T00:00:00+00:01", Err(BadTimestamp::OutOfRange));
    check("9999-12-31T23:59:59-00:01", Err(BadTimestamp::OutOfRange));
}

#[test]
fn a_group_answer_has_three_decimals_or_six() {
    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(Sent::parse(text).unwrap().group_sent().as_str(), expect);
    }
    check("2020-11-21 16:32:17.356", "2020-11-21T16:32:17.356Z");
    check("2020-11-21 16:32:17", "2020-11-21T16:32:17.000Z");
    check("2020-11-21 16:32:17.3561", "2020-11-21T16:32:17.356100Z");
    check("2020-11-21 16:32:17.000001", "2020-11-21T16:32:17.000001Z");
    check("1969-07-20 20:17:40.001", "1969-07-20T20:17:40.001Z");
    check("1969-07-20 20:17:40.000999", "1969-07-20T20:17:40.000999Z");
}

#[test]
fn server_times_have_milliseconds_and_no_zone() {
    #[track_caller]
    fn check(now: &str, expect: &str) {
        assert_eq!(server_time(now.parse().unwrap()).as_str(), expect);
    }
    check("2020-11-21T16:32:18.789Z", "2020-11-21 16:32:18.789");
    check("2020-11-21T16:32:18.789999999Z", "2020-11-21 16:32:18.789");
    check("2020-11-21T16:32:18Z", "2020-11-21 16:32:18.000");
    check("1969-12-31T23:59:59.9991Z", "1969-12-31 23:59:59.999");
    check("0001-01-01T00:00:00Z", "0001-01-01 00:00:00.000");
    check("-000300-03-01T00:00:00Z", "0001-01-01 00:00:00.000");
}

#[test]
fn the_range_is_that_of_the_written_years() {
    assert_eq!(Sent::parse("0001-01-01 00:00:00"), Ok(Sent::MIN));
    assert_eq!(Sent::parse("9999-12-31 23:59:59.999999"), Ok(Sent::MAX));
    assert_eq!(Sent::parse("1970-01-01 00:00:00").map(Sent::micros), Ok(0));
    for inside in [Sent::MIN.micros(), -1, 0, 1, Sent::MAX.micros()] {
        assert_eq!(Sent::from_micros(inside).map(Sent::micros), Some(inside));
    }
    for outside in [i64::MIN, Sent::MIN.micros() - 1, Sent::MAX.micros() + 1, i64::MAX] {
        assert_eq!(Sent::from_micros(outside), None);
    }
}
