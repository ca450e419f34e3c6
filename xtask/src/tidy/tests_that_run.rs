//! A test that is there runs: nothing is switched off, and nothing passes because it breaks.

use super::{Finding, has_extension};

/// Attributes that switch a Rust test off or turn its failure into a success.
const ATTRIBUTES: [&str; 2] = ["ignore", "should_panic"];

/// The same for the stories in `e2e/`, by language.
const MARKS: [(&str, &[&str]); 3] = [
    ("py", &["mark.skip", "mark.xfail", "pytest.skip(", "pytest.xfail("]),
    ("mjs", &[".skip(", ".only(", ".todo(", "skip: true", "todo: true", "only: true"]),
    ("ts", &[".skip(", ".only(", ".todo(", ".fixme("]),
];

/// How a test starts another of its own file in a process of its own: the one place where an ignored test does run.
const STARTED: &str = concat!("\"--", "ignored\"");

/// Complains about every line that switches a test off.
pub(crate) fn no_test_is_switched_off(path: &str, text: &str) -> Vec<Finding> {
    let starts_its_own = text.contains(STARTED);
    let off = |line: &str| {
        if has_extension(path, "rs") {
            let explained = starts_its_own && line.trim_start().starts_with("#[ignore = ");
            return (attribute_off(line) && !explained) || doc_test_off(line);
        }
        MARKS.iter().any(|(extension, marks)| {
            has_extension(path, extension) && marks.iter().any(|mark| line.contains(mark))
        })
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| off(line))
        .map(|(index, _)| Finding::at(path, index + 1, "a test that is there runs, and passes by passing"))
        .collect()
}

/// `#[ignore]`, `#[should_panic(…)]`, also within a `cfg_attr`; what stands in quotes does not count.
fn attribute_off(line: &str) -> bool {
    let Some(attribute) = line.trim_start().strip_prefix("#[") else { return false };
    let unquoted = attribute.split('"').step_by(2);
    unquoted.flat_map(words).any(|word| ATTRIBUTES.contains(&word))
}

/// A fenced example in a doc comment that is marked not to be run or to panic.
fn doc_test_off(line: &str) -> bool {
    let line = line.trim_start();
    let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
    let Some(info) = comment.and_then(|text| text.trim_start().strip_prefix("```")) else { return false };
    words(info).any(|word| ATTRIBUTES.contains(&word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

#[cfg(test)]
mod tests {
    //! What counts as switched off, by language.

    use super::super::tests::check;
    use super::*;

    #[test]
    fn rust() {
        check(no_test_is_switched_off, "a.rs", "#[test]\nfn a() {}", &[]);
        check(no_test_is_switched_off, "a.rs", "#[ignore]", &[1]);
        check(no_test_is_switched_off, "a.rs", "x\n    #[ignore = \"slow\"]", &[2]);
        check(no_test_is_switched_off, "a.rs", "#[should_panic(expected = \"x\")]", &[1]);
        check(no_test_is_switched_off, "a.rs", "#[cfg_attr(windows, ignore)]", &[1]);
        check(no_test_is_switched_off, "a.rs", &format!("#[ignore = \"a child\"]\n.args([{STARTED}])"), &[]);
        check(no_test_is_switched_off, "a.rs", &format!("#[ignore]\n.args([{STARTED}])"), &[1]);
        check(no_test_is_switched_off, "a.rs", &format!("#[should_panic]\n.args([{STARTED}])"), &[1]);
        check(no_test_is_switched_off, "a.rs", "#[expect(dead_code, reason = \"we ignore it\")]", &[]);
        check(no_test_is_switched_off, "a.rs", "// we ignore it\nlet ignore = 1;", &[]);
        check(no_test_is_switched_off, "a.rs", "/// ```ignore", &[1]);
        check(no_test_is_switched_off, "a.rs", "//! ```rust,should_panic", &[1]);
        check(no_test_is_switched_off, "a.rs", "/// ```text\nitems.skip(1)", &[]);
    }

    #[test]
    fn stories() {
        check(no_test_is_switched_off, "a.py", "@pytest.mark.skipif(x)", &[1]);
        check(no_test_is_switched_off, "a.py", "@pytest.mark.parametrize('x', [])", &[]);
        check(no_test_is_switched_off, "a.test.mjs", "ok\ntest.only('x')", &[2]);
        check(no_test_is_switched_off, "a.test.mjs", "test('x', { skip: true }, f)", &[1]);
        check(no_test_is_switched_off, "a.test.mjs", "test('x', f)", &[]);
        check(no_test_is_switched_off, "a.md", "test.only('x')", &[]);
    }
}
