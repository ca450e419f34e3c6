//! Rules about places outside the repository: nobody's folders, and no registry's host. Where packages come from is
//! the business of the machine that builds, which may have a mirror.
//!
//! The names below are put together from halves, so that this file keeps its own rules.

use super::Finding;

/// Folders that exist on somebody's machine only.
const FOLDERS: [&str; 4] =
    [concat!("/", "root"), concat!("/", "tmp"), concat!("/", "work"), concat!("/", "home")];

/// Parts of the host names of package registries.
const HOSTS: [&str; 5] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted"),
    concat!("npm", "js"),
    concat!("deb", ".debian.org"),
];

/// Written by the package managers, which put the registry's name in.
const LOCK_FILES: [&str; 2] = ["Cargo.lock", "package-lock.json"];

/// No text names a folder of somebody's machine. A test takes a temporary folder from the system instead.
pub(crate) fn no_machine_paths(path: &str, text: &str) -> Vec<Finding> {
    found_in(
        path,
        text,
        |line| FOLDERS.into_iter().find(|folder| names_folder(line, folder)),
        "a machine's path",
    )
}

/// No text but the lock files names a registry.
pub(crate) fn no_registry_hosts(path: &str, text: &str) -> Vec<Finding> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if LOCK_FILES.contains(&name) {
        return Vec::new();
    }
    found_in(path, text, |line| HOSTS.into_iter().find(|host| line.contains(host)), "a registry's host")
}

fn found_in(
    path: &str,
    text: &str,
    offence: impl Fn(&str) -> Option<&'static str>,
    kind: &str,
) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| Some((index + 1, offence(line)?)))
        .map(|(number, name)| Finding::at(path, number, format!("`{name}` is {kind}: leave it out")))
        .collect()
}

/// Whether `line` has `folder` as the start of an absolute path, not as a part of a relative one or of a longer name.
fn names_folder(line: &str, folder: &str) -> bool {
    let of_name = |letter: char| letter.is_alphanumeric() || "_-.$})]".contains(letter);
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        !before.is_some_and(of_name)
            && !after.is_some_and(|letter| letter.is_alphanumeric() || "_-.".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    //! Where a name of a place is an offence, and where it only looks like one.

    use super::super::tests::check;
    use super::*;

    #[test]
    fn folders() {
        for folder in FOLDERS {
            for line in
                ["F", "see F/x", "path = \"F/x\"", "(F/x)", "`F`", "file://F/x", "DIR=F/x", "PATH=/bin:F/x"]
            {
                check(no_machine_paths, "a.md", &format!("ok\n{}", line.replace('F', folder)), &[2]);
            }
            for line in ["xF/x", "./aF", "$HOMEF/x", "${X}F", "Fplace", "F_of", "F-x/y", "..F/x"] {
                check(no_machine_paths, "a.md", &line.replace('F', folder), &[]);
            }
        }
        check(
            no_machine_paths,
            "a.yml",
            ".github/workflows/ci.yml in the tmp folder, at home and at work",
            &[],
        );
    }

    #[test]
    fn hosts() {
        for host in HOSTS {
            let line = format!("from https://{host}/x");
            check(no_registry_hosts, "README.md", &line, &[1]);
            check(no_registry_hosts, "deny.toml", &format!("ok\n{line}"), &[2]);
            check(no_registry_hosts, "Cargo.lock", &line, &[]);
            check(no_registry_hosts, "e2e/node/package-lock.json", &line, &[]);
            check(no_registry_hosts, "notes/Cargo.lock.md", &line, &[1]);
        }
        check(no_registry_hosts, "README.md", "a crate, npm, pip and apt-get", &[]);
    }
}
