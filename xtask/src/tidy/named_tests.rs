//! Tests that the documentation names are there: a table of what holds a protocol is worth nothing once they have gone.

use super::{Finding, has_extension};

/// The languages that tests are written in.
const LANGUAGES: [&str; 3] = ["rs", "py", "mjs"];

/// Complains about each test that the Markdown file at `path` names as `file.rs::test` (or `.py`, `.mjs`) in a code
/// span, if no file of that name has it; `has` says whether one does.
pub(crate) fn exist(path: &str, text: &str, has: impl Fn(&str, &str) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // What stands between two back-ticks is every second part.
        for (file, test) in line.split('`').skip(1).step_by(2).filter_map(named) {
            if !has(file, test) {
                found.push(Finding::at(path, index + 1, format!("`{file}` has no test `{test}`")));
            }
        }
    }
    found
}

/// Whether the file at `path` is the one that is called `file`, alone or with some of its folders.
pub(crate) fn is_called(path: &str, file: &str) -> bool {
    path.strip_suffix(file).is_some_and(|folders| folders.is_empty() || folders.ends_with('/'))
}

/// A file and a test, if a code span names them.
fn named(span: &str) -> Option<(&str, &str)> {
    let (file, test) = span.split_once("::")?;
    LANGUAGES.iter().any(|language| has_extension(file, language)).then_some((file, test))
}

#[cfg(test)]
mod tests {
    //! Pages against one file with one test.

    use super::*;

    /// Compares the lines complained about.
    #[track_caller]
    fn check(text: &str, lines: &[usize]) {
        let has = |file: &str, test: &str| is_called("crates/x/tests/doors.rs", file) && test == "nobody";
        let at: Vec<usize> = exist("docs/x.md", text, has).iter().map(|finding| finding.line).collect();
        assert_eq!(at, lines, "{text:?}");
    }

    #[test]
    fn named_tests() {
        check("| a | `doors.rs::nobody` |", &[]);
        check("`tests/doors.rs::nobody` and `crates/x/tests/doors.rs::nobody`", &[]);
        check(
            "`doors.rs::somebody`\n`oors.rs::nobody`\n`windows.rs::nobody`<br>`doors.py::nobody`",
            &[1, 2, 3, 3],
        );
        check("`doors.rs`, `Draft::nobody`, doors.rs::somebody, `a.md::b`", &[]);
    }
}
