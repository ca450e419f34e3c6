//! Transcripts: what clients and server say to each other, as text that reads like the documentation it comes from.
//!
//! ```text
//! # A remark.
//! open a /ws/chat/special/9898989898/ as budi/phone
//! a C> {"command":"hello"}
//! a S> {"command":"welcome","at":"<server time>"}
//! a silent
//! a closed 4401
//! close a
//! ```
//!
//! `C>` is sent as it stands. `S>` is what must come next, byte for byte; where it has `<server time>`, any time in
//! the server's own form will do. `silent` claims that nothing comes before the next line of that connection, which
//! there must be: nobody waits to see that nothing happens. A line that is none of these is for the [`Stage`], which
//! makes people and moves clocks. When the transcript is over, nothing may be left unsaid on a connection.

mod matching;
mod script;

use std::collections::BTreeMap;
use std::fmt;

use self::matching::matches;
use self::script::{Line, Step};
use crate::client::{Client, Next};

/// What a transcript is played on.
pub trait Stage {
    /// Opens `path` as `who`: a person, or one of his devices (`budi/phone`). The error says why not.
    fn open(&mut self, path: &str, who: &str) -> impl Future<Output = Result<Client, String>>;

    /// Does what a line asks that is not about a connection. The error says why not.
    fn act(&mut self, words: &[&str]) -> impl Future<Output = Result<(), String>>;
}

/// Where a transcript and a server part ways.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The transcript.
    pub name: String,
    /// Its line, from 1; 0 for what comes after the last.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, line, why } = self;
        if *line == 0 {
            write!(f, "{name}, at the end: {why}")
        } else {
            write!(f, "{name}, line {line}: {why}")
        }
    }
}

/// Plays a transcript; `name` is for the failure.
pub async fn play(name: &str, text: &str, stage: &mut impl Stage) -> Result<(), Failure> {
    let failure = |line, why| Failure { name: name.to_owned(), line, why };
    let lines = script::read(text).map_err(|(line, why)| failure(line, why))?;
    let mut open = BTreeMap::new();
    for Line { number, step } in lines {
        take(step, &mut open, stage).await.map_err(|why| failure(number, why))?;
    }
    for (connection, client) in open {
        ended(connection, client).await.map_err(|why| failure(0, why))?;
    }
    Ok(())
}

type Open<'t> = BTreeMap<&'t str, Client>;

async fn take<'t>(step: Step<'t>, open: &mut Open<'t>, stage: &mut impl Stage) -> Result<(), String> {
    match step {
        Step::Open { connection, path, who } => {
            let client = stage.open(path, who).await?;
            open.insert(connection, client);
            Ok(())
        }
        Step::Sent { connection, frame } => {
            client(open, connection).send(frame).await;
            Ok(())
        }
        Step::Said { connection, frame } => match client(open, connection).next().await {
            Next::Text(got) if matches(frame, &got) => Ok(()),
            Next::Text(got) => Err(differs(frame, &got)),
            other => Err(differs(frame, &format!("{other:?}"))),
        },
        Step::Closed { connection, code } => match client(open, connection).next().await {
            Next::Closed(got) if got == code => Ok(()),
            other => Err(differs(&format!("Closed({code})"), &format!("{other:?}"))),
        },
        Step::Close { connection } => match open.remove(connection) {
            Some(client) => ended(connection, client).await,
            None => Ok(()),
        },
        Step::Silent => Ok(()),
        Step::Other(words) => stage.act(&words).await,
    }
}

fn client<'o>(open: &'o mut Open<'_>, connection: &str) -> &'o mut Client {
    open.get_mut(connection).expect("a script speaks of connections that are open")
}

fn differs(expected: &str, got: &str) -> String {
    format!("\n  expected {expected}\n  got      {got}")
}

/// Says goodbye, and complains of whatever the server had said beyond the transcript.
async fn ended(connection: &str, client: Client) -> Result<(), String> {
    match client.close().await.first() {
        Some(left) => Err(format!("{connection} was told more:\n  got      {left}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
