//! Where the servers' programs are, and as whom they run.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian puts PostgreSQL's own programs, a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// What to do when one is missing.
const MEND: &str = "`scripts/prepare.sh test` installs it on Debian";

/// A user of this machine, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// A program of PostgreSQL: of the newest version in Debian's place, else from the path.
pub(super) fn of_postgres(name: &str) -> PathBuf {
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let places = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let program = entry.path().join("bin").join(name);
        program.is_file().then_some((version, program))
    });
    places.max().map_or_else(|| on_path(name, "PostgreSQL"), |(_, program)| program)
}

/// A program from the path, or from where servers are kept out of it.
pub(super) fn on_path(name: &str, product: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = places.map(|place| place.join(name)).find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("{product} is missing ({name}): {MEND}"))
}

/// As whom a server runs that refuses to be root's: nobody but PostgreSQL's own user, or the one who owns nothing.
/// `None` when we are not root ourselves.
pub(super) fn unprivileged() -> Option<User> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("users are listed");
    let named = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            Some(User { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        })
    };
    Some(named("postgres").or_else(|| named("nobody")).expect("there is a user who owns nothing"))
}

/// A command of a server: in its folder, in a plain environment, as that user, and out of the terminal's reach.
pub(super) fn command(program: &Path, folder: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").process_group(0);
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command
}
