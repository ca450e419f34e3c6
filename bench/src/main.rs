//! Load generator and raw echo: what a message costs the server, measured the same way for
//! Hearken's messenger and for bare sockets. `run.sh` beside this crate compares the two.

mod cli;
mod echo;
mod relay;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Echo { listen } => echo::serve(listen),
    }
}
