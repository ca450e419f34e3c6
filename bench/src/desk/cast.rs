//! Who takes part at the desk: made in a store, and written for the load and for the peer that is measured beside.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hearken_core::account::{Account, Role};
use hearken_core::{Core, NewAccount};
use serde::{Deserialize, Serialize};

/// How many of each there are.
#[derive(Debug, Args)]
pub(crate) struct CastArgs {
    /// Visitors of the desk.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=50_000))]
    pub(crate) visitors: u32,
    /// Agents of the desk.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=20_000))]
    pub(crate) agents: u32,
    /// Supervisors of the desk.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub(crate) supervisors: u32,
}

/// The people of the desk.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cast {
    /// The organisation all of them belong to, 32 hex digits.
    pub(crate) organisation: String,
    /// Those who walk in.
    pub(crate) visitors: Vec<Player>,
    /// Those who serve.
    pub(crate) agents: Vec<Player>,
    /// Those who watch.
    pub(crate) supervisors: Vec<Player>,
}

/// One of them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Player {
    /// The account, 32 hex digits as the desk writes it.
    pub(crate) id: String,
    /// An access token that outlives the run.
    pub(crate) token: String,
    /// The name that others are shown.
    pub(crate) name: String,
    /// The address that others are shown.
    pub(crate) email: String,
}

/// Adds the accounts, with tokens good for `ttl`.
pub(crate) async fn add(core: &Core, asked: &CastArgs, ttl: Duration) -> anyhow::Result<Cast> {
    let visitors = accounts(core, asked.visitors, Role::Visitor, "Visitor").await?;
    let agents = accounts(core, asked.agents, Role::Agent, "Agent").await?;
    let supervisors = accounts(core, asked.supervisors, Role::Supervisor, "Supervisor").await?;
    let anybody = [&visitors, &agents, &supervisors].into_iter().flatten().next();
    let organisation =
        anybody.map_or_else(String::new, |account| plain(&account.organisation_id.to_string()));
    Ok(Cast {
        organisation,
        visitors: players(core, &visitors, ttl).await?,
        agents: players(core, &agents, ttl).await?,
        supervisors: players(core, &supervisors, ttl).await?,
    })
}

async fn accounts(core: &Core, count: u32, role: Role, name: &str) -> anyhow::Result<Vec<Arc<Account>>> {
    let new = (1..=count).map(|number| NewAccount {
        name: Some(format!("{name} {number}")),
        email: Some(format!("{}{number}@example.org", name.to_lowercase())),
        roles: vec![role],
        ..NewAccount::default()
    });
    Ok(core.add_accounts(new.collect()).await?)
}

async fn players(core: &Core, accounts: &[Arc<Account>], ttl: Duration) -> anyhow::Result<Vec<Player>> {
    let mut players = Vec::with_capacity(accounts.len());
    for account in accounts {
        players.push(Player {
            id: plain(&account.id.to_string()),
            token: core.issue(account.id, ttl).await?,
            name: account.name.clone().unwrap_or_default(),
            email: account.email.clone().unwrap_or_default(),
        });
    }
    Ok(players)
}

/// An identifier without its dashes.
fn plain(id: &str) -> String {
    id.replace('-', "")
}
