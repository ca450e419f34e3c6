//! The command line of the desk's loads.

use clap::Args;

use crate::cli::Common;
use crate::pace::Spread;

/// Chats between visitors and agents.
#[derive(Debug, Args)]
pub(crate) struct ChatsArgs {
    /// What every load takes.
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many chats, each with a visitor of its own.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) chats: u32,
    /// How many of them one agent serves.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) each: u32,
    /// Supervisors, who hear every message too.
    #[arg(long, default_value_t = 0)]
    pub(crate) supervisors: u32,
    /// Messages a second over all chats; without it each visitor works in closed loop.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// How the messages of a rate are spread over time.
    #[arg(long, value_enum, default_value_t = Spread::Even)]
    pub(crate) spread: Spread,
}

/// Chats that wait in the queue, and who hears of them.
#[derive(Debug, Args)]
pub(crate) struct QueueArgs {
    /// What every load takes.
    #[command(flatten)]
    pub(crate) common: Common,
    /// Staff sockets, each of an agent of its own.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) sockets: u32,
    /// Messages sent at once before the next burst waits for them.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub(crate) burst: u64,
    /// The visitors who send them in turn.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub(crate) visitors: u64,
}
