//! What the server tells its operators: log lines on standard error, and metrics in the Prometheus text form
//! (contract: common.md, Operations). Standard output is left to the commands' results.

pub mod logging;
pub mod metrics;
mod process;
