//! What the tests of the workspace share: the suite that every store has to pass, and a store that fails on demand.

pub mod conformance;
pub mod faulty;
