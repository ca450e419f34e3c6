//! Going through all index rows of a key in bounded parts, each row once, while others come and go.

use std::collections::HashSet;

use hearken_core::Core;
use hearken_core::ids::ConversationId;
use hearken_core::store::{Find, IndexEntry, StoreError};

/// How many rows are looked up at once.
const PAGE: usize = 512;

/// A walk through the rows of a key, in their order.
pub(crate) struct Walk {
    find: Find,
    /// Those that have been seen and stand where the next part begins.
    seen: HashSet<ConversationId>,
    over: bool,
}

impl Walk {
    /// Through these rows; the limit is the walk's own.
    pub(crate) fn new(find: Find) -> Self {
        Self { find: Find { limit: PAGE, ..find }, seen: HashSet::new(), over: false }
    }

    /// The next rows; none when all have been seen.
    pub(crate) async fn next(&mut self, core: &Core) -> Result<Vec<IndexEntry>, StoreError> {
        while !self.over {
            let page = core.find(&self.find).await?;
            self.over = page.len() < self.find.limit;
            let Some(last) = page.last().map(|row| row.order) else { break };
            let standing: HashSet<_> =
                page.iter().filter(|row| row.order == last).map(|row| row.conversation).collect();
            let new: Vec<_> = page.into_iter().filter(|row| !self.seen.contains(&row.conversation)).collect();
            let edge = if self.find.descending { &mut self.find.to } else { &mut self.find.from };
            *edge = last;
            self.seen = standing;
            if !new.is_empty() {
                return Ok(new);
            }
            // More stand at one place than are looked up at once.
            self.find.limit *= 2;
        }
        Ok(Vec::new())
    }
}
