//! Whatever the bus does, by hundreds of seeds: everybody on every node sees each event of each conversation once, in
//! order, and nothing else.

use std::collections::BTreeMap;

use hearken_core::actor::Actor;
use hearken_core::bus::memory::Faults;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::{Delivery, Subscription};

use super::{Town, again};
use crate::scene::{Board, words};

const NODES: usize = 3;
const BOARDS: usize = 3;

/// A row of numbers that follows from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// What one follower was shown, of each conversation.
type Seen = BTreeMap<ConversationId, Vec<(Seq, String)>>;

fn look(follower: &mut Subscription, log: &mut Seen, seed: u64) {
    while let Some(delivery) = follower.try_next() {
        show(delivery, log, seed);
    }
}

fn show(delivery: Delivery, log: &mut Seen, seed: u64) {
    let Delivery::Event(event) = delivery else { panic!("seed {seed}: {delivery:?}") };
    let words = words(&event).expect("it has a body");
    log.entry(event.conversation.id).or_default().push((event.seq, words));
}

/// What goes on in one run.
struct Run {
    seed: u64,
    dice: Dice,
    town: Town,
    ann: Actor,
    boards: Vec<ConversationId>,
    /// A follower on each node, and what he was shown.
    followers: Vec<(Subscription, Seen)>,
    written: Seen,
}

impl Run {
    async fn open(seed: u64) -> Self {
        let town = Town::of(NODES).await;
        let [ann, bob] = town.node(0).people::<2>().await;
        let mut boards = Vec::new();
        for n in 0..BOARDS {
            boards.push(town.node(n).room::<Board>(&n.to_string(), &[&ann, &bob]).await);
        }
        let mut followers = Vec::new();
        for n in 0..NODES {
            followers.push((town.node(n).follow_mine(&again(town.node(n), &bob)).await, Seen::new()));
        }
        Self { seed, dice: Dice(seed), town, ann, boards, followers, written: Seen::new() }
    }

    async fn step(&mut self, step: usize) {
        let node = self.dice.roll(NODES);
        match self.dice.roll(16) {
            0 => {
                let mut some = |most| self.dice.roll(most) as u16;
                let faults = Faults { lost: some(400), doubled: some(300), delayed: some(300) };
                self.town.bus.fail(faults, self.seed);
            }
            1 => self.town.end(node).cut(true),
            2 => self.town.end(node).cut(false),
            3 => self.town.end(node).deafen(true),
            4 => self.town.end(node).deafen(false),
            5 => self.town.bus.hold(),
            6 => self.town.bus.release(),
            7 => self.town.bus.release_reversed(),
            8 | 9 => self.town.beat().await,
            10 => self.town.quiet().await,
            11 => {
                let (follower, log) = &mut self.followers[node];
                look(follower, log, self.seed);
            }
            _ => write(&self.town, &mut self.dice, &self.ann, &self.boards, step, &mut self.written).await,
        }
    }

    /// Everybody has been shown everything once.
    async fn close(mut self) {
        settle(&self.town).await;
        for (node, (follower, log)) in self.followers.iter_mut().enumerate() {
            // What is not at hand is read from the store meanwhile.
            let reading = async {
                loop {
                    look(follower, log, self.seed);
                    if *log == self.written {
                        return;
                    }
                    show(follower.next().await, log, self.seed);
                }
            };
            tokio::select! {
                biased;
                () = reading => {}
                () = self.town.quiet() => {}
            }
            look(follower, log, self.seed);
            assert_eq!(*log, self.written, "seed {}: node {node}", self.seed);
        }
    }
}

async fn run(seed: u64) {
    let mut run = Run::open(seed).await;
    for step in 0..60 {
        run.step(step).await;
    }
    run.close().await;
}

/// Several nodes write to several conversations at once.
async fn write(
    town: &Town,
    dice: &mut Dice,
    ann: &Actor,
    boards: &[ConversationId],
    step: usize,
    written: &mut Seen,
) {
    let mut replies = Vec::new();
    for n in 0..=dice.roll(8) {
        let (node, board) = (dice.roll(NODES), boards[dice.roll(BOARDS)]);
        let words = format!("{step}.{n}");
        replies.push((board, words.clone(), town.node(node).write(ann, board, &words)));
    }
    for (board, words, reply) in replies {
        let seq = crate::scene::within(reply).await.expect("it is saved");
        let log = written.entry(board).or_default();
        log.push((seq, words));
        log.sort();
    }
}

/// The bus is whole again, and everybody has looked.
async fn settle(town: &Town) {
    town.bus.fail(Faults::default(), 1);
    town.bus.release();
    for n in 0..NODES {
        town.end(n).cut(false);
        town.end(n).deafen(false);
    }
    for _ in 0..4 {
        town.beat().await;
    }
    for n in 0..NODES {
        assert!(town.node(n).is_sound(), "node {n} has healed");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_doubled_or_out_of_order() {
    let seeds = if std::env::var_os("HEARKEN_SOAK").is_some() { 5000 } else { 100 };
    for seed in 1..=seeds {
        run(seed).await;
    }
}
