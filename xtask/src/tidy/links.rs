//! Links in Markdown files that point into the repository: what they point at is there.

use super::Finding;

/// Complains about each link of the Markdown file at `path` whose target is not in the repository; `there` says what
/// is. Addresses elsewhere and headings within a page are not looked at.
pub(crate) fn resolve(path: &str, text: &str, there: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut in_fence = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
        }
        if in_fence {
            continue;
        }
        for target in targets(&without_code(line)) {
            let resolved = local(&target).map(|target| joined(path, target));
            match resolved {
                Some(Some(file)) if !there(&file) => {
                    found.push(Finding::at(path, index + 1, format!("the link to `{target}` leads nowhere")));
                }
                Some(None) => {
                    found.push(Finding::at(
                        path,
                        index + 1,
                        format!("the link to `{target}` leaves the repository"),
                    ));
                }
                _ => {}
            }
        }
    }
    found
}

/// The line without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// Targets of `[text](target "title")` and of a definition `[name]: target`.
fn targets(line: &str) -> Vec<String> {
    let definition =
        line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]:")).map(|(_, rest)| rest);
    let inline = line.split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or(rest));
    definition
        .into_iter()
        .chain(inline)
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']).to_owned())
        .collect()
}

/// The path part of a target within the repository; `None` for an address elsewhere or a heading of the same page.
fn local(target: &str) -> Option<&str> {
    let elsewhere = target.contains("://") || target.starts_with("mailto:");
    let path = target.split('#').next().unwrap_or_default();
    (!elsewhere && !path.is_empty()).then_some(path)
}

/// `target` as seen from the file at `from`, counted from the root; `None` when it climbs out of the repository.
fn joined(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        parts.clear();
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    //! Links as seen from `docs/a.md`, in a repository with `README.md`, `docs/a.md` and `docs/deep/b.md`.

    use super::*;

    /// Compares the lines that are complained about.
    #[track_caller]
    fn check(text: &str, lines: &[usize]) {
        let there = |path: &str| {
            ["", "README.md", "docs", "docs/a.md", "docs/deep", "docs/deep/b.md"].contains(&path)
        };
        let found = resolve("docs/a.md", text, there);
        assert_eq!(found.iter().map(|one| one.line).collect::<Vec<_>>(), lines, "{text:?} gave {found:?}");
    }

    #[test]
    fn found() {
        check("[b](deep/b.md) and [r](../README.md#head), [root](/README.md), [up](..), [here](.)", &[]);
        check("[b](<deep/b.md> \"title\")\n\n[r]: ../README.md", &[]);
        check("[x](https://example.org/x) [m](mailto:a@example.org) [h](#head)", &[]);
        check("`[x](gone.md)` is code\n```\n[x](gone.md)\n```\n", &[]);
        check("a [list] (of things) and [x]", &[]);
    }

    #[test]
    fn lost() {
        check("ok\n[x](gone.md)", &[2]);
        check("[x](README.md)", &[1]);
        check("[x](deep/gone.md#head) [b](deep/b.md)", &[1]);
        check("![picture](shot.png)", &[1]);
        check("[x]: gone.md", &[1]);
        check("```\n```\n[x](gone.md)", &[3]);
        check("[x](../../other/c.md)", &[1]);
    }
}
