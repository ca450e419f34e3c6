//! The real binary with settings it must refuse: exit code 1, one line on standard error that names the key,
//! the place and the mend, and nothing on standard output. Misuse of the command line exits with 2.

use std::path::Path;
use std::process::{Command, Output};

/// Arguments, variables, and what standard error must say.
type Case = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static str);

/// Runs the binary in `folder` with an environment of nothing but `variables`.
fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hearken"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("the binary runs")
}

#[test]
fn a_refused_setting_stops_the_start_with_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("bad.toml"), "\n[limits]\nping_intervall = '1s'\n").expect("written");
    std::fs::write(folder.path().join("later.toml"), "[ably]\nretention = 'hush'\n").expect("written");
    let cases: &[Case] = &[
        (
            &["serve", "--listen", "7070"],
            &[],
            "error: `listen` = \"7070\" (flag --listen) is not a valid socket address: write an IP address and a port, \
             such as 127.0.0.1:7070, 0.0.0.0:80 or [::1]:0",
        ),
        (
            &["serve"],
            &[("HEARKEN_LIMITS__PING_INTERVAL", "10")],
            "error: `limits.ping_interval` = \"10\" (variable HEARKEN_LIMITS__PING_INTERVAL) is not a valid duration: \
             write a number with a unit, such as 500ms, 10s, 30m, 12h or 7d",
        ),
        (
            &["check", "--config", "bad.toml"],
            &[],
            "error: unknown key `limits.ping_intervall` (bad.toml:3): did you mean `limits.ping_interval`?",
        ),
        (
            &["account", "list", "--config", "later.toml"],
            &[],
            "error: `ably.retention` (later.toml:2) is not supported by this version yet: remove it",
        ),
        (
            &["serve"],
            &[("HEARKEN_SMS__PROVIDER", "webhook")],
            "error: `sms.url` is not set, and `sms.provider` = \"webhook\" needs it: set it, or choose something else there",
        ),
        (
            &["serve", "--config", "missing.toml"],
            &[],
            "error: cannot read the settings file missing.toml (No such file or directory (os error 2)): name a \
             readable file with --config, or leave the flag out",
        ),
        (
            &["organisation", "list", "--data", ""],
            &[],
            "error: `data` = \"\" (flag --data) is not a valid path: \
             write a path, such as ./data or /var/lib/hearken",
        ),
    ];
    for (arguments, variables, expected) in cases {
        let output = run(folder.path(), arguments, variables);
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("{expected}\n"), "{arguments:?}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{arguments:?}");
    }
}

#[test]
fn the_default_file_is_read_where_the_process_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let stderr = || String::from_utf8_lossy(&run(folder.path(), &["check"], &[]).stderr).into_owned();
    assert!(!stderr().contains("hearken.toml"), "a missing default file is fine");
    std::fs::write(folder.path().join("hearken.toml"), "messenger.rate = 0").expect("written");
    let expected = "error: `messenger.rate` = 0 (hearken.toml:1) is out of bounds: write 1 to 1000000\n";
    assert_eq!(stderr(), expected);
    // A named file takes the place of the default one.
    std::fs::write(folder.path().join("named.toml"), "listen = 1").expect("written");
    let named = run(folder.path(), &["check", "--config", "named.toml"], &[]);
    assert!(String::from_utf8_lossy(&named.stderr).contains("named.toml:1"));
}

#[test]
fn misuse_exits_with_2_and_help_with_0() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, code) in [
        (&["serve", "--port", "1"][..], 2),
        (&["token", "nobody"][..], 2),
        (&["account", "add"][..], 2),
        (&[][..], 2),
        (&["--help"][..], 0),
        (&["account", "add", "--help"][..], 0),
        (&["--version"][..], 0),
    ] {
        let output = run(folder.path(), arguments, &[]);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert_eq!(output.stdout.is_empty(), code == 2, "{arguments:?}: help goes to standard output");
    }
}
