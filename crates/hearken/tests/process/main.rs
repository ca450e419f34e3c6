//! The real binary as a process: killed, cut off from power, out of disk, stopped, asked by commands. What is
//! acknowledged is kept, whatever happens to the process (common.md, "What an acknowledgement means").
//!
//! `HEARKEN_BIN` names another binary than the one built with these tests; `HEARKEN_SOAK=1` makes them long.

mod backup;
mod bad_disk;
mod book;
mod chatter;
mod cluster;
mod commands;
mod crowd;
mod desk;
mod dice;
mod disk;
mod effects;
mod erase;
mod folder;
mod import;
mod kill;
mod migrate;
mod outside;
mod people;
mod place;
mod power;
mod resident;
mod said;
mod server;
mod shared;
mod shutdown;
mod socket;
mod start;
mod talker;
mod tls;
mod town;
mod vouched;

/// Short counts for every run, long ones for `make soak`.
fn rounds(short: usize, long: usize) -> usize {
    if std::env::var_os("HEARKEN_SOAK").is_some_and(|value| value == "1") { long } else { short }
}

/// A figure for whoever reads the output of the tests.
fn figure(line: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "{line}");
}
