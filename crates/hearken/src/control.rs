//! The control socket: how commands reach a running server. It lies in the data folder, for the owner alone; a
//! request is one line of JSON, and so is its answer.

use std::fs::{File, Permissions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use crate::admin;
use crate::keeping::{self, House};

const NAME: &str = "control.sock";
/// The longest request.
const MAX_REQUEST: u64 = 64 << 10;

/// What a running server is asked: the line is that of the one or of the other.
#[derive(Deserialize)]
#[serde(untagged)]
enum Request {
    Admin(admin::Request),
    Keeping(keeping::Request),
}

/// What a command is answered.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// It is done.
    Done(Value),
    /// It is not, for this reason.
    Refused(String),
}

impl From<Result<Value, String>> for Answer {
    fn from(done: Result<Value, String>) -> Self {
        done.map_or_else(Self::Refused, Self::Done)
    }
}

/// A path to the socket that is short however deep the data folder lies: the system takes about a hundred bytes.
struct ShortPath {
    path: PathBuf,
    /// The path goes through it.
    _folder: File,
}

impl ShortPath {
    fn new(data: &Path) -> io::Result<Self> {
        let folder = File::open(data)?;
        let path = format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()).into();
        Ok(Self { path, _folder: folder })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// Listens in the data folder, which this process holds the lock of.
pub fn listen(data: &Path) -> io::Result<UnixListener> {
    // Left over from a process that was killed: the lock says that nobody listens there.
    match std::fs::remove_file(data.join(NAME)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let short = ShortPath::new(data)?;
    let listener = UnixListener::bind(short.path())?;
    std::fs::set_permissions(data.join(NAME), Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers requests until dropped.
pub async fn serve(listener: UnixListener, house: House) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let house = house.clone();
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, &house).await {
                        tracing::debug!(%error, "a command went away");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket can't accept");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, house: &House) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut read = tokio::io::BufReader::new(read);
    (&mut read).take(MAX_REQUEST).read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Ok(Request::Admin(request @ admin::Request::Check)) => {
            let _alone = house.alone().await;
            admin::perform(&house.core, request).await.into()
        }
        Ok(Request::Admin(request)) => admin::perform(&house.core, request).await.into(),
        Ok(Request::Keeping(request)) => match request.follows() {
            Ok(length) => {
                let mut followed = Vec::new();
                read.take(length).read_to_end(&mut followed).await?;
                keeping::perform(house, request, followed).await.into()
            }
            Err(why) => Answer::Refused(why),
        },
        Err(error) => Answer::Refused(format!("the server does not know this command: {error}")),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    write.write_all(&line).await
}

/// Reaches the server that has the data folder open, if one listens there.
pub fn connect(data: &Path) -> io::Result<std::os::unix::net::UnixStream> {
    std::os::unix::net::UnixStream::connect(ShortPath::new(data)?.path())
}

/// Asks a server: an [`admin::Request`] or a [`keeping::Request`].
pub fn ask(server: &std::os::unix::net::UnixStream, request: &impl Serialize) -> anyhow::Result<Value> {
    ask_with(server, request, &[])
}

/// The same, with something that follows the request, as it says.
pub fn ask_with(
    mut server: &std::os::unix::net::UnixStream,
    request: &impl Serialize,
    follows: &[u8],
) -> anyhow::Result<Value> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    server.write_all(&line)?;
    server.write_all(follows)?;
    let mut answer = String::new();
    BufReader::new(server).read_line(&mut answer)?;
    match serde_json::from_str(&answer) {
        Ok(Answer::Done(value)) => Ok(value),
        Ok(Answer::Refused(why)) => Err(anyhow::anyhow!(why)),
        Err(_) => Err(anyhow::anyhow!("the running server did not answer")),
    }
}
