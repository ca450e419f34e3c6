//! A PostgreSQL for whoever asks from outside Rust (`scripts/test.sh`): prints its address, and throws it away when its
//! own standard input ends, which it does with the process that holds the other end.

use std::io::{Read as _, Write as _};

use hearken_testkit::throwaway::Postgres;

fn main() -> std::io::Result<()> {
    let postgres = Postgres::start();
    let mut out = std::io::stdout();
    writeln!(out, "{}", postgres.url("postgres"))?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
