//! The suite that everything behind the port `Nodes` has to pass: leases, lines, and what becomes of a dead node's.

#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "a case is told by its name, and to panic is how it fails"
)]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join as together};
use hearken_core::ids::{AccountId, NodeId};
use hearken_core::node::{GoneLine, LineChange, LineKind, LineName, Nodes, Parting, Standing};
use uuid::Uuid;

/// A place where nodes meet, empty at first.
pub trait NodesFixture: Send + Sync + 'static {
    /// A node's way in.
    fn node(&self) -> Arc<dyn Nodes>;

    /// Somebody who may have lines.
    fn account(&self) -> BoxFuture<'_, AccountId>;

    /// Lets so much time go by, as leases see it.
    fn pass(&self, span: Duration) -> BoxFuture<'_, ()>;
}

/// Makes a test of every case. `$make` names an async function without arguments that makes a [`NodesFixture`].
#[macro_export]
macro_rules! nodes_conformance {
    ($make:path) => {
        $crate::nodes_conformance! { @ $make;
            a_lease_is_renewed_until_it_has_run_out
            live_nodes_are_listed
            it_tells_since_when_some_node_is_ready
            whoever_leaves_is_dead_at_once
            an_open_line_is_somebodys_standing
            the_last_to_go_is_kept_as_gone
            one_that_is_not_the_last_leaves_nothing
            of_two_that_go_at_once_one_is_the_last
            a_line_that_never_was_noted_can_end
            one_that_is_opened_again_is_not_settled_away
            without_a_lease_nothing_is_written
            a_dead_nodes_lines_are_taken_over_once
            who_has_a_line_elsewhere_has_lost_none
            who_is_lost_with_two_nodes_is_lost_once
            what_the_dead_had_yet_to_see_to_is_taken_over
            unknown_kinds_are_left_to_a_newer_node
            a_heap_is_taken_over_in_parts
            nothing_is_left_behind
        }
    };
    (@ $make:path; $($case:ident)*) => {$(
        #[tokio::test]
        async fn $case() {
            $crate::node_conformance::$case($make().await).await;
        }
    )*};
}

const LIFE: Duration = Duration::from_secs(10);
const DEATH: Duration = Duration::from_secs(11);
const RECEIVE: LineKind = "test.receive";
const CONSOLE: LineKind = "test.console";
const KINDS: &[LineKind] = &[RECEIVE, CONSOLE];

/// A node that has joined.
struct Member {
    nodes: Arc<dyn Nodes>,
    id: NodeId,
}

async fn join(place: &impl NodesFixture, n: u128) -> Member {
    let nodes = place.node();
    let id = NodeId(Uuid::from_u128(n));
    nodes.join(id, LIFE).await.expect("it joins");
    Member { nodes, id }
}

impl Member {
    async fn renew(&self) -> Option<Vec<u128>> {
        let alive = self.nodes.renew(self.id, LIFE).await.expect("it answers");
        alive.map(|nodes| nodes.iter().map(|node| node.0.as_u128()).collect())
    }

    async fn note(&self, changes: &[(AccountId, LineKind, Option<Parting>)]) -> Option<()> {
        let change = |(account, kind, ended): &(AccountId, LineKind, Option<Parting>)| LineChange {
            name: LineName { account: *account, kind },
            ended: *ended,
        };
        let changes: Vec<_> = changes.iter().map(change).collect();
        self.nodes.note(self.id, &changes).await.expect("it answers")
    }

    async fn opens(&self, account: AccountId) {
        self.note(&[(account, RECEIVE, None)]).await.expect("its lease holds");
    }

    async fn loses(&self, account: AccountId) {
        self.note(&[(account, RECEIVE, Some(Parting::Lost))]).await.expect("its lease holds");
    }

    async fn take_over(&self, limit: usize) -> usize {
        self.nodes.take_over(self.id, KINDS, limit).await.expect("it answers").expect("its lease holds")
    }

    async fn gone_lines(&self) -> Vec<GoneLine> {
        self.nodes.gone(self.id, KINDS, 100).await.expect("it answers").expect("its lease holds")
    }

    /// Who is kept as gone, in order of their names.
    async fn gone(&self) -> Vec<(AccountId, LineKind, Parting)> {
        let gone = self.gone_lines().await;
        let mut gone: Vec<_> =
            gone.iter().map(|line| (line.name.account, line.name.kind, line.parting)).collect();
        gone.sort_unstable_by_key(|(account, kind, _)| (*account, *kind));
        gone
    }

