//! Several nodes on one store in memory, on one clock that a test moves: lines, leases, timers, keys.

#![expect(clippy::print_stdout, reason = "figures for whoever reads the output")]

mod town;

mod graces;
mod keys;
mod leases;
mod lines;
mod newer;
mod timers;
