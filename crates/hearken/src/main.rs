//! The `hearken` binary: reads the command line and the settings, and does what was asked.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use hearken::cli::{Cli, Command};

fn main() -> ExitCode {
    match run(&Cli::of_process()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    let _settings = cli.sources()?.resolve()?;
    match &cli.command {
        Command::Serve(_)
        | Command::Account(_)
        | Command::Organisation(_)
        | Command::Token { .. }
        | Command::Check => {
            bail!("this build has no core to carry out the command with")
        }
    }
}