    async fn settle(&self, done: &[GoneLine]) {
        self.nodes.settle(self.id, done).await.expect("it answers").expect("its lease holds");
    }

    async fn standing(&self, accounts: &[AccountId]) -> Vec<Standing> {
        self.nodes.standing(RECEIVE, accounts).await.expect("it answers")
    }
}

fn lost(account: AccountId) -> (AccountId, LineKind, Parting) {
    (account, RECEIVE, Parting::Lost)
}

pub async fn a_lease_is_renewed_until_it_has_run_out(place: impl NodesFixture) {
    let one = join(&place, 1).await;
    for _ in 0..3 {
        place.pass(Duration::from_secs(9)).await;
        assert_eq!(one.renew().await, Some(vec![1]));
    }
    place.pass(DEATH).await;
    assert_eq!(one.renew().await, None);
    // Nor later, whoever is there.
    let two = join(&place, 2).await;
    assert_eq!(one.renew().await, None);
    assert_eq!(two.renew().await, Some(vec![2]));
}

pub async fn live_nodes_are_listed(place: impl NodesFixture) {
    let two = join(&place, 2).await;
    place.pass(Duration::from_secs(6)).await;
    let one = join(&place, 1).await;
    assert_eq!(one.renew().await, Some(vec![1, 2]));
    place.pass(Duration::from_secs(6)).await;
    assert_eq!(one.renew().await, Some(vec![1]));
    assert_eq!(two.renew().await, None);
}

pub async fn it_tells_since_when_some_node_is_ready(place: impl NodesFixture) {
    let ready = async |n: u128| {
        let node = place.node();
        node.join(NodeId(Uuid::from_u128(n)), LIFE).await.expect("it joins").as_secs()
    };
    assert_eq!(ready(1).await, 0);
    place.pass(Duration::from_secs(8)).await;
    assert_eq!(ready(2).await, 8);
    place.pass(Duration::from_secs(8)).await;
    // The first is gone, the second is there.
    assert_eq!(ready(3).await, 16);
    place.pass(DEATH).await;
    assert_eq!(ready(4).await, 0);
    place.pass(Duration::from_secs(1)).await;
    assert_eq!(ready(5).await, 1);
}

pub async fn whoever_leaves_is_dead_at_once(place: impl NodesFixture) {
    let (one, two, ann) = (join(&place, 1).await, join(&place, 2).await, place.account().await);
    one.opens(ann).await;
    one.nodes.leave(one.id).await.expect("it leaves");
    assert_eq!(two.renew().await, Some(vec![2]));
    assert_eq!(one.renew().await, None);
    assert_eq!(two.take_over(10).await, 1);
    assert_eq!(two.gone().await, [lost(ann)]);
}

pub async fn an_open_line_is_somebodys_standing(place: impl NodesFixture) {
    let (one, two) = (join(&place, 1).await, join(&place, 2).await);
    let (ann, bob, cid) = (place.account().await, place.account().await, place.account().await);
    one.note(&[(ann, RECEIVE, None), (bob, CONSOLE, None), (cid, RECEIVE, None)]).await.expect("it holds");
    two.opens(cid).await;
    one.loses(cid).await;
    assert_eq!(
        two.standing(&[bob, ann, cid, ann]).await,
        [Standing::Away, Standing::Open, Standing::Open, Standing::Open]
    );
    one.loses(ann).await;
    assert_eq!(two.standing(&[ann]).await, [Standing::Going]);
    one.settle(&one.gone_lines().await).await;
    assert_eq!(two.standing(&[ann]).await, [Standing::Away]);
    assert_eq!(two.standing(&[]).await, []);
}

pub async fn the_last_to_go_is_kept_as_gone(place: impl NodesFixture) {
    let one = join(&place, 1).await;
    let (ann, bob) = (place.account().await, place.account().await);
    one.note(&[(ann, RECEIVE, None), (ann, CONSOLE, None), (bob, RECEIVE, None)]).await.expect("it holds");
    one.note(&[(bob, RECEIVE, Some(Parting::Left)), (ann, CONSOLE, Some(Parting::Lost))]).await;
    place.pass(Duration::from_secs(4)).await;
    let mut expect = [(bob, RECEIVE, Parting::Left), (ann, CONSOLE, Parting::Lost)];
    expect.sort_unstable_by_key(|(account, kind, _)| (*account, *kind));
    assert_eq!(one.gone().await, expect);
    assert!(one.gone_lines().await.iter().all(|line| line.ago.as_secs() == 4));
    let only = one.nodes.gone(one.id, &[CONSOLE], 100).await.expect("it answers").expect("it holds");
    assert_eq!(only.iter().map(|line| line.name.account).collect::<Vec<_>>(), [ann]);
    assert_eq!(one.nodes.gone(one.id, KINDS, 1).await.map(|gone| gone.map(|gone| gone.len())), Ok(Some(1)));
    one.settle(&one.gone_lines().await).await;
    assert_eq!(one.gone().await, []);
}

