//! Followers, who look all the time, and a look at everything at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use hearken_core::actor::Actor;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::store::Store;
use hearken_core::{Delivery, Follow, Subscription, Target};
use parking_lot::Mutex;

use super::bell;
use super::chance::Dice;
use super::town::{PEOPLE, Town};
use crate::house::registry;
use crate::scene::{KINDS, Note};

/// What everybody has been shown.
#[derive(Default)]
pub(super) struct Followers(Mutex<BTreeMap<usize, Shown>>);

/// What somebody has been shown since he began to follow where he does now.
#[derive(Default)]
struct Shown {
    /// How far each log went soon after he began: what came later he must have been shown.
    begun: BTreeMap<ConversationId, Seq>,
    last: BTreeMap<ConversationId, Seq>,
    /// At which node, while he does.
    node: Option<usize>,
}

impl Followers {
    /// The last event there that somebody was shown.
    pub(super) fn shown(&self, who: usize, conversation: ConversationId) -> Option<Seq> {
        self.0.lock().get(&who)?.last.get(&conversation).copied()
    }
}

/// Follows everything of somebody's, now at one node and now at another, for ever.
pub(super) async fn follow(town: Arc<Town>, who: usize) {
    let dice = Dice::new(town.seed, 300 + who as u64);
    loop {
        let opened = match town.any_node(&dice) {
            Some((node, core)) => {
                let opened = core.subscribe(&town.actors[who], &[Follow::Mine(KINDS)]).await;
                opened.ok().map(|opened| (node, opened))
            }
            None => None,
        };
        if let Some((node, mut subscription)) = opened {
            let begun = town.heads().await;
            town.followers.0.lock().insert(who, Shown { begun, node: Some(node), ..Shown::default() });
            // Once it is over he stays, to be shown the rest.
            let stays = dice.below(4000);
            let leaves = async {
                tokio::time::sleep(Duration::from_millis(stays)).await;
                if town.is_over() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                biased;
                () = watch(&town, who, &mut subscription) => {}
                () = leaves => {}
            }
            town.followers.0.lock().entry(who).or_default().node = None;
        }
        dice.pause(100).await;
    }
}

/// Watches until the subscription ends. Places come one after the other, without a hole.
async fn watch(town: &Town, who: usize, subscription: &mut Subscription) {
    loop {
        let event = match subscription.next().await {
            Delivery::Event(event) => event,
            Delivery::Ended(_) => return,
            Delivery::Signal(_) | Delivery::Notice(_) => continue,
        };
        let mut all = town.followers.0.lock();
        let Shown { begun, last, .. } = all.entry(who).or_default();
        let (id, seq) = (event.conversation.id, event.seq);
        match last.insert(id, seq) {
            Some(last) => assert_eq!(seq, last + 1, "{who} is shown {seq} after {last}"),
            None => assert!(seq <= begun.get(&id).copied().unwrap_or(0) + 1, "{who} is shown {seq} first"),
        }
    }
}

/// Waits until everybody follows, and has been shown the end of each log.
pub(super) async fn until_caught_up(town: &Town, within: Duration) {
    let caught_up = async {
        while let Some(_behind) = behind(town).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(within, caught_up).await;
    assert!(waited.is_ok(), "after {within:?} {}", behind(town).await.unwrap_or_default());
}

async fn behind(town: &Town) -> Option<String> {
    let heads = town.heads().await;
    let all = town.followers.0.lock();
    for who in 0..PEOPLE {
        let Some((shown, node)) = all.get(&who).and_then(|shown| Some((shown, shown.node?))) else {
            return Some(format!("{who} follows nobody"));
        };
        for (id, head) in &heads {
            let begun = shown.begun.get(id).copied().unwrap_or(0);
            let seen = shown.last.get(id).copied().unwrap_or(begun);
            if seen < *head {
                let bus = town.core(node).and_then(|core| core.bus_state());
                return Some(format!(
                    "{who} has been shown {seen} of {head} of {id}, and began at {begun}, at node {node}: {bus:?}"
                ));
            }
        }
    }
    None
}

/// Looks whether all that was kept is there, once and in order, and whether the store is sound.
pub(super) async fn at_everything(town: &Town) {
    let core = town.sound_core();
    for (number, talk) in town.talks.iter().enumerate() {
        let conversation = town.find(*talk).await;
        let events = town.memory.events(&conversation, 0, Seq::MAX, 1_000_000).await.expect("memory reads");
        let places: Vec<_> = events.iter().map(|stored| stored.event.seq).collect();
        assert!(places.iter().copied().eq(1..=places.len() as Seq), "a log without a hole: {places:?}");
        let kept = town.kept.lock();
        let mut names = BTreeSet::new();
        for (_, name, seq) in kept.iter().filter(|(talk, ..)| *talk == number) {
            assert!((1..=places.len() as Seq).contains(seq), "{name} is lost");
            assert!(names.insert(*seq), "two are at {seq}");
        }
    }
    for (number, board) in town.boards.iter().enumerate() {
        let (events, _) =
            core.read(&Actor::System("test"), *board, 0, 1_000_000).await.expect("it can be read");
        let notes = events.iter().filter_map(|event| event.body.as_ref()?.get::<Note>().cloned());
        bell::look(town, number, &notes.collect::<Vec<_>>());
    }
    assert_eq!(core.check().await, Ok(vec![]));
}

impl Town {
    /// How far each log goes, as the store has it.
    async fn heads(&self) -> BTreeMap<ConversationId, Seq> {
        let mut heads = BTreeMap::new();
        for id in self.talks.iter().chain(&self.boards) {
            heads.insert(*id, self.find(*id).await.header.last_seq);
        }
        heads
    }

    async fn find(&self, id: ConversationId) -> hearken_core::Conversation {
        let found = self.memory.conversation(&registry(), &Target::Id(id)).await;
        found.expect("memory reads").expect("it is there")
    }

    /// How many timers are set.
    pub(super) async fn timers_left(&self) -> usize {
        let all = hearken_core::node::Slices::ALL;
        self.memory.timers(&registry(), &all, 10_000).await.expect("memory reads").len()
    }
}
