//! The load generator against a messenger that keeps everything in memory, and against one with
//! faults: a good one is measured, and each fault shows as the error it is.

mod double;

use std::process::{Command, Output};

use double::{Double, Fault};
use serde_json::{Value, json};

/// Runs one load against a messenger with this fault.
fn load(fault: Fault, arguments: &str) -> (Output, Value) {
    let double = Double::start(fault);
    let people: Vec<Value> = (0..12)
        .map(|number| {
            let phone = format!("90000000{number:02}");
            json!({"id": number, "token": double::token(&phone), "phone": phone})
        })
        .collect();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = json!({
        "base": double.base, "pid": std::process::id(), "people": people,
        "group": {"key": double::GROUP, "members": [0, 1, 2, 3, 4]},
    });
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
fn a_good_messenger_is_measured_in_every_mode() {
    for (arguments, deliveries_a_message) in [
        ("pairs --pairs 4 --seconds 0.3", 1.0),
        ("pairs --pairs 6 --seconds 0.3 --receipts", 1.0),
        ("pairs --pairs 4 --seconds 0.3 --rate 300 --spread poisson --receipts", 1.0),
        ("group --seconds 0.3 --sockets 10 --burst 8", 10.0),
        ("group --seconds 0.3 --sockets 3 --burst 1 --members 2,0,1,4 --body 200", 3.0),
        ("idle --sockets 100 --seconds 0.1", 0.0),
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
        (Fault::Refuses, "pairs --pairs 2", "refused"),
        (Fault::Loses, "pairs --pairs 2", "lost"),
        (Fault::Doubles, "pairs --pairs 2", "unknown or twice"),
        (Fault::Swaps, "pairs --pairs 1 --rate 500", "out of order"),
        (Fault::Closes, "pairs --pairs 2", "closed"),
        (Fault::Refuses, "group --sockets 4 --burst 4", "refused"),
        (Fault::Loses, "group --sockets 4 --burst 4", "lost"),
        (Fault::Doubles, "group --sockets 4 --burst 4", "out of order"),
        (Fault::Swaps, "group --sockets 4 --burst 4", "out of order"),
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
fn a_wrong_token_or_too_few_people_stop_the_run_before_it_starts() {
    for (fault, arguments, word) in [
        (Fault::Forgets, "pairs --pairs 2 --seconds 0.1", "401"),
        (Fault::None, "pairs --pairs 7 --seconds 0.1", "14 people"),
        (Fault::None, "group --members 3 --seconds 0.1", "single member"),
        (Fault::None, "group --members 3,70 --seconds 0.1", "person 70"),
    ] {
        let (output, report) = load(fault, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && report.is_null(), "{arguments}: {report}");
        assert!(stderr.contains(word), "{arguments}: {stderr}");
    }
}
