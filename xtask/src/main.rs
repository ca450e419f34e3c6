//! Chores of the repository itself. `tidy` checks what no compiler checks: the arrows between crates, the words and
//! names we keep out, the links of the documents (`cargo test -p xtask` runs the same check). `tally` reads what a test
//! runner printed, for `scripts/test.sh`.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

mod tally;
mod tidy;

const USAGE: &str = "usage: cargo run -p xtask -- tidy
       cargo run -p xtask -- tally <REPORT   (prints PASSED FAILED, then the runner's own lines)";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy(&mut out),
        ["tally"] => tally(&mut out),
        _ => {
            writeln!(out, "{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn tidy(out: &mut impl std::io::Write) -> anyhow::Result<ExitCode> {
    let tree = tidy::Tree::of_this_repository()?;
    let findings = tidy::findings(&tree);
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    writeln!(out, "tidy: {} files, {} findings", tree.len(), findings.len())?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tally(out: &mut impl std::io::Write) -> anyhow::Result<ExitCode> {
    let mut report = Vec::new();
    std::io::stdin().lock().read_to_end(&mut report)?;
    // A test may print anything; the lines of summary are plain.
    let tally = tally::Tally::of(&String::from_utf8_lossy(&report));
    writeln!(out, "{} {}", tally.passed, tally.failed)?;
    for line in &tally.lines {
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}
