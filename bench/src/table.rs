//! Result lines as a table for people: for each label the medians of its sides, and beneath them
//! the ratio of the first side to the second.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

/// Columns: heading, where the figure stands in a result line, and decimals.
const COLUMNS: [(&str, &str, usize); 10] = [
    ("messages/s", "/messages_per_s", 0),
    ("CPU s/10k", "/cpu_s_per_10k", 3),
    ("µs/delivery", "/us_per_delivery", 2),
    ("rules/commit", "/rules_per_commit", 1),
    ("p50 ms", "/delivered_ms/p50", 3),
    ("p99 ms", "/delivered_ms/p99", 3),
    ("sent p99 ms", "/msg_sent_ms/p99", 3),
    ("KiB/socket", "/kib_per_socket", 2),
    ("PSS MiB", "/server_pss_kib", 1),
    ("errors", "/errors", 0),
];

/// Prints the table of all lines in `files`.
pub(crate) fn print(files: &[PathBuf]) -> Result<()> {
    let mut lines = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let value: Value = serde_json::from_str(line)
                .with_context(|| format!("{} holds a line that is no result", file.display()))?;
            lines.push(value);
        }
    }
    write!(std::io::stdout(), "{}", table(&lines))?;
    Ok(())
}

/// Runs of one side of one label.
#[derive(Debug)]
struct Row<'a> {
    label: &'a str,
    side: &'a str,
    runs: Vec<&'a Value>,
}

fn table(lines: &[Value]) -> String {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for line in lines {
        let name = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or("?");
        let (label, side) = (name("label"), name("side"));
        match rows.iter_mut().find(|row| row.label == label && row.side == side) {
            Some(row) => row.runs.push(line),
            None => rows.push(Row { label, side, runs: vec![line] }),
        }
    }
    rows.sort_by_key(|row| lines.iter().position(|line| line["label"] == row.label));
    let headings = COLUMNS.map(|(heading, ..)| heading).join(" | ");
    let mut out =
        format!("| run | side | runs | {headings} |\n|---|---|---|{}\n", "---|".repeat(COLUMNS.len()));
    for group in rows.chunk_by(|one, other| one.label == other.label) {
        for row in group {
            let cells = COLUMNS.map(|column| cell(median(row, column.1), column));
            push(&mut out, row.label, row.side, &row.runs.len().to_string(), &cells);
        }
        if let [first, second, ..] = group {
            let cells = COLUMNS.map(|column| ratio(median(first, column.1), median(second, column.1)));
            push(&mut out, group[0].label, &format!("{} / {}", first.side, second.side), "", &cells);
        }
    }
    out
}

fn push(out: &mut String, label: &str, side: &str, runs: &str, cells: &[String]) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| {label} | {side} | {runs} | {} |", cells.join(" | "));
}

fn median(row: &Row<'_>, place: &str) -> Option<f64> {
    let mut values: Vec<f64> = row.runs.iter().filter_map(|run| run.pointer(place)?.as_f64()).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

fn cell(value: Option<f64>, (_, place, decimals): (&str, &str, usize)) -> String {
    let scale = if place == "/server_pss_kib" { 1_024.0 } else { 1.0 };
    value.map_or(String::new(), |value| format!("{:.decimals$}", value / scale))
}

fn ratio(first: Option<f64>, second: Option<f64>) -> String {
    match (first, second) {
        (Some(first), Some(second)) if second != 0.0 => format!("{:.2}×", first / second),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(label: &str, side: &str, cpu: f64) -> Value {
        json!({"label": label, "side": side, "cpu_s_per_10k": cpu, "messages_per_s": 1000.4,
               "delivered_ms": {"p50": 1.5, "p99": 2.25}, "server_pss_kib": 2048, "errors": 0})
    }

    /// The cells of the row of this label and side.
    fn row(table: &str, label: &str, side: &str) -> Vec<String> {
        let start = format!("| {label} | {side} |");
        let line = table.lines().find(|line| line.starts_with(&start)).unwrap_or_default();
        line.trim_matches('|').split('|').skip(2).map(|cell| cell.trim().to_owned()).collect()
    }

    #[test]
    fn medians_and_ratios() {
        let lines = [
            run("pairs", "hearken", 0.3),
            run("pairs", "echo", 0.1),
            run("idle", "hearken", 9.0),
            run("pairs", "hearken", 0.9),
            run("pairs", "echo", 0.2),
            run("pairs", "hearken", 0.2),
        ];
        let table = table(&lines);
        let hearken = ["3", "1000", "0.300", "", "", "1.500", "2.250", "", "", "2.0", "0"];
        assert_eq!(row(&table, "pairs", "hearken"), hearken);
        assert_eq!(row(&table, "pairs", "echo")[..3], ["2", "1000", "0.150"]);
        assert_eq!(row(&table, "pairs", "hearken / echo")[2], "2.00×");
        assert_eq!(row(&table, "pairs", "hearken / echo")[10], "", "nothing is divided by nothing");
        assert_eq!(row(&table, "idle", "hearken")[2], "9.000");
        assert_eq!(table.lines().count(), 2 + 3 + 1);
    }
}
