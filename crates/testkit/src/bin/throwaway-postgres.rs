//! A PostgreSQL for whoever asks from outside Rust. With a command, runs it with `HEARKEN_TEST_POSTGRES` set and ends as
//! it does. Without, prints the address, and throws everything away when its own standard input ends, which it does
//! with the process that holds the other end (`scripts/test.sh`).

use std::io::{Read as _, Write as _};
use std::process::{Command, ExitCode};

use hearken_testkit::throwaway::Postgres;

fn main() -> std::io::Result<ExitCode> {
    let mut asked = std::env::args_os().skip(1);
    let postgres = Postgres::start();
    let address = postgres.url("postgres");
    if let Some(program) = asked.next() {
        let status = Command::new(program).args(asked).env("HEARKEN_TEST_POSTGRES", address).status()?;
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
    }
    let mut out = std::io::stdout();
    writeln!(out, "{address}")?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(ExitCode::SUCCESS)
}
