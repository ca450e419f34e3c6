//! The seed's own examples and what the contract adds to them, as transcripts over real sockets, on every store. They
//! are in `transcripts/`; lines that are about no connection:
//!
//! ```text
//! person NAME PHONE
//! group KEY NAME… (admins with a star)
//! room NAME NAME  opens a room for these two
//! votes NAME VOTE one of them says whether he would know the other
//! clock TIME      puts the server's clock there
//! ask DEVICE METHOD PATH BODY STATUS   over HTTP, with the token of ben/phone; a body has no spaces
//! ```

use std::path::Path;

use hearken_testkit::client::Client;
use hearken_testkit::transcript::{Stage, play};

use crate::backend::{BACKENDS, Backend};
use crate::stand::Stand;

impl Stage for Stand {
    async fn open(&mut self, path: &str, who: &str) -> Result<Client, String> {
        self.ask(path, who).await.map_err(|refused| format!("refused with {}", refused.status))
    }

    async fn act(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["person", name, phone] => self.person(name, phone).await,
            ["group", key, members @ ..] => self.group(key, members).await,
            ["ask", who, method, path, body, status] => {
                let answer = self.http(who, method, path, body).await;
                if answer.0.as_str() != *status {
                    return Err(format!("answered {} {}", answer.0, answer.1));
                }
            }
            ["room", one, other] => self.open_room(one, other).await,
            ["votes", name, vote] => drop(self.vote(name, vote).await),
            ["clock", time] => {
                let at = time.parse().map_err(|error| format!("{error}"))?;
                self.running.clock.set(at);
            }
            _ => return Err(format!("what is to be done here? {words:?}")),
        }
        Ok(())
    }
}

#[tokio::test]
async fn transcripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messenger/transcripts");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    assert!(files.len() >= 6, "where are they? {files:?}");
    let mut failures = Vec::new();
    for (file, backend) in files.iter().flat_map(|file| BACKENDS.map(|backend| (file, backend))) {
        failures.extend(played(file, backend).await);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Plays one transcript; answers what went wrong.
async fn played(file: &Path, backend: Backend) -> Option<String> {
    let name = format!("{} ({backend:?})", file.file_name().unwrap().display());
    let text = std::fs::read_to_string(file).unwrap();
    let mut stand = Stand::open(backend).await;
    play(&name, &text, &mut stand).await.err().map(|failure| failure.to_string())
}
