//! How the desk has done (contract: `stats`): how many chats there were, and how long people waited, by what the list of
//! chats holds.

use std::collections::HashMap;

use hearken_core::Core;
use hearken_core::ids::{AccountId, OrganisationId};
use hearken_core::store::{Find, StoreError};

use crate::rules::listing;
use crate::stored::Listed;
use crate::walk::Walk;

/// The most chats that are looked at: what they are worked out from is kept in memory.
pub const MOST_CHATS: u64 = 250_000;

/// The figures of some time.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Chats that were opened.
    pub chats: u64,
    /// Those of them that were claimed.
    pub claimed: u64,
    /// How long they waited to be, from their opening.
    pub waiting: Spread,
    /// How long it took until the staff said something, from their opening.
    pub first_reply: Spread,
    /// How long those took that are closed.
    pub duration: Spread,
    /// The same for each of the staff, of the chats that he serves or served when they were closed; most chats first.
    pub by_staff: Vec<StaffFigures>,
}

/// How one of the staff has done.
#[derive(Debug, PartialEq, Eq)]
pub struct StaffFigures {
    /// Who.
    pub staff: AccountId,
    /// His chats.
    pub chats: u64,
    /// How long it took until the staff said something in them.
    pub first_reply: Spread,
}

/// What half, and nine of ten, do not exceed, in milliseconds; nothing where there is nothing to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// Half.
    pub p50: Option<i64>,
    /// Nine of ten.
    pub p90: Option<i64>,
}

impl Spread {
    fn of(mut lengths: Vec<i64>) -> Self {
        lengths.sort_unstable();
        // The lowest that so many do not exceed.
        let rank = |of_hundred: usize| (lengths.len() * of_hundred).div_ceil(100).checked_sub(1);
        let at = |of_hundred| lengths.get(rank(of_hundred)?).copied();
        Self { p50: at(50), p90: at(90) }
    }
}

/// Why there are no figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFigures {
    /// There are more than [`MOST_CHATS`].
    TooMany,
    /// The store can't be read.
    Store(StoreError),
}

impl From<StoreError> for NoFigures {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The figures of the chats that were opened from `from` and up to `to`, in milliseconds since the epoch.
pub async fn of(core: &Core, organisation: OrganisationId, from: i64, to: i64) -> Result<Figures, NoFigures> {
    let key = listing::all(organisation);
    let find = Find { index: listing::CHATS.into(), key, from, to, descending: false, limit: 0 };
    if core.find_page(&find, 0).await?.1 > MOST_CHATS {
        return Err(NoFigures::TooMany);
    }
    let (mut walk, mut sums) = (Walk::new(find), Sums::default());
    loop {
        let rows = walk.next(core).await?;
        if rows.is_empty() {
            return Ok(sums.figures());
        }
        rows.iter().filter_map(|row| Listed::read(&row.value)).for_each(|listed| sums.take(&listed));
    }
}

#[derive(Default)]
struct Sums {
    chats: u64,
    waiting: Vec<i64>,
    first_reply: Vec<i64>,
    duration: Vec<i64>,
    by_staff: HashMap<AccountId, (u64, Vec<i64>)>,
}

impl Sums {
    fn take(&mut self, listed: &Listed) {
        let since_opening = |at: i64| (at - listed.opened).max(0);
        self.chats += 1;
        self.waiting.extend(listed.claimed.map(since_opening));
        self.duration.extend(listed.closed.map(since_opening));
        let first_reply = listed.first_reply.map(since_opening);
        self.first_reply.extend(first_reply);
        if let Some(staff) = listed.staff {
            let (chats, replies) = self.by_staff.entry(staff).or_default();
            *chats += 1;
            replies.extend(first_reply);
        }
    }

    fn figures(self) -> Figures {
        let mut by_staff: Vec<_> = self
            .by_staff
            .into_iter()
            .map(|(staff, (chats, replies))| StaffFigures { staff, chats, first_reply: Spread::of(replies) })
            .collect();
        by_staff.sort_by_key(|figures| (std::cmp::Reverse(figures.chats), figures.staff));
        Figures {
            chats: self.chats,
            claimed: self.waiting.len() as u64,
            waiting: Spread::of(self.waiting),
            first_reply: Spread::of(self.first_reply),
            duration: Spread::of(self.duration),
            by_staff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_what_so_many_do_not_exceed() {
        let check = |lengths: &[i64], p50, p90| {
            assert_eq!(Spread::of(lengths.to_vec()), Spread { p50, p90 }, "{lengths:?}");
        };
        check(&[], None, None);
        check(&[7], Some(7), Some(7));
        check(&[9, 1], Some(1), Some(9));
        check(&[3, 1, 2], Some(2), Some(3));
        let ten: Vec<_> = (1..=10).rev().collect();
        check(&ten, Some(5), Some(9));
        let hundred: Vec<_> = (1..=100).collect();
        check(&hundred, Some(50), Some(90));
    }
}
