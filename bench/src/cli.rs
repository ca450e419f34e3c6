//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::desk::{CastArgs, ChatsArgs, QueueArgs};
use crate::pace::Spread;

/// Load generator and raw echo for side-by-side runs of Hearken.
#[derive(Debug, Parser)]
#[command(name = "hearken-bench", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What this program does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Puts a server under load and prints one line of JSON.
    Load {
        /// Which load.
        #[command(subcommand)]
        mode: Mode,
    },
    /// Signs in by password at a fixed rate, beside another load, and prints what became of it.
    Logins(LoginsArgs),
    /// Serves the raw WebSocket echo.
    Echo {
        /// Address to listen on; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:7071")]
        listen: SocketAddr,
    },
    /// Makes a store to run Hearken on, and a file of who is in it.
    Prepare(PrepareArgs),
    /// Prints medians and ratios of result files as a table.
    Table {
        /// Files of result lines.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Sign-ins.
#[derive(Debug, Args)]
pub(crate) struct LoginsArgs {
    /// Who signs in: the file that `prepare` writes.
    #[arg(long)]
    pub(crate) people: PathBuf,
    /// The server's address, such as <http://127.0.0.1:7070>; else the people file's.
    #[arg(long)]
    pub(crate) base: Option<String>,
    /// How many a second.
    #[arg(long, default_value_t = 200.0)]
    pub(crate) rate: f64,
    /// For how many seconds.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) seconds: f64,
}

/// A store to run on.
#[derive(Debug, Args)]
pub(crate) struct PrepareArgs {
    /// The data folder to make.
    #[arg(long, required_unless_present = "database_url")]
    pub(crate) data: Option<PathBuf>,
    /// The empty PostgreSQL database to fill in its place.
    #[arg(long, conflicts_with = "data")]
    pub(crate) database_url: Option<String>,
    /// How many people with tokens.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(2..=20_000))]
    pub(crate) people: u32,
    /// How many of them are in the group.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=128))]
    pub(crate) group_size: u32,
    /// How many conversations the store has besides.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=1_900_000))]
    pub(crate) conversations: u32,
    /// How many messages wait for the last of the people.
    #[arg(long, default_value_t = 1000)]
    pub(crate) waiting: u32,
    /// Who is at the desk besides.
    #[command(flatten)]
    pub(crate) cast: CastArgs,
    /// The file to write people, tokens and the group to.
    #[arg(long)]
    pub(crate) out: PathBuf,
}

/// Loads; those named `echo-…` run the same against the raw echo.
#[derive(Debug, Subcommand)]
pub(crate) enum Mode {
    /// Pairs of people, in closed loop or at a fixed rate.
    Pairs(PairsArgs),
    /// The same between sockets of the echo.
    EchoPairs(PairsArgs),
    /// Receive sockets on which nothing happens.
    Idle(IdleArgs),
    /// The same on the echo.
    EchoIdle(IdleArgs),
    /// One sender and many receive sockets of one group.
    Group(GroupArgs),
    /// The same between sockets of the echo.
    EchoGroup(GroupArgs),
    /// Chats between visitors and agents of the desk, in closed loop or at a fixed rate.
    Desk(ChatsArgs),
    /// Messages in the desk's queue, which all staff hear.
    DeskBroadcast(QueueArgs),
    /// Visitors' sockets on which nothing happens.
    DeskIdle(IdleArgs),
}

/// What every load takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Who to talk as: the file that `prepare` writes (not for the echo).
    #[arg(long)]
    pub(crate) people: Option<PathBuf>,
    /// The server's address, such as <http://127.0.0.1:7070>; else the people file's.
    #[arg(long)]
    pub(crate) base: Option<String>,
    /// The server's process id; else the people file's.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
    /// Processes whose CPU counts too, with all that they have started: the database's.
    #[arg(long, value_name = "PID", value_delimiter = ',')]
    pub(crate) beside: Vec<u32>,
    /// Seconds that count.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) seconds: f64,
    /// Seconds of the same load before them.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) warmup: f64,
    /// Seconds that answers may still take after them before they count as lost.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) drain: f64,
    /// A name under which the table compares runs; else the mode.
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// Which side of the comparison this run is; else `hearken` or `echo`.
    #[arg(long)]
    pub(crate) side: Option<String>,
    /// Bytes of a message's text.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) body: u16,
}

/// Pairs of people.
#[derive(Debug, Args)]
pub(crate) struct PairsArgs {
    /// What every load takes.
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many pairs.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) pairs: u32,
    /// Messages a second over all pairs; without it each pair works in closed loop.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// How the messages of a rate are spread over time.
    #[arg(long, value_enum, default_value_t = Spread::Even)]
    pub(crate) spread: Spread,
    /// The receiver answers each message with a receipt.
    #[arg(long)]
    pub(crate) receipts: bool,
    /// The address of another node: receivers are there, senders at `--base`.
    #[arg(long)]
    pub(crate) far: Option<String>,
}

/// Idle sockets.
#[derive(Debug, Args)]
pub(crate) struct IdleArgs {
    /// What every load takes.
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many sockets.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) sockets: usize,
}

/// A group.
#[derive(Debug, Args)]
pub(crate) struct GroupArgs {
    /// What every load takes.
    #[command(flatten)]
    pub(crate) common: Common,
    /// The group's key; else the people file's.
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Who takes part, as places in the people file with the sender first; else its group.
    #[arg(long, value_delimiter = ',')]
    pub(crate) members: Option<Vec<usize>>,
    /// Receive sockets, dealt out to the members other than the sender in turn.
    #[arg(long, default_value_t = 200)]
    pub(crate) sockets: usize,
    /// Messages sent at once before the next burst waits for them.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub(crate) burst: u64,
}
