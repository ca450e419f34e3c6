//! The command line.

use std::net::SocketAddr;

use clap::{Parser, Subcommand};

/// Load generator and raw echo for side-by-side runs of Hearken.
#[derive(Debug, Parser)]
#[command(name = "hearken-bench", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What this program does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves the raw WebSocket echo.
    Echo {
        /// Address to listen on; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:7071")]
        listen: SocketAddr,
    },
}
