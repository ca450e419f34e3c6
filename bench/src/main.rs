//! Load generator and raw echo: what a message costs the server, measured the same way for
//! Hearken's doors, for bare sockets and for a peer. `run.sh` beside this crate compares the two.

mod batching;
mod cli;
mod clock;
mod connect;
mod desk;
mod dialect;
mod drive;
mod echo;
mod frame;
mod group;
mod idle;
mod lines;
mod load;
mod logins;
mod meter;
mod pace;
mod pairs;
mod people;
mod prepare;
mod process;
mod processes;
mod relay;
mod report;
mod stamp;
mod table;
mod target;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Load { mode } => load::run(mode),
        Command::Logins(args) => logins::run(&args),
        Command::Echo { listen } => echo::serve(listen),
        Command::Prepare(asked) => prepare::run(&asked),
        Command::Table { files } => table::print(&files),
    }
}
