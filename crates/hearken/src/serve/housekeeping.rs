//! Work that nobody waits for: rows of the log that everybody has received are kept a day, so that a repeat is known,
//! and then go (messenger.md, "Settled details").

use std::time::Duration;

use hearken_core::Core;
use jiff::SignedDuration;

/// How long a received message's row is kept: the contract's day, and an hour for clocks that differ.
const KEPT: SignedDuration = SignedDuration::from_hours(25);
/// How long a record that has expired is kept: a clock may be set back.
const SWEPT_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// How often there is a look.
const PAUSE: Duration = Duration::from_mins(1);
/// How many rows go at once: a few milliseconds of the committer's time.
const AT_ONCE: usize = 1000;
/// How many parts of the log are looked at each time. Commits go between them.
const MOST_PARTS: usize = 30;

pub(super) async fn run(core: Core) {
    loop {
        tokio::time::sleep(PAUSE).await;
        sweep(&core).await;
        let Ok(before) = core.now().checked_sub(KEPT) else { continue };
        for _ in 0..MOST_PARTS {
            match core.trim(before, AT_ONCE).await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "trimmed the log"),
                Err(error) => {
                    tracing::warn!(%error, "the log could not be trimmed");
                    break;
                }
            }
        }
    }
}

/// Records expire by one of two clocks: what is long over by both is swept.
async fn sweep(core: &Core) {
    let Ok(before) = core.now().min(core.wall()).checked_sub(SWEPT_AFTER) else { return };
    for _ in 0..MOST_PARTS {
        match core.sweep_records(before, AT_ONCE).await {
            Ok(AT_ONCE) => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "records that have expired could not be swept");
                return;
            }
        }
    }
}
