//! The arrows between the crates, read from their manifests: `core ← transport ← doors ← hearken` and
//! `core ← store ← hearken`. Cargo keeps cycles out; this keeps a door from the store and from the next door.

use toml::{Table, Value};

use super::Finding;

/// What one crate may depend on.
struct Arrow {
    /// The crate, by its package name.
    from: &'static str,
    /// Crates of this workspace it may name in `[dependencies]`; in `[dev-dependencies]` it may name the testkit too.
    to: &'static [&'static str],
}

const CORE: &str = "hearken-core";
const STORE: &str = "hearken-store";
const TRANSPORT: &str = "hearken-transport";
const PEOPLE: &str = "hearken-people";
const MESSENGER: &str = "hearken-messenger";
const SOCKETIO: &str = "hearken-socketio";
const DESK: &str = "hearken-desk";
const TESTKIT: &str = "hearken-testkit";

/// The whole picture. A new crate is drawn in here first.
const ARROWS: [Arrow; 11] = [
    Arrow { from: CORE, to: &[] },
    Arrow { from: STORE, to: &[CORE] },
    Arrow { from: TRANSPORT, to: &[CORE] },
    Arrow { from: PEOPLE, to: &[CORE, TRANSPORT] },
    Arrow { from: MESSENGER, to: &[CORE, TRANSPORT] },
    // Stands alone: a server layer that anybody could use.
    Arrow { from: SOCKETIO, to: &[] },
    Arrow { from: DESK, to: &[CORE, TRANSPORT, SOCKETIO] },
    Arrow { from: "hearken", to: &[CORE, STORE, TRANSPORT, PEOPLE, MESSENGER, DESK] },
    Arrow { from: TESTKIT, to: &[CORE, TRANSPORT] },
    // The load generator is no part of the product: it may start what the tests start, and fill a store beforehand.
    Arrow { from: "hearken-bench", to: &[CORE, STORE, MESSENGER, TESTKIT] },
    Arrow { from: "xtask", to: &[] },
];

/// Complains about every dependency of a crate on another that is not in [`ARROWS`], and about a crate that is not.
pub(crate) fn point_the_right_way(path: &str, text: &str) -> Vec<Finding> {
    if !path.ends_with("Cargo.toml") {
        return Vec::new();
    }
    let manifest = match text.parse::<Table>() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::whole(path, format!("cannot be read: {}", error.message()))],
    };
    // The root manifest has no package; its shared dependencies bind nobody.
    let Some(package) =
        manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str)
    else {
        return Vec::new();
    };
    let Some(arrow) = ARROWS.iter().find(|arrow| arrow.from == package) else {
        return vec![Finding::whole(
            path,
            format!("`{package}` is new: draw its arrows in xtask/src/tidy/arrows.rs"),
        )];
    };
    wrong(&manifest, arrow)
        .into_iter()
        .map(|(name, section)| {
            Finding::whole(path, format!("`{package}` must not name `{name}` in {section}"))
        })
        .collect()
}

/// The dependencies that `arrow` does not allow, each with the section it stands in.
fn wrong(manifest: &Table, arrow: &Arrow) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let per_target = manifest.get("target").and_then(Value::as_table);
    let tables = std::iter::once(manifest)
        .chain(per_target.into_iter().flat_map(Table::values).filter_map(Value::as_table));
    for table in tables {
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let Some(dependencies) = table.get(section).and_then(Value::as_table) else { continue };
            let allowed =
                |name: &str| arrow.to.contains(&name) || (section == "dev-dependencies" && name == TESTKIT);
            let named = dependencies.iter().map(|(key, entry)| package_of(key, entry));
            found.extend(
                named.filter(|name| is_ours(name) && !allowed(name)).map(|name| (name.to_owned(), section)),
            );
        }
    }
    found
}

/// The package behind an entry, which may be renamed.
fn package_of<'a>(key: &'a str, entry: &'a Value) -> &'a str {
    entry.get("package").and_then(Value::as_str).unwrap_or(key)
}

fn is_ours(package: &str) -> bool {
    package == "hearken" || package.starts_with("hearken-") || package == "xtask"
}

#[cfg(test)]
mod tests {
    //! Manifests of one line a section.

    use super::super::tests::check;
    use super::*;

    /// Counts the findings for a package with the given further lines.
    #[track_caller]
    fn arrows(package: &str, sections: &str, wrong: usize) {
        let manifest = format!("[package]\nname = \"{package}\"\n{sections}");
        check(point_the_right_way, "crates/x/Cargo.toml", &manifest, &vec![0; wrong]);
    }

    #[test]
    fn allowed() {
        arrows(CORE, "[dependencies]\nserde = \"1\"", 0);
        arrows(CORE, "[dev-dependencies]\nhearken-testkit.workspace = true", 0);
        arrows(STORE, "[dependencies]\nhearken-core.workspace = true", 0);
        arrows(
            MESSENGER,
            "[dependencies]\nhearken-core.workspace = true\nhearken-transport.workspace = true",
            0,
        );
        arrows(
            "hearken",
            "[dependencies]\nhearken-store.workspace = true\nhearken-messenger.workspace = true",
            0,
        );
        arrows("hearken-bench", "[dependencies]\nhearken-testkit.workspace = true", 0);
    }

    #[test]
    fn refused() {
        arrows(CORE, "[dependencies]\nhearken-store.workspace = true", 1);
        arrows(TRANSPORT, "[dependencies]\nhearken-store.workspace = true", 1);
        arrows(MESSENGER, "[dependencies]\nhearken-store = { path = \"../store\" }", 1);
        arrows(MESSENGER, "[dependencies]\nhearken-desk = { path = \"../desk\" }", 1);
        arrows(MESSENGER, "[dev-dependencies]\nhearken-store.workspace = true", 1);
        arrows(MESSENGER, "[build-dependencies]\nhearken-testkit.workspace = true", 1);
        arrows("hearken", "[dependencies]\nhearken-testkit.workspace = true", 1);
        arrows(STORE, "[dependencies]\nkit = { package = \"hearken-testkit\", path = \"../testkit\" }", 1);
        arrows(CORE, "[target.'cfg(unix)'.dependencies]\nhearken-store.workspace = true", 1);
        arrows(CORE, "[dependencies]\nhearken.workspace = true\nxtask.workspace = true", 2);
        arrows(
            SOCKETIO,
            "[dependencies]\nhearken-core.workspace = true\nhearken-transport.workspace = true",
            2,
        );
    }

    #[test]
    fn strangers() {
        arrows("hearken-garden", "", 1);
        check(point_the_right_way, "Cargo.toml", "[workspace]\nmembers = []", &[]);
        check(point_the_right_way, "crates/x/Cargo.toml", "[package", &[0]);
        check(point_the_right_way, "crates/x/src/lib.rs", "[package", &[]);
    }
}
