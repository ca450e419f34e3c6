//! The tidy check: every rule is a pure function over a path and a text (or over the list of all paths), so that each
//! is tested from a table beside it; this file only says which rules there are and runs them over the tree.

mod arrows;
mod code_map;
mod finding;
mod links;
mod named_tests;
mod places;
mod sources;
mod tests_that_run;
mod tree;

pub(crate) use finding::Finding;
pub(crate) use tree::Tree;

/// A rule that needs nothing but one file: its path from the root of the repository, and its text.
type FileRule = fn(&str, &str) -> Vec<Finding>;

/// Every rule of that kind. A rule passes over the files that are none of its business.
const FILE_RULES: [FileRule; 8] = [
    sources::opens_with_its_story,
    sources::is_short_enough,
    sources::has_a_telling_name,
    sources::core_keeps_its_words,
    tests_that_run::no_test_is_switched_off,
    places::no_machine_paths,
    places::no_registry_hosts,
    arrows::point_the_right_way,
];

/// Everything that is wrong with `tree`, ordered by path and line.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut found: Vec<Finding> = tree
        .texts()
        .flat_map(|(path, text)| FILE_RULES.iter().flat_map(move |rule| rule(path, text)))
        .collect();
    for (path, text) in tree.texts().filter(|(path, _)| has_extension(path, "md")) {
        found.extend(links::resolve(path, text, |target| tree.has(target)));
        found.extend(named_tests::exist(path, text, |file, test| {
            tree.texts().any(|(path, text)| named_tests::is_called(path, file) && text.contains(test))
        }));
    }
    found.extend(code_map::agrees(tree.text("ARCHITECTURE.md"), &tree.crates()));
    found.sort();
    found
}

/// Whether the last part of `path` ends in `.extension`.
fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == extension)
}

#[cfg(test)]
mod tests {
    //! The repository against its own rules, and what the tables of the rules share.

    use super::{FileRule, Tree, findings};

    /// Runs `rule` on one file and compares the lines it complains about; 0 is the file as a whole.
    #[track_caller]
    pub(crate) fn check(rule: FileRule, path: &str, text: &str, lines: &[usize]) {
        let found = rule(path, text);
        let at: Vec<usize> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(at, lines, "{path}: {text:?} gave {found:?}");
    }

    #[test]
    fn this_repository_is_tidy() {
        let tree = Tree::of_this_repository().expect("the files of the repository can be listed");
        let found: Vec<String> = findings(&tree).iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }

    #[test]
    fn the_whole_tree_is_looked_at() {
        let tree = Tree::of_this_repository().expect("the files of the repository can be listed");
        for path in ["Cargo.toml", "README.md", "crates/core/src/lib.rs", "xtask/src/tidy.rs"] {
            assert!(tree.text(path).is_some(), "{path} is not looked at");
        }
        assert!(!tree.has("target"), "build output is looked at");
    }
}
