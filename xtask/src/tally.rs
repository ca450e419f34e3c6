//! What a test runner's report says: how many tests passed and failed, and the lines in which it says so itself.
//! `scripts/test.sh` sums these over all runners; the four it uses are known here by their lines of summary.

/// The sums of one report.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that ran, or should have, and did not pass.
    pub(crate) failed: u64,
    /// The runner's own lines of summary, as it wrote them.
    pub(crate) lines: Vec<String>,
}

impl Tally {
    /// Reads the report of `cargo test`, `cargo nextest`, `pytest` or `node --test`.
    pub(crate) fn of(report: &str) -> Self {
        let mut tally = Self::default();
        for line in report.lines() {
            let counts =
                cargo_test(line).or_else(|| nextest(line)).or_else(|| pytest(line)).or_else(|| node(line));
            if let Some((passed, failed)) = counts {
                tally.passed += passed;
                tally.failed += failed;
                tally.lines.push(line.trim().to_owned());
            }
        }
        // A workspace has many binaries without tests; they say nothing worth repeating.
        tally.lines.retain(|line| !line.contains(" 0 passed; 0 failed;"));
        tally
    }
}

/// `test result: ok. 17 passed; 0 failed; …`, once for each binary.
fn cargo_test(line: &str) -> Option<(u64, u64)> {
    let counts = line.strip_prefix("test result: ")?;
    Some((before(counts, "passed"), before(counts, "failed")))
}

/// `Summary [ 1.2s] 10 tests run: 8 passed (1 slow), 1 failed, 1 timed out, 2 skipped`. Whatever ran (`7/10` when the
/// run was broken off) and did not pass has failed, by whichever way.
fn nextest(line: &str) -> Option<(u64, u64)> {
    let (head, counts) = line.trim_start().strip_prefix("Summary [")?.split_once(" run: ")?;
    let all = head.trim_end_matches(" tests").trim_end_matches(" test").rsplit([' ', '/']).next()?;
    let passed = before(counts, "passed");
    Some((passed, all.parse::<u64>().ok()?.saturating_sub(passed)))
}

/// `1 failed, 12 passed, 1 error in 3.21s`, with or without a ruler on both sides.
fn pytest(line: &str) -> Option<(u64, u64)> {
    let line = line.trim_matches(['=', ' ']);
    let (counts, time) = line.split_once(" in ")?;
    let seconds = time.split_whitespace().next()?.strip_suffix('s')?;
    seconds.parse::<f64>().ok()?;
    let known = ["passed", "failed", "error", "errors"];
    known.iter().any(|word| counts.split(", ").any(|part| part.ends_with(word))).then(|| {
        (
            before(counts, "passed"),
            before(counts, "failed") + before(counts, "error") + before(counts, "errors"),
        )
    })
}

/// `ℹ pass 12`, `ℹ fail 0`, …: one line for each number; `#` instead of the sign in the TAP form.
fn node(line: &str) -> Option<(u64, u64)> {
    let (word, number) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?.split_once(' ')?;
    let number = number.parse().ok()?;
    match word {
        "pass" => Some((number, 0)),
        "fail" | "cancelled" => Some((0, number)),
        "tests" | "skipped" | "todo" => Some((0, 0)),
        _ => None,
    }
}

/// The number in front of `word`, or 0 when the word is not there.
fn before(counts: &str, word: &str) -> u64 {
    let words: Vec<&str> = counts.split([' ', ',', ';']).filter(|part| !part.is_empty()).collect();
    let at = words.iter().skip(1).position(|&found| found == word);
    at.and_then(|index| words[index].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    //! Reports as the runners write them.

    use super::*;

    /// Compares the sums and how many lines are repeated.
    #[track_caller]
    fn check(report: &str, passed: u64, failed: u64, lines: usize) {
        let tally = Tally::of(report);
        assert_eq!(
            (tally.passed, tally.failed, tally.lines.len()),
            (passed, failed, lines),
            "{report}\n{tally:?}"
        );
    }

    #[test]
    fn cargo_test_reports() {
        check("test result: ok. 17 passed; 0 failed; 0 ignored; 0 measured; finished in 0.21s", 17, 0, 1);
        check("test result: FAILED. 15 passed; 2 failed; 0 ignored", 15, 2, 1);
        check(
            "test result: ok. 0 passed; 0 failed; 0 ignored\ntest result: ok. 3 passed; 0 failed;",
            3,
            0,
            1,
        );
        check("the test result: ok. 9 passed; 0 failed", 0, 0, 0);
    }

    #[test]
    fn nextest_reports() {
        check("     Summary [   0.054s] 17 tests run: 17 passed, 0 skipped", 17, 0, 1);
        check("     Summary [   0.054s] 1 test run: 1 passed, 0 skipped", 1, 0, 1);
        check(
            "Summary [ 90.0s] 10 tests run: 7 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 4 skipped",
            7,
            3,
            1,
        );
        check("Summary [  1.5s] 7/10 tests run: 6 passed, 1 failed, 0 skipped", 6, 4, 1);
        check("Summary of the day: 5 tests run: 5 passed", 0, 0, 0);
    }

    #[test]
    fn pytest_reports() {
        check("============ 12 passed in 3.21s ============", 12, 0, 1);
        check("1 failed, 11 passed, 2 errors in 75.02s (0:01:15)", 11, 3, 1);
        check("== 2 failed, 1 error in 0.10s ==", 0, 3, 1);
        check("stories/test_fetch.py::test_three passed in no time", 0, 0, 0);
        check("FAILED stories/test_a.py - 3 passed in all", 0, 0, 0);
    }

    #[test]
    fn node_reports() {
        check(
            "ℹ tests 9\nℹ suites 0\nℹ pass 6\nℹ fail 2\nℹ cancelled 1\nℹ skipped 0\nℹ duration_ms 12.5",
            6,
            3,
            5,
        );
        check("# tests 2\n# pass 2\n# fail 0", 2, 0, 3);
        check("# Subtest: pass 3", 0, 0, 0);
    }

    #[test]
    fn nothing_to_read() {
        check("", 0, 0, 0);
        check("error: could not compile `hearken-core`", 0, 0, 0);
    }
}
