//! The systemd unit. `systemd-analyze` reads it where it is installed (scripts/check-deploy.sh); here it is compared with
//! the rest.

use std::path::Path;
use std::time::Duration;

use hearken::cli::Command;

use crate::{command, file};

fn value(key: &str) -> String {
    let unit = file("deploy/hearken.service");
    let found = unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{key} is not set")).to_owned()
}

#[test]
fn it_starts_a_server_on_the_example_settings() {
    let line = value("ExecStart");
    let words: Vec<_> = line.split(' ').collect();
    let cli = command(&words);
    assert!(matches!(cli.command, Command::Serve(_)));
    assert_eq!(cli.place.config.as_deref(), Some(Path::new("/etc/hearken/hearken.toml")));
    let example = hearken::settings::Sources {
        file: Some(("hearken.toml".into(), file("deploy/hearken.toml"))),
        ..Default::default()
    };
    let settings = example.resolve().expect("it loads");
    assert_eq!(settings.data, Path::new("/var/lib").join(value("StateDirectory")));
    let stop: u64 = value("TimeoutStopSec").trim_end_matches('s').parse().expect("seconds");
    assert!(settings.shutdown_grace < Duration::from_secs(stop));
}

#[test]
fn its_user_is_the_one_that_is_made() {
    let made = file("deploy/hearken.sysusers");
    let line = made.lines().find(|line| line.starts_with("u ")).expect("a user");
    assert_eq!(line.split(' ').nth(1), Some(&*value("User")));
    assert_ne!(value("User"), "root");
}
