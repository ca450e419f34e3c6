//! Whoever reads our log may go away; the process loses lines and nothing else. This needs a process whose
//! standard error is a pipe without a reader: this test binary, started again.

use std::process::{Command, Stdio};

use hearken::settings::Sources;
use hearken::telemetry::logging;

#[test]
#[ignore = "the other test of this file starts it in a process of its own"]
fn child() {
    logging::start(&Sources::default().resolve().expect("defaults")).expect("the first log of this process");
    tracing::error!("nobody reads this");
}

#[test]
fn a_log_nobody_reads_does_not_end_the_process() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ended = Command::new(std::env::current_exe().expect("this binary"))
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .stdout(Stdio::null())
        .stderr(writer)
        .status()
        .expect("it starts");
    assert!(ended.success(), "{ended}");
}
