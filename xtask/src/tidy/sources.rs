//! Rules about source files: what they open with, how long they are, what they are called, which words they use.

use super::{Finding, has_extension};

/// Longer than this, a file holds more than one thing.
const MOST_LINES: usize = 500;

/// Languages whose files are written and read by hand.
const CODE: [&str; 8] = ["rs", "py", "js", "mjs", "ts", "svelte", "sh", "sql"];

/// Names that say that the author did not know what the thing is.
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"];

/// Five systems use this word for five things; the core has a word of its own for each.
const BANNED_IN_CORE: &str = "session";

/// Every Rust file opens with `//!` and says why it exists.
pub(crate) fn opens_with_its_story(path: &str, text: &str) -> Vec<Finding> {
    let first = text.lines().next().unwrap_or_default();
    let told = first.strip_prefix("//!").is_some_and(|story| !story.trim().is_empty());
    if has_extension(path, "rs") && !told {
        return vec![Finding::at(path, 1, "open the file with `//!` and why it exists")];
    }
    Vec::new()
}

/// No source file is longer than [`MOST_LINES`].
pub(crate) fn is_short_enough(path: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().count();
    if CODE.iter().any(|extension| has_extension(path, extension)) && lines > MOST_LINES {
        return vec![Finding::whole(
            path,
            format!("{lines} lines, {MOST_LINES} at most: split it at a real seam"),
        )];
    }
    Vec::new()
}

/// No Rust module, in a file of its own or within one, has one of the [`EMPTY_NAMES`].
pub(crate) fn has_a_telling_name(path: &str, text: &str) -> Vec<Finding> {
    if !has_extension(path, "rs") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let parts = path.trim_end_matches(".rs").split('/');
    if let Some(name) = parts.clone().find(|part| EMPTY_NAMES.contains(part)) {
        found.push(Finding::whole(path, format!("`{name}` says nothing: name it after what it does")));
    }
    for (number, line) in numbered(text) {
        if let Some(name) = module_declared(line).filter(|name| EMPTY_NAMES.contains(name)) {
            found.push(Finding::at(
                path,
                number,
                format!("`mod {name}` says nothing: name it after what it does"),
            ));
        }
    }
    found
}

/// The core never says [`BANNED_IN_CORE`], not even in a comment.
pub(crate) fn core_keeps_its_words(path: &str, text: &str) -> Vec<Finding> {
    if !path.starts_with("crates/core/") {
        return Vec::new();
    }
    numbered(text)
        .filter(|(_, line)| line.to_ascii_lowercase().contains(BANNED_IN_CORE))
        .map(|(number, _)| {
            let what = format!("\"{BANNED_IN_CORE}\" is no word of the core: see docs/glossary.md");
            Finding::at(path, number, what)
        })
        .collect()
}

/// Lines with their numbers, from 1.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// The name in `mod name;`, `pub(crate) mod name {` and the like.
fn module_declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix("mod ").or_else(|| {
        let (visibility, rest) = line.split_once(" mod ")?;
        visibility.starts_with("pub").then_some(rest)
    })?;
    let rest = rest.trim_start();
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    //! One table a rule.

    use super::super::tests::check;
    use super::*;

    #[test]
    fn stories() {
        check(opens_with_its_story, "a.rs", "//! Why.\n", &[]);
        check(opens_with_its_story, "a.rs", "//! Why.", &[]);
        check(opens_with_its_story, "a.rs", "//!\n//! Late.\n", &[1]);
        check(opens_with_its_story, "a.rs", "", &[1]);
        check(opens_with_its_story, "a.rs", "\n//! Why.\n", &[1]);
        check(opens_with_its_story, "a.rs", "// Why.\n", &[1]);
        check(opens_with_its_story, "a.rs", "use std::fmt;\n", &[1]);
        check(opens_with_its_story, "a.py", "import os\n", &[]);
    }

    #[test]
    fn lengths() {
        let full = "x\n".repeat(MOST_LINES);
        let over = "x\n".repeat(MOST_LINES + 1);
        check(is_short_enough, "a.rs", &full, &[]);
        check(is_short_enough, "a.rs", &over, &[0]);
        check(is_short_enough, "e2e/a.py", &over, &[0]);
        check(is_short_enough, "e2e/a.mjs", &over, &[0]);
        check(is_short_enough, "Cargo.lock", &over, &[]);
        check(is_short_enough, "notes.md", &over, &[]);
    }

    #[test]
    fn names() {
        check(has_a_telling_name, "crates/core/src/hub.rs", "", &[]);
        check(has_a_telling_name, "crates/core/src/util.rs", "", &[0]);
        check(has_a_telling_name, "crates/core/src/helpers/time.rs", "", &[0]);
        check(has_a_telling_name, "crates/core/tests/common/mod.rs", "", &[0]);
        check(has_a_telling_name, "docs/common.md", "", &[]);
        check(has_a_telling_name, "a.rs", "mod util;", &[1]);
        check(has_a_telling_name, "a.rs", "fn f() {}\npub mod misc {}", &[2]);
        check(has_a_telling_name, "a.rs", "    pub(crate) mod manager;", &[1]);
        check(has_a_telling_name, "a.rs", "mod utility;\nmod commons;\nmodutil();", &[]);
        check(has_a_telling_name, "a.rs", "// no mod util here", &[]);
    }

    #[test]
    fn words() {
        check(core_keeps_its_words, "crates/core/src/a.rs", "let signin = 1;", &[]);
        check(core_keeps_its_words, "crates/core/src/a.rs", "ok\n// a Session\nsessions", &[2, 3]);
        check(core_keeps_its_words, "crates/core/Cargo.toml", "session = 1", &[1]);
        check(core_keeps_its_words, "crates/circle/src/a.rs", "session", &[]);
    }
}
