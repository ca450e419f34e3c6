//! What ties a node to the others on a shared store: the bus, and what the store says of who is there.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hearken_core::bus::Bus;
use hearken_core::node::{Alone, Nodes, Passing};
use hearken_core::{Core, Ports};
use hearken_store::NatsBus;

use super::kept::Kept;
use crate::settings::Settings;

/// How long a command waits for the bus before it goes on without.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks.
const STEP: Duration = Duration::from_millis(5);

/// What a process is among the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stay {
    /// A server: one of them.
    Server,
    /// A command, which does one thing and goes.
    Passing,
}

/// The bus that the settings name; nothing is connected yet.
pub fn bus(settings: &Settings) -> anyhow::Result<Option<NatsBus>> {
    let url = settings.bus_url.as_ref().filter(|_| settings.database_url.is_some());
    url.map(|url| NatsBus::new(url.expose()).context("bus_url")).transpose()
}

/// The same ports with the ties that this store asks for. An embedded one asks for none.
pub(super) fn tied(ports: Ports, kept: &Kept, settings: &Settings, stay: Stay) -> anyhow::Result<Ports> {
    let nodes: Arc<dyn Nodes> = match (kept.nodes(), stay) {
        (None, _) => Arc::new(Alone),
        (Some(nodes), Stay::Server) => nodes,
        (Some(_), Stay::Passing) => Arc::new(Passing),
    };
    let bus = if kept.is_shared() { bus(settings)? } else { None };
    Ok(Ports { nodes, bus: bus.map(|bus| Arc::new(bus) as Arc<dyn Bus>), ..ports })
}

/// Waits until others can hear what a command has done. Without the bus they find it in the store, but later.
pub(super) async fn heard(core: &Core) {
    let connected = || core.bus_state().is_none_or(|bus| !bus.configured || bus.connected);
    let waiting = async {
        while !connected() {
            tokio::time::sleep(STEP).await;
        }
    };
    // Late or never, the command is carried out: what it writes is what counts.
    let _ = tokio::time::timeout(PATIENCE, waiting).await;
}
