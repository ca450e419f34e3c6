//! Several nodes on one store in memory, on one clock that a test moves: lines, leases, timers, keys.

mod town;

mod graces;
mod keys;
mod leases;
mod lines;
mod newer;
mod timers;
