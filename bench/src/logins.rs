//! Password sign-ins at a fixed rate, beside whatever else the server is doing: what messages feel of them is measured
//! by the run beside it, so this only offers the load and says what became of it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::cli::LoginsArgs;
use crate::clock::Clock;
use crate::people::{People, SignIn};

/// How many may be on their way; what is due beyond that is counted as not sent.
const AT_ONCE: usize = 512;
/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most bytes of an answer that are looked at.
const MOST: usize = 16 << 10;

/// How one went: its status, and how many microseconds it took.
type Outcome = (String, u64);

/// Offers the load and prints one line of JSON.
pub(crate) fn run(args: &LoginsArgs) -> Result<()> {
    let people = People::read(&args.people)?;
    let sign_in = people.sign_in.context("the people file has nobody with a password: prepare it anew")?;
    let base = args.base.clone().or(people.base).context("which server? give --base")?;
    let address = base.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcomes = runtime.block_on(offer(&address, &sign_in, args));
    let mut statuses = BTreeMap::<String, u64>::new();
    let mut times = Histogram::<u64>::new(3)?;
    for (status, micros) in outcomes {
        if status == "200" {
            times.record(micros)?;
        }
        *statuses.entry(status).or_default() += 1;
    }
    let of = |quantile| times.value_at_quantile(quantile) as f64 / 1000.0;
    let line = json!({
        "mode": "logins", "rate": args.rate, "seconds": args.seconds, "statuses": statuses,
        "ms": { "p50": of(0.5), "p99": of(0.99) },
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

async fn offer(address: &str, sign_in: &SignIn, args: &LoginsArgs) -> Vec<Outcome> {
    let body = json!({ "email": sign_in.email, "password": sign_in.password }).to_string();
    let request = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let request: Arc<[u8]> = request.into_bytes().into();
    let (told, mut outcomes) = mpsc::unbounded_channel();
    let places = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut due = tokio::time::interval(Duration::from_secs_f64(1.0 / args.rate));
    let count = (args.rate * args.seconds) as u64;
    for _ in 0..count {
        due.tick().await;
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            let _ = told.send(("not sent".to_owned(), 0));
            continue;
        };
        let (address, request, told) = (address.to_owned(), Arc::clone(&request), told.clone());
        tokio::spawn(async move {
            let clock = Clock::start();
            let answer = tokio::time::timeout(PATIENCE, ask(&address, &request)).await;
            let status = match answer {
                Ok(Ok(status)) => status,
                Ok(Err(_)) => "broken".to_owned(),
                Err(_) => "late".to_owned(),
            };
            let _ = told.send((status, clock.now() / 1000));
            drop(place);
        });
    }
    drop(told);
    let mut all = Vec::new();
    while let Some(outcome) = outcomes.recv().await {
        all.push(outcome);
    }
    all
}

/// One request on a connection of its own, as people come; the status of its answer.
async fn ask(address: &str, request: &[u8]) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.take(MOST as u64).read_to_end(&mut answer).await?;
    let head = std::str::from_utf8(&answer).context("not text")?;
    head.split(' ').nth(1).map(ToOwned::to_owned).context("no status")
}
