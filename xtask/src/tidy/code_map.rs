//! ARCHITECTURE.md and the tree agree: its section "Code map" names every crate by its folder, and no folder under
//! `crates/` is named, there or elsewhere in it, that does not exist. A map that drifts is worse than none.

use std::collections::BTreeSet;

use super::Finding;

const PATH: &str = "ARCHITECTURE.md";

/// The heading, at any depth, of the section that lists the crates.
const SECTION: &str = "code map";

/// Compares the text of ARCHITECTURE.md with the folders of the crates (`crates/core`, `bench`).
pub(crate) fn agrees(text: Option<&str>, crates: &BTreeSet<String>) -> Vec<Finding> {
    let Some(text) = text else {
        return vec![Finding::whole(PATH, "is missing")];
    };
    let mut found = Vec::new();
    let mapped: BTreeSet<String> = section(text).flat_map(folders).collect();
    for missing in crates.difference(&mapped) {
        found.push(Finding::whole(PATH, format!("the code map leaves out `{missing}`")));
    }
    for (index, line) in text.lines().enumerate() {
        let gone = folders(line).filter(|folder| folder.starts_with("crates/") && !crates.contains(folder));
        found.extend(gone.map(|folder| Finding::at(PATH, index + 1, format!("there is no `{folder}`"))));
    }
    found
}

/// The lines under the heading [`SECTION`], up to the next heading of the same or a higher rank.
fn section(text: &str) -> impl Iterator<Item = &str> {
    let rank = |line: &str| line.chars().take_while(|&letter| letter == '#').count();
    let mut inside = 0;
    text.lines().filter(move |line| {
        let depth = rank(line);
        if depth > 0 && (inside == 0 || depth <= inside) {
            let heading = line.trim_start_matches('#').trim();
            inside = if heading.eq_ignore_ascii_case(SECTION) { depth } else { 0 };
        }
        inside > 0
    })
}

/// The crate folders a line names: `crates/core` in `crates/core/src/hub.rs`, or a bare word such as `bench`.
fn folders(line: &str) -> impl Iterator<Item = String> {
    let words = line.split(|letter: char| !letter.is_alphanumeric() && !"_-/.".contains(letter));
    words.map(|word| word.trim_end_matches('.').trim_start_matches("./")).filter_map(|word| {
        let mut parts = word.split('/').filter(|part| !part.is_empty());
        match (parts.next()?, parts.next()) {
            ("crates", Some(name)) => Some(format!("crates/{name}")),
            ("crates", None) => None,
            (name, _) => Some(name.to_owned()),
        }
    })
}

#[cfg(test)]
mod tests {
    //! Maps against the crates `crates/core`, `crates/store` and `bench`.

    use super::*;

    /// Compares the complaints, each by the folder it names.
    #[track_caller]
    fn check(text: &str, expect: &[(usize, &str)]) {
        let crates = ["crates/core", "crates/store", "bench"].map(str::to_owned).into();
        let found = agrees(Some(text), &crates);
        let named: Vec<(usize, &str)> =
            found.iter().filter_map(|one| Some((one.line, one.what.split('`').nth(1)?))).collect();
        assert_eq!(named, expect, "{text:?} gave {found:?}");
    }

    const FULL: &str = "## Code map\n- `crates/core`: a\n- `crates/store/`: b\n- `bench`: c\n";

    #[test]
    fn maps() {
        check(FULL, &[]);
        check(&format!("# Title\ntext\n{FULL}### Deeper\n## Next\n"), &[]);
        check("# Code Map\nsee crates/core/src/hub.rs, crates/store. And bench/run.sh.", &[]);
        check("## Code map\n`crates/core` `bench`", &[(0, "crates/store")]);
        check(
            "## Code map\n## Other\n`crates/core` `crates/store`\n`bench`",
            &[(0, "bench"), (0, "crates/core"), (0, "crates/store")],
        );
        check(&format!("{FULL}- `crates/gone`: d\n"), &[(5, "crates/gone")]);
        check(&format!("{FULL}## Other\nthe `crates/gone/src/x.rs`\n"), &[(6, "crates/gone")]);
        check(&format!("{FULL}all in `crates/`\n"), &[]);
    }

    #[test]
    fn missing() {
        assert_eq!(agrees(None, &BTreeSet::new()).len(), 1);
    }
}
