//! Chores of the repository itself. `cargo run -p xtask -- tidy` checks what no compiler checks: the arrows between
//! crates, the words and names we keep out, the links of the documents. `cargo test -p xtask` runs the same check.

use std::io::Write as _;
use std::process::ExitCode;

mod tidy;

const USAGE: &str = "usage: cargo run -p xtask -- tidy";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    if arguments != ["tidy"] {
        writeln!(out, "{USAGE}")?;
        return Ok(ExitCode::from(2));
    }
    let tree = tidy::Tree::of_this_repository()?;
    let findings = tidy::findings(&tree);
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    writeln!(out, "tidy: {} files, {} findings", tree.len(), findings.len())?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
