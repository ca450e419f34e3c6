//! A line to a server that a test cuts in the middle of a commit: what is asked passes it unread, but for the one word
//! by which a transaction ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

const WHOLE: u8 = 0;
/// The next commit is handed on, and its answer is not.
const ANSWER: u8 = 1;
/// The next commit is not handed on.
const QUESTION: u8 = 2;
const DONE: u8 = 3;

/// The line.
pub(crate) struct Cut {
    url: String,
    state: Arc<AtomicU8>,
}

impl Cut {
    /// A line to the server at this address.
    pub(crate) async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (start, rest) = url.rsplit_once('@').expect("an address with a user");
        let (server, database) = rest.split_once('/').expect("an address with a database");
        let (server, state) = (server.to_owned(), Arc::new(AtomicU8::new(WHOLE)));
        let kept = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server is there");
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server.into_split());
                let (ending, ended) = tokio::sync::watch::channel(());
                tokio::spawn(answers(from_server, to_client, ended));
                tokio::spawn(questions(from_client, to_server, Arc::clone(&kept), ending));
            }
        });
        Self { url: format!("{start}@127.0.0.1:{port}/{database}?sslmode=disable"), state }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Cuts the line at the next commit: after it has been handed on, or before.
    pub(crate) fn next_commit(&self, handed_on: bool) {
        self.state.store(if handed_on { ANSWER } else { QUESTION }, Ordering::SeqCst);
    }

    /// Whether it has happened since.
    pub(crate) fn was_cut(&self) -> bool {
        self.state.swap(WHOLE, Ordering::SeqCst) == DONE
    }
}

/// Hands on what the server answers, until the line is cut.
async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut ended: tokio::sync::watch::Receiver<()>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            biased;
            _ = ended.changed() => return,
            read = from.read(&mut buffer) => match read {
                Ok(length) if length > 0 && to.write_all(&buffer[..length]).await.is_ok() => {}
                _ => return,
            },
        }
    }
}

/// The name under which a client has prepared `commit`, if it does so here: a name and the statement follow each other,
/// each with a zero at its end.
fn name_of_commit(asked: &[u8]) -> Option<Vec<u8>> {
    const STATEMENT: &[u8] = b"\0commit\0";
    let at = asked.windows(STATEMENT.len()).position(|here| here == STATEMENT)?;
    let name = asked[..at].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric());
    Some([0].into_iter().chain(name.copied().collect::<Vec<_>>().into_iter().rev()).chain([0]).collect())
}

/// Hands on what the client asks; cuts the line where a commit is asked for.
async fn questions(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    state: Arc<AtomicU8>,
    ending: tokio::sync::watch::Sender<()>,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut commit = None;
    while let Ok(length) = from.read(&mut buffer).await {
        if length == 0 {
            return;
        }
        let asked = &buffer[..length];
        let now = state.load(Ordering::SeqCst);
        let commits =
            commit.as_ref().is_some_and(|name: &Vec<u8>| asked.windows(name.len()).any(|here| here == name));
        commit = commit.or_else(|| name_of_commit(asked));
        if now == QUESTION && commits {
            state.store(DONE, Ordering::SeqCst);
            drop(ending);
            return;
        }
        if now == ANSWER && commits {
            // No answer passes from here on; the server does what it was asked.
            drop(ending);
            let _ = to.write_all(asked).await;
            state.store(DONE, Ordering::SeqCst);
            return;
        }
        if to.write_all(asked).await.is_err() {
            return;
        }
    }
}
