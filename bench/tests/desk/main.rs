//! The load generator against a desk that keeps everything in memory, and against one with faults: a good one is
//! measured, and each fault shows as the error it is.

mod double;

use std::process::{Command, Output};

use double::{Double, Fault};
use serde_json::{Value, json};

/// Runs one load against a desk with this fault.
fn load(fault: Fault, arguments: &str) -> (Output, Value) {
    let double = Double::start(fault);
    let some = |letter: char, count: usize| -> Vec<Value> {
        let ids = (0..count).map(|number| format!("{letter}{number}"));
        ids.map(|id| json!({"id": id, "token": double::token(&id), "name": id, "email": id})).collect()
    };
    let file = tempfile::NamedTempFile::new().expect("a file");
    let desk = json!({"organisation": "o", "visitors": some('v', 120), "agents": some('a', 12), "supervisors": some('s', 1)});
    let text = json!({"base": double.base, "pid": std::process::id(), "people": [], "desk": desk});
    std::fs::write(file.path(), text.to_string()).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_hearken-bench"))
        .arg("load")
        .args(arguments.split(' '))
        .args(["--warmup", "0.05", "--drain", "0.2", "--people"])
        .arg(file.path())
        .output()
        .expect("the load runs");
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output, report)
}

#[test]
fn a_good_desk_is_measured_in_every_mode() {
    for (arguments, deliveries_a_message) in [
        ("desk --chats 7 --each 3 --seconds 0.3", 1.0),
        ("desk --chats 4 --each 1 --supervisors 1 --seconds 0.3", 1.0),
        ("desk --chats 4 --rate 300 --spread poisson --seconds 0.3", 1.0),
        ("desk-broadcast --sockets 10 --burst 8 --seconds 0.3", 10.0),
        ("desk-broadcast --sockets 3 --burst 7 --visitors 3 --body 200 --seconds 0.3", 3.0),
        ("desk-idle --sockets 100 --seconds 0.1", 0.0),
    ] {
        let (output, report) = load(Fault::None, arguments);
        assert!(output.status.success(), "{arguments}: {output:?}");
        assert_eq!((&report["side"], &report["errors"]), (&"hearken".into(), &0.into()), "{report}");
        let count = |name: &str| report[name].as_f64().unwrap_or_default();
        let room = 200.0; // what a window may cut in two at its ends
        let expected = count("messages") * deliveries_a_message;
        assert!((count("deliveries") - expected).abs() <= room, "{arguments}: {report}");
        assert!(deliveries_a_message == 0.0 || count("messages") > 20.0, "{arguments}: {report}");
    }
}

#[test]
fn every_fault_is_an_error_of_its_kind() {
    for (fault, arguments, kind) in [
        (Fault::Refuses, "desk --chats 2", "refused"),
        (Fault::Loses, "desk --chats 2", "lost"),
        (Fault::Doubles, "desk --chats 2", "unknown or twice"),
        (Fault::Swaps, "desk --chats 1 --rate 500", "out of order"),
        (Fault::Babbles, "desk --chats 2 --each 1", "at another's line"),
        (Fault::Closes, "desk --chats 2", "closed"),
        (Fault::Refuses, "desk-broadcast --sockets 4 --burst 4", "refused"),
        (Fault::Loses, "desk-broadcast --sockets 4 --burst 4", "out of order"),
        (Fault::Doubles, "desk-broadcast --sockets 4 --burst 4", "out of order"),
        (Fault::Swaps, "desk-broadcast --sockets 4 --burst 4 --visitors 2", "out of order"),
        (Fault::Loses, "desk-broadcast --sockets 4 --burst 1", "lost"),
    ] {
        let (output, report) = load(fault, &format!("{arguments} --seconds 0.3"));
        assert!(!output.status.success(), "{fault:?}: {report}");
        let named = report["error_kinds"][kind].as_u64().unwrap_or_default();
        assert!(named > 0, "{fault:?} {arguments}: {report} {output:?}");
        if fault == Fault::Refuses {
            assert!(report["first_refusal"].to_string().contains("busy"), "{report}");
        }
    }
}

#[test]
fn a_run_that_cannot_begin_says_why() {
    for (fault, arguments, word) in [
        (Fault::Forgets, "desk --seconds 0.1 --chats 2", "401"),
        (Fault::Slams, "desk --seconds 0.1 --chats 2", "waiting for CONNECT"),
        (Fault::None, "desk --seconds 0.1 --chats 13 --each 1", "only 12"),
        (Fault::None, "desk-idle --seconds 0.1 --sockets 200", "only 120"),
        (Fault::None, "desk --seconds 0.1 --rate 0", "rate must be positive"),
    ] {
        let (output, report) = load(fault, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && report.is_null(), "{arguments}: {report}");
        assert!(stderr.contains(word), "{arguments}: {stderr}");
    }
}
