//! The whole load generator against the raw echo, as two processes: every mode prints one line
//! of JSON whose figures hang together, and what goes wrong is not passed over.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const BENCH: &str = env!("CARGO_BIN_EXE_hearken-bench");

/// A running echo, ended when dropped.
struct Echo {
    child: Child,
    base: String,
}

impl Echo {
    fn start() -> Self {
        let mut child = Command::new(BENCH)
            .args(["echo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the echo starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a first line");
        let base = line.trim().strip_prefix("listening on ").expect("the address").to_owned();
        Self { child, base }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(BENCH);
        let pid = self.child.id().to_string();
        command.arg("load").args(arguments.split(' ')).args(["--base", &self.base, "--pid", &pid]);
        command
    }

    /// Runs one load that must succeed and print a single line.
    fn load(&self, arguments: &str) -> Value {
        let output = self.command(arguments).output().expect("the load runs");
        let (stdout, stderr) = text(&output);
        assert!(output.status.success(), "{arguments}: {stderr}{stdout}");
        assert_eq!(stdout.lines().count(), 1, "{stdout}");
        serde_json::from_str(&stdout).expect("one line of JSON")
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(output: &Output) -> (String, String) {
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (read(&output.stdout), read(&output.stderr))
}

fn number(report: &Value, place: &str) -> f64 {
    report.pointer(place).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {place} in {report}"))
}

#[test]
fn pairs_in_closed_loop() {
    let report = Echo::start().load("echo-pairs --pairs 4 --seconds 0.5 --warmup 0.1");
    assert_eq!((&report["mode"], &report["side"]), (&"echo-pairs".into(), &"echo".into()));
    let (messages, deliveries) = (number(&report, "/messages"), number(&report, "/deliveries"));
    assert!(messages > 100.0, "{report}");
    // A window cuts at most one message of each pair in two.
    assert!((messages - deliveries).abs() <= 4.0, "{report}");
    let rate = messages / number(&report, "/seconds");
    assert!((rate - number(&report, "/messages_per_s")).abs() < rate / 1_000.0, "{report}");
    for latency in ["/delivered_ms", "/msg_sent_ms"] {
        let quantiles =
            ["p50", "p90", "p99", "max"].map(|name| number(&report, &format!("{latency}/{name}")));
        assert!(quantiles[0] > 0.0 && quantiles.is_sorted(), "{report}");
    }
    assert!(report["receipt_ms"].is_null());
    let cost = number(&report, "/server_cpu_s") * 1e6 / deliveries;
    assert!((cost - number(&report, "/us_per_delivery")).abs() <= cost / 1_000.0 + 0.001, "{report}");
}

#[test]
fn pairs_at_a_fixed_rate() {
    let echo = Echo::start();
    for spread in ["even", "poisson"] {
        let load = format!("echo-pairs --pairs 5 --rate 400 --spread {spread} --seconds 1 --warmup 0.1");
        let report = echo.load(&load);
        let messages = number(&report, "/messages");
        // A busy machine may push the last answers out of the window.
        let room = if spread == "even" { 40.0 } else { 120.0 };
        assert!((messages - 400.0).abs() <= room, "{report}");
        assert!(number(&report, "/late_ms/p50") < number(&report, "/delivered_ms/p50"), "{report}");
    }
}

#[test]
fn receipts_close_the_loop() {
    let report = Echo::start().load("echo-pairs --pairs 3 --receipts --seconds 0.4 --warmup 0");
    assert!(number(&report, "/messages") > 50.0, "{report}");
    assert!(number(&report, "/receipt_ms/p50") > 0.0, "{report}");
}

#[test]
fn bursts_reach_every_socket_of_a_group() {
    let report = Echo::start().load("echo-group --sockets 20 --burst 8 --seconds 0.4 --warmup 0.1");
    let (messages, deliveries) = (number(&report, "/messages"), number(&report, "/deliveries"));
    assert!(messages >= 8.0, "{report}");
    // The window may cut one burst at each of its ends.
    assert!((deliveries - messages * 20.0).abs() <= 2.0 * 8.0 * 20.0, "{report}");
}

#[test]
fn idle_sockets_have_a_price() {
    let report = Echo::start().load("echo-idle --sockets 500 --seconds 0.1 --warmup 0");
    let price = number(&report, "/kib_per_socket");
    assert!((0.5..200.0).contains(&price), "{report}");
    assert_eq!(report["errors"], 0);
}

#[test]
fn a_server_that_goes_away_ends_the_run_at_once() {
    let mut echo = Echo::start();
    let mut load = echo.command("echo-pairs --pairs 2 --seconds 3600");
    let load = load.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the load starts");
    // Opening four sockets takes no tenth of a second of CPU; messages soon do.
    while ticks(echo.child.id()) < 10 {
        std::thread::yield_now();
    }
    echo.child.kill().expect("it runs");
    let output = load.wait_with_output().expect("the load ends");
    let (stdout, stderr) = text(&output);
    assert!(!output.status.success() && stdout.is_empty(), "{stdout}");
    assert!(stderr.contains("every line was closed"), "{stderr}");
}

/// User and system time of a process, in clock ticks.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum()
}

#[test]
fn requests_that_make_no_sense_are_refused_in_words() {
    let echo = Echo::start();
    for (arguments, word) in [
        ("pairs --pairs 1", "--people"),
        ("echo-pairs --rate 0", "rate"),
        ("echo-pairs --rate=-1", "rate must be positive"),
        ("echo-idle --sockets 0", "sockets"),
        ("echo-group --burst 0", "burst"),
        ("pairs --people /nowhere/people.json", "nowhere"),
    ] {
        let output = echo.command(arguments).output().expect("it runs");
        let (stdout, stderr) = text(&output);
        assert!(!output.status.success() && stdout.is_empty(), "{arguments}: {stdout}");
        assert!(stderr.contains(word), "{arguments}: {stderr}");
    }
}