pub async fn one_that_is_not_the_last_leaves_nothing(place: impl NodesFixture) {
    let (one, two, ann) = (join(&place, 1).await, join(&place, 2).await, place.account().await);
    one.opens(ann).await;
    two.opens(ann).await;
    one.loses(ann).await;
    assert_eq!(one.gone().await, []);
    two.loses(ann).await;
    assert_eq!(two.gone().await, [lost(ann)]);
}

pub async fn of_two_that_go_at_once_one_is_the_last(place: impl NodesFixture) {
    let (one, two) = (join(&place, 1).await, join(&place, 2).await);
    for _ in 0..20 {
        let ann = place.account().await;
        one.opens(ann).await;
        two.opens(ann).await;
        together(one.loses(ann), two.loses(ann)).await;
        let mut all = one.gone().await;
        all.extend(two.gone().await);
        assert_eq!(all, [lost(ann)]);
        one.settle(&one.gone_lines().await).await;
        two.settle(&two.gone_lines().await).await;
    }
}

pub async fn a_line_that_never_was_noted_can_end(place: impl NodesFixture) {
    let (one, ann) = (join(&place, 1).await, place.account().await);
    one.loses(ann).await;
    assert_eq!(one.gone().await, [lost(ann)]);
}

pub async fn one_that_is_opened_again_is_not_settled_away(place: impl NodesFixture) {
    let (one, ann) = (join(&place, 1).await, place.account().await);
    one.opens(ann).await;
    one.loses(ann).await;
    let first = one.gone_lines().await;
    one.opens(ann).await;
    assert_eq!(one.gone().await, []);
    one.settle(&first).await;
    assert_eq!(one.standing(&[ann]).await, [Standing::Open]);
    // Nor is a later end taken for the earlier one.
    one.loses(ann).await;
    one.settle(&first).await;
    assert_eq!(one.gone().await, [lost(ann)]);
}

pub async fn without_a_lease_nothing_is_written(place: impl NodesFixture) {
    let (one, ann) = (join(&place, 1).await, place.account().await);
    one.opens(ann).await;
    place.pass(DEATH).await;
    let bob = place.account().await;
    assert_eq!(one.note(&[(bob, RECEIVE, None), (ann, RECEIVE, Some(Parting::Lost))]).await, None);
    assert_eq!(one.nodes.take_over(one.id, KINDS, 10).await, Ok(None));
    assert_eq!(one.nodes.gone(one.id, KINDS, 10).await, Ok(None));
    assert_eq!(one.nodes.settle(one.id, &[]).await, Ok(None));
    assert_eq!(one.standing(&[ann, bob]).await, [Standing::Open, Standing::Away]);
    let stranger = Member { nodes: place.node(), id: NodeId(Uuid::from_u128(9)) };
    assert_eq!(stranger.note(&[(bob, RECEIVE, None)]).await, None);
}

pub async fn a_dead_nodes_lines_are_taken_over_once(place: impl NodesFixture) {
    let (one, two, three) = (join(&place, 1).await, join(&place, 2).await, join(&place, 3).await);
    let (ann, bob) = (place.account().await, place.account().await);
    one.opens(ann).await;
    one.opens(bob).await;
    place.pass(Duration::from_secs(6)).await;
    two.renew().await.expect("it lives");
    three.renew().await.expect("it lives");
    assert_eq!(two.take_over(10).await, 0);
    place.pass(Duration::from_secs(5)).await;
    let (of_two, of_three) = together(two.take_over(10), three.take_over(10)).await;
    assert_eq!(of_two + of_three, 2);
    let mut all = two.gone().await;
    all.extend(three.gone().await);
    all.sort_unstable_by_key(|(account, ..)| *account);
    let mut expect = [lost(ann), lost(bob)];
    expect.sort_unstable_by_key(|(account, ..)| *account);
    assert_eq!(all, expect);
    // It was heard of last when it joined.
    let mut lines = two.gone_lines().await;
    lines.extend(three.gone_lines().await);
    assert!(lines.iter().all(|line| line.ago.as_secs() == 11), "{lines:?}");
    assert_eq!(two.standing(&[ann, bob]).await, [Standing::Going; 2]);
    assert_eq!(two.take_over(10).await + three.take_over(10).await, 0);
}

