//! Whether a frame is the one that a transcript expects.

/// Stands for a time that the server's clock gives.
const SERVER_TIME: &str = "<server time>";
/// The form of the server's own times, a `0` for any digit.
const FORM: &str = "0000-00-00 00:00:00.000";

/// Whether `got` is `expected`, byte for byte but for the server's times.
pub(super) fn matches(expected: &str, got: &str) -> bool {
    match expected.split_once(SERVER_TIME) {
        None => expected == got,
        Some((before, after)) => {
            let rest = got.strip_prefix(before).and_then(without_time);
            rest.is_some_and(|rest| matches(after, rest))
        }
    }
}

/// What follows the time that `text` begins with.
fn without_time(text: &str) -> Option<&str> {
    let (time, rest) = text.split_at_checked(FORM.len())?;
    let fits = |(form, is): (u8, u8)| if form == b'0' { is.is_ascii_digit() } else { is == form };
    FORM.bytes().zip(time.bytes()).all(fits).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: &str, got: &str, expect: bool) {
        assert_eq!(matches(expected, got), expect, "{expected} {got}");
    }

    #[test]
    fn frames_are_compared_byte_for_byte() {
        check(r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2}"#, true);
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, false);
        check(r#"{"a":1}"#, r#"{"a":1.0}"#, false);
        check(r#"{"a":1}"#, r#"{"a":1} "#, false);
        check("", "", true);
    }

    #[test]
    fn only_a_time_of_the_server_stands_for_one() {
        let frame = r#"{"at":"<server time>","b":"<server time>"}"#;
        let with = |a: &str, b: &str| format!(r#"{{"at":"{a}","b":"{b}"}}"#);
        let time = "2020-11-21 16:32:18.789";
        check(frame, &with(time, time), true);
        for other in
            ["2020-11-21T16:32:18.789", "2020-11-21 16:32:18.78", "2020-11-21 16:32:18.7890", "", "x"]
        {
            check(frame, &with(other, time), false);
            check(frame, &with(time, other), false);
        }
        check("<server time>", "2020-11-21 16:32:18.78é", false);
        check("<server time>", frame, false);
    }
}
