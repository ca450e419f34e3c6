//! The end of the process: the first SIGTERM or SIGINT asks everybody to stop, the second ends it on the spot
//! (contract: common.md, The process).

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Exit code of a process that was told twice.
const FORCED: i32 = 1;

/// Tells whether the process has been asked to stop. Clones all hear the same request.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

/// Asks everybody who holds the [`Stopping`] of the same pair to stop. Dropped without having asked, it asks:
/// nobody else ever could.
#[derive(Debug)]
pub struct StopSwitch(watch::Sender<bool>);

/// A switch and what listens to it.
pub fn switch() -> (StopSwitch, Stopping) {
    let (sender, receiver) = watch::channel(false);
    (StopSwitch(sender), Stopping(receiver))
}

impl StopSwitch {
    /// Asks to stop; more than once is the same as once.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Returns once the stop has been asked for; at once if that was before. Safe to cancel.
    pub async fn requested(&mut self) {
        // The error says that the switch is gone.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether the stop has been asked for.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// The bare channel, for crates that know no more than tokio: `true` means stop.
    pub fn receiver(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }
}

/// Listens for SIGTERM and SIGINT from now on. Must be called inside a tokio runtime; fails if the kernel
/// refuses the handlers.
pub fn stop_on_signals() -> io::Result<Stopping> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (switch, stopping) = switch();
    tokio::spawn(async move {
        let name = next(&mut terminate, &mut interrupt).await;
        tracing::info!(signal = name, "stopping; the same signal again ends the process on the spot");
        switch.stop();
        let name = next(&mut terminate, &mut interrupt).await;
        tracing::warn!(signal = name, "ending on the spot");
        // What was acknowledged is on the disk; what was not is the client's to send again.
        std::process::exit(FORCED);
    });
    Ok(stopping)
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_clones_hear_of_it_early_and_late() {
        let (switch, mut early) = switch();
        let mut waiting = early.clone();
        let task = tokio::spawn(async move { waiting.requested().await });
        assert!(!early.is_requested() && !*early.receiver().borrow());
        switch.stop();
        switch.stop();
        task.await.expect("it returns");
        early.requested().await;
        early.clone().requested().await;
        assert!(early.is_requested() && *early.receiver().borrow());
    }

    #[tokio::test]
    async fn a_switch_that_is_gone_has_asked() {
        let (switch, mut stopping) = switch();
        drop(switch);
        assert!(stopping.is_requested());
        stopping.requested().await;
    }
}
