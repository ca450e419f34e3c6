//! The dialect against its seed and contract, and against whatever else a client may send.

mod commands;
mod error_frames;
mod faults;
mod fields;
mod properties;
mod seed;
mod seed_fetches;
mod written;

use crate::timestamp::{Stamp, server_time};

/// The server time of the seed's samples.
fn now() -> Stamp {
    server_time("2020-11-21T16:32:18.789Z".parse().unwrap())
}
