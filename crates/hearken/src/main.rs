//! The `hearken` binary: reads the command line and the settings, and does what was asked.

use std::io::Write as _;
use std::process::ExitCode;

use hearken::cli::{Cli, Command};
use hearken::{commands, keeping, serve};
use hearken_core::ids::AccountId;

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
    // What this process makes, it makes for its owner alone.
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
    // It is the same whatever is set.
    if matches!(cli.command, Command::Openapi) {
        return commands::openapi();
    }
    let settings = cli.sources()?.resolve()?;
    match &cli.command {
        Command::Serve(asked) => serve::run(&settings, asked.demo),
        Command::Account(asked) => commands::account(&settings, asked),
        Command::Organisation(asked) => commands::organisation(&settings, asked),
        Command::Token { account, ttl } => commands::token(&settings, AccountId(*account), *ttl),
        Command::Key(asked) => commands::key(&settings, asked),
        Command::Backup { file } => keeping::command::backup(&settings, file),
        Command::Restore { file } => keeping::command::restore(&settings, file),
        Command::Export { account } => keeping::command::export(&settings, AccountId(*account)),
        Command::Erase { account } => keeping::command::erase(&settings, AccountId(*account)),
        Command::Migrate => keeping::command::migrate(&settings),
        Command::Check => keeping::command::check(&settings),
        Command::Openapi => commands::openapi(),
    }
}
