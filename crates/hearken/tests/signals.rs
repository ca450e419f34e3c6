//! Signals, sent for real to a process of their own: this test binary, started again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, Command, Stdio};

use hearken::lifecycle::stop_on_signals;
use rustix::process::{Pid, Signal, kill_process};

/// Set for the started process: what it does once it is asked to stop.
const ROLE: &str = "HEARKEN_TEST_SIGNALS";

#[tokio::test]
#[ignore = "the other tests of this file start it in a process of its own"]
async fn child() {
    let role = std::env::var(ROLE).expect("started by the other tests");
    let mut stopping = stop_on_signals().expect("handlers");
    tell("ready");
    stopping.requested().await;
    tell("stopping");
    if role == "hang" {
        std::future::pending::<()>().await;
    }
}

fn tell(word: &str) {
    writeln!(std::io::stderr(), "{word}").expect("the parent reads");
}

/// A started child, ready for signals.
fn start(role: &str) -> (Child, BufReader<ChildStderr>) {
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env(ROLE, role)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped"));
    expect(&mut lines, "ready");
    (child, lines)
}

fn expect(lines: &mut BufReader<ChildStderr>, word: &str) {
    let mut line = String::new();
    lines.read_line(&mut line).expect("readable");
    assert_eq!(line.trim_end(), word);
}

fn send(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, signal).expect("sent");
}

#[test]
fn one_signal_asks_for_a_clean_stop() {
    for signal in [Signal::TERM, Signal::INT] {
        let (mut child, mut lines) = start("finish");
        send(&child, signal);
        expect(&mut lines, "stopping");
        assert!(child.wait().expect("it ends").success(), "{signal:?}");
    }
}

#[test]
fn a_second_signal_ends_the_process_on_the_spot() {
    for (first, second) in
        [(Signal::TERM, Signal::TERM), (Signal::INT, Signal::TERM), (Signal::TERM, Signal::INT)]
    {
        let (mut child, mut lines) = start("hang");
        send(&child, first);
        expect(&mut lines, "stopping");
        send(&child, second);
        assert_eq!(child.wait().expect("it ends").code(), Some(1), "{first:?}, {second:?}");
    }
}
