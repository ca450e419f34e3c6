//! Who sees what: decided here, and nowhere else, for every read and every subscription. What a viewer may not
//! see never leaves the core.

use crate::account::Role;
use crate::conversation::Member;
use crate::event::Audience;
use crate::ids::{AccountId, OrganisationId, Seq};

/// The eyes something is shown to.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Whose.
    pub account: AccountId,
    /// His organisation.
    pub organisation: OrganisationId,
    /// His roles there.
    pub roles: Vec<Role>,
}

/// Whether the viewer may see an event at `seq` with this audience. `membership` is the viewer's own entry in
/// the conversation, if he has one; `organisation` the conversation's.
pub fn sees_event(
    viewer: &Viewer,
    organisation: OrganisationId,
    membership: Option<&Member>,
    audience: &Audience,
    seq: Seq,
) -> bool {
    let was_in = membership.is_some_and(|member| member.was_in_at(seq));
    admits(viewer, organisation, was_in, audience)
}

/// Whether the viewer may hear a signal that is sent now.
pub fn hears_signal(
    viewer: &Viewer,
    organisation: OrganisationId,
    membership: Option<&Member>,
    audience: &Audience,
) -> bool {
    admits(viewer, organisation, membership.is_some_and(Member::is_in), audience)
}

fn admits(viewer: &Viewer, organisation: OrganisationId, is_member: bool, audience: &Audience) -> bool {
    if viewer.organisation != organisation || audience.except.contains(&viewer.account) {
        return false;
    }
    let as_member = is_member && audience.members.as_ref().is_none_or(|only| only.contains(&viewer.account));
    as_member || audience.roles.iter().any(|role| viewer.roles.contains(role))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clock::from_millis;

    fn account(n: u128) -> AccountId {
        AccountId(Uuid::from_u128(n))
    }

    /// The viewer is account 1 of organisation 1, an agent, in the conversation from seq 3 to `left`.
    fn check(audience: &Audience, organisation: u128, left: Option<Seq>, seq: Seq, expect: bool) {
        let viewer = Viewer {
            account: account(1),
            organisation: OrganisationId(Uuid::from_u128(1)),
            roles: vec![Role::Agent],
        };
        let member = Member {
            account: account(1),
            slot: 0,
            role: String::new(),
            since: from_millis(0),
            joined: 2,
            left,
            read: 0,
        };
        let organisation = OrganisationId(Uuid::from_u128(organisation));
        let seen = sees_event(&viewer, organisation, Some(&member), audience, seq);
        assert_eq!(seen, expect, "{audience:?} left {left:?} seq {seq}");
    }

    #[test]
    fn an_event_is_seen_by_those_it_is_for_and_by_nobody_else() {
        let all = Audience::members();
        check(&all, 1, None, 3, true);
        check(&all, 1, None, 2, false);
        check(&all, 1, Some(5), 5, true);
        check(&all, 1, Some(5), 6, false);
        check(&all, 2, None, 3, false);
        check(&Audience::only([account(1)]), 1, None, 3, true);
        check(&Audience::only([account(2)]), 1, None, 3, false);
        check(&Audience::only([]), 1, None, 3, false);
        check(&Audience::members_except([account(1)]), 1, None, 3, false);
        check(&Audience::members_except([account(2)]), 1, None, 3, true);
        let agents = Audience { members: Some(vec![]), roles: vec![Role::Agent], except: vec![] };
        check(&agents, 1, None, 1, true);
        check(&agents, 2, None, 1, false);
        check(&Audience { except: vec![account(1)], ..agents.clone() }, 1, None, 1, false);
        check(&Audience { roles: vec![Role::Supervisor], ..agents }, 1, None, 3, false);
    }

    #[test]
    fn a_signal_reaches_those_who_are_in_now() {
        let viewer =
            Viewer { account: account(1), organisation: OrganisationId(Uuid::from_u128(1)), roles: vec![] };
        let organisation = viewer.organisation;
        assert!(!hears_signal(&viewer, organisation, None, &Audience::members()));
    }
}