pub async fn who_has_a_line_elsewhere_has_lost_none(place: impl NodesFixture) {
    let (one, two, ann) = (join(&place, 1).await, join(&place, 2).await, place.account().await);
    one.opens(ann).await;
    two.opens(ann).await;
    place.pass(Duration::from_secs(6)).await;
    two.renew().await.expect("it lives");
    place.pass(Duration::from_secs(5)).await;
    // As long as the dead node's line is not taken over, it may be somebody's last.
    two.loses(ann).await;
    assert_eq!(two.gone().await, []);
    two.opens(ann).await;
    assert_eq!(two.take_over(10).await, 1);
    assert_eq!(two.gone().await, []);
    assert_eq!(two.standing(&[ann]).await, [Standing::Open]);
}

pub async fn who_is_lost_with_two_nodes_is_lost_once(place: impl NodesFixture) {
    let (one, two, ann) = (join(&place, 1).await, join(&place, 2).await, place.account().await);
    one.opens(ann).await;
    two.opens(ann).await;
    place.pass(DEATH).await;
    let three = join(&place, 3).await;
    let mut taken = 0;
    while let count @ 1.. = three.take_over(1).await {
        taken += count;
    }
    assert_eq!(taken, 2);
    assert_eq!(three.gone().await, [lost(ann)]);
}

pub async fn what_the_dead_had_yet_to_see_to_is_taken_over(place: impl NodesFixture) {
    let (one, ann) = (join(&place, 1).await, place.account().await);
    one.opens(ann).await;
    one.note(&[(ann, RECEIVE, Some(Parting::Left))]).await.expect("it holds");
    place.pass(DEATH).await;
    let two = join(&place, 2).await;
    two.take_over(10).await;
    assert_eq!(two.gone().await, [(ann, RECEIVE, Parting::Left)]);
    place.pass(DEATH).await;
    let three = join(&place, 3).await;
    // Who is back there is not gone.
    three.opens(ann).await;
    three.take_over(10).await;
    assert_eq!(three.gone().await, []);
    assert_eq!(three.standing(&[ann]).await, [Standing::Open]);
}

pub async fn unknown_kinds_are_left_to_a_newer_node(place: impl NodesFixture) {
    let (one, ann) = (join(&place, 1).await, place.account().await);
    one.note(&[(ann, RECEIVE, None), (ann, CONSOLE, None)]).await.expect("it holds");
    place.pass(DEATH).await;
    let older = join(&place, 2).await;
    for _ in 0..2 {
        older.nodes.take_over(older.id, &[RECEIVE], 10).await.expect("it answers").expect("it holds");
    }
    assert_eq!(older.gone().await, [lost(ann)]);
    let newer = join(&place, 3).await;
    assert_eq!(newer.take_over(10).await, 1);
    assert_eq!(newer.gone().await, [(ann, CONSOLE, Parting::Lost)]);
}

pub async fn a_heap_is_taken_over_in_parts(place: impl NodesFixture) {
    let one = join(&place, 1).await;
    let mut people = Vec::new();
    for _ in 0..25 {
        people.push(place.account().await);
    }
    let opened: Vec<_> = people.iter().map(|person| (*person, RECEIVE, None)).collect();
    one.note(&opened).await.expect("it holds");
    place.pass(DEATH).await;
    let two = join(&place, 2).await;
    for expect in [10, 10, 5, 0] {
        assert_eq!(two.take_over(10).await, expect);
    }
    people.sort_unstable();
    assert_eq!(two.gone().await, people.into_iter().map(lost).collect::<Vec<_>>());
}

pub async fn nothing_is_left_behind(place: impl NodesFixture) {
    let (one, two, ann) = (join(&place, 1).await, join(&place, 2).await, place.account().await);
    one.opens(ann).await;
    two.opens(ann).await;
    two.loses(ann).await;
    one.nodes.leave(one.id).await.expect("it leaves");
    two.take_over(10).await;
    two.settle(&two.gone_lines().await).await;
    assert_eq!(two.standing(&[ann]).await, [Standing::Away]);
    two.nodes.leave(two.id).await.expect("it leaves");
    let three = join(&place, 3).await;
    assert_eq!(three.take_over(10).await, 0);
    assert_eq!(three.renew().await, Some(vec![3]));
}
