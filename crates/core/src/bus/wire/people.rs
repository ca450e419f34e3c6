//! Members on the bus: only what decides who sees something. Few are named; of many, how their list is recognised.

use std::hash::Hasher as _;

use super::{Seat, Who};
use crate::clock::from_millis;
use crate::conversation::Member;
use crate::event::Audience;
use crate::hub::Recipients;
use crate::ids::Seq;

/// So many are named in a message.
const MOST_NAMED: usize = 8;

/// Those of the members who can be in the audience, if they are few; else the fingerprint of all.
pub(super) fn seats(recipients: &Recipients, audience: &Audience) -> (Option<Vec<Seat>>, Option<u64>) {
    let members = recipients.members();
    let may = |member: &&Member| {
        audience.members.as_ref().is_none_or(|only| only.contains(&member.account))
            && !audience.except.contains(&member.account)
    };
    let few = members.iter().filter(may).take(MOST_NAMED + 1).count() <= MOST_NAMED;
    if few {
        (Some(members.iter().filter(may).map(Seat::of).collect()), None)
    } else {
        (None, Some(fingerprint(members)))
    }
}

pub(super) fn who(seats: Option<Vec<Seat>>, fingerprint: Option<u64>, head: Seq) -> Option<Who> {
    match (seats, fingerprint) {
        (Some(seats), _) => {
            let members = seats.into_iter().map(seated).collect();
            Some(Who::Known(Recipients::at(members, head)))
        }
        (None, Some(fingerprint)) => Some(Who::Members(fingerprint, head)),
        (None, None) => None,
    }
}

/// A number by which a list of members is recognised again.
pub(crate) fn fingerprint(members: &[Member]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    for member in members {
        let (high, low) = member.account.0.as_u64_pair();
        hasher.write_u64(high);
        hasher.write_u64(low);
        hasher.write_u64(member.joined);
        hasher.write_u64(member.left.unwrap_or(u64::MAX));
    }
    hasher.finish()
}

fn seated(Seat(account, joined, left): Seat) -> Member {
    Member { account, slot: 0, role: String::new(), since: from_millis(0), joined, left, read: 0 }
}
