//! Whatever people do at the desk, in whatever order and however it falls into batches: the desk and a naive model of it
//! agree on every answer, on each chat's rows, and on every list.

mod naive;

use futures_util::future::join_all;
use hearken_core::actor::Actor;
use hearken_core::store::Find;
use hearken_desk::chats::look_up;
use hearken_desk::error::Fault;
use hearken_desk::presence;
use hearken_desk::rows::{Part, Reach, read};
use hearken_desk::rules::listing;
use hearken_desk::rules::room::stage_of;
use hearken_desk::stored::{Listed, RowType, Stage};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::naive::Naive;
use crate::scene::Scene;
use crate::town::{Town, id_of, within};

/// What happens between two looks at everything.
#[derive(Clone, Debug)]
enum Step {
    /// A visitor opens a chat.
    Open(&'static str),
    /// These are queued before the first of them is done.
    Batch(Vec<String>),
    /// The server is stopped and begins again on what it has left.
    Restart,
}

/// Somebody does something in one of the last chats.
fn deed() -> impl Strategy<Value = String> {
    let visitor = (prop_oneof![Just("ana"), Just("ben")], prop_oneof!["asks", "says", "says", "leaves"]);
    let verb = prop_oneof![
        3 => Just("claims"), 2 => Just("takes"), 4 => Just("replies"), 1 => Just("quits"), 1 => Just("returns"),
        1 => Just("notes"), 1 => Just("flags 2"), 1 => Just("flags 0"), 1 => Just("tags vip"),
    ];
    let who = prop_oneof![Just("kim"), Just("lee"), Just("sue"), Just("max"), Just("eve")];
    let visitor = visitor.prop_map(|(who, verb)| format!("{who} {verb}"));
    let staff = (who, verb).prop_map(|(who, verb)| format!("{who} {verb}"));
    (prop_oneof![2 => visitor, 3 => staff], 0..3_usize).prop_map(|(deed, back)| format!("{deed} in -{back}"))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop_oneof![Just("ana"), Just("ben")].prop_map(Step::Open),
        12 => prop::collection::vec(deed(), 1..8).prop_map(Step::Batch),
        1 => Just(Step::Restart),
    ]
}

struct Play {
    town: Town,
    scene: Scene,
    naive: Naive,
}

impl Play {
    async fn begin() -> Self {
        let town = Town::alone();
        let scene = Scene::at(town.node().await).await;
        Self { town, scene, naive: Naive::default() }
    }

    async fn take(mut self, step: Step) -> Self {
        match step {
            Step::Open(who) => {
                let line = format!("{who} opens");
                let expect = self.naive.told(&line);
                assert_eq!(within(self.scene.told(&line)).await, expect, "{line}");
            }
            Step::Batch(deeds) => self.batch(&deeds).await,
            Step::Restart => {
                let Scene { node, people, chats, most } = self.scene;
                node.stop().await;
                self.scene = Scene { node: self.town.node().await, people, chats, most };
            }
        }
        self.look().await;
        self
    }

    async fn batch(&mut self, deeds: &[String]) {
        // "in -1" is the chat before the last one; where there is none, one that there never was.
        let place = |deed: &String| {
            let (what, back) = deed.split_once(" in -").expect("all are");
            let back: usize = back.parse().expect("a number");
            format!("{what} in {}", self.scene.chats.len().saturating_sub(back))
        };
        let deeds: Vec<_> = deeds.iter().map(place).collect();
        let outcomes = within(join_all(deeds.iter().map(|deed| self.scene.deed(deed)))).await;
        for (deed, outcome) in deeds.iter().zip(outcomes) {
            let told = outcome.err().map(|error| Fault::from(error).to_string());
            assert_eq!(told, self.naive.told(deed), "{deed} of {deeds:?}");
        }
    }

    async fn found(&self, index: &'static str, key: String) -> Vec<(usize, Listed)> {
        let (from, to) = (i64::MIN, i64::MAX);
        let find = Find { index: index.into(), key, from, to, descending: false, limit: 1000 };
        let rows = self.scene.core().find(&find).await.expect("the store reads");
        let mut found: Vec<_> = rows
            .iter()
            .map(|row| {
                let number = self.scene.chats.iter().position(|chat| *chat == row.conversation);
                (number.expect("one of these"), Listed::read(&row.value).expect("it reads"))
            })
            .collect();
        found.sort_unstable_by_key(|(number, _)| *number);
        found
    }

    async fn numbers(&self, index: &'static str, key: String) -> Vec<usize> {
        self.found(index, key).await.into_iter().map(|(number, _)| number).collect()
    }

    /// Compares everything that can be seen.
    async fn look(&self) {
        let (scene, naive) = (&self.scene, &self.naive);
        let home = scene.people["max"].organisation().expect("a person");
        let which = |wanted: &dyn Fn(&naive::Chat) -> bool| {
            let found = naive.chats.iter().enumerate().filter(|(_, chat)| wanted(chat));
            found.map(|(number, _)| number).collect::<Vec<_>>()
        };
        for stage in Stage::ALL {
            let found = self.numbers(listing::CHATS, listing::at_stage(home, stage)).await;
            assert_eq!(found, which(&|chat| chat.stage == stage), "{stage:?}");
        }
        for who in ["ana", "ben", "kim", "lee", "sue", "max", "eve"] {
            let open = self.numbers(listing::OPEN, id_of(&scene.people[who]).to_string()).await;
            let is_in = |chat: &naive::Chat| {
                chat.stage != Stage::Closed && (chat.visitor == who || chat.staff.as_deref() == Some(who))
            };
            assert_eq!(open, which(&is_in), "of {who}");
            let visitor = matches!(who, "ana" | "ben");
            assert!(!visitor || open.len() <= 1, "{who} has more than one open chat");
        }
        let flagged = self.numbers(listing::FLAGGED, home.to_string()).await;
        assert_eq!(flagged, which(&|chat| chat.severity != 0));
        let queue = presence::queue(scene.core(), home, 1000).await.expect("the store reads");
        assert_eq!(queue.len(), which(&|chat| chat.stage == Stage::Unclaimed).len());
        self.look_into_each(home).await;
        assert_eq!(within(scene.core().check()).await, Ok(vec![]));
    }

    async fn look_into_each(&self, home: hearken_core::ids::OrganisationId) {
        let listed = self.found(listing::CHATS, listing::all(home)).await;
        assert_eq!(listed.len(), self.naive.chats.len());
        for ((number, listed), expect) in listed.into_iter().zip(&self.naive.chats) {
            let found = look_up(self.scene.core(), home, self.scene.chats[number]).await.expect("it reads");
            let (chat, state) = found.expect("it is there");
            let stands = stage_of(&chat.header);
            assert_eq!(listed, Listed::of(&state, stands, chat.header.priority), "the list says what is");
            assert_eq!((stands, chat.header.priority), (expect.stage, expect.severity));
            let reach = Reach { chat: chat.identity.id, last: chat.header.last_seq, skipped: state.skipped };
            let server = Actor::System("test");
            let rows = read(self.scene.core(), &server, reach, Part::NEWEST, 1000).await.expect("it reads");
            let numbers: Vec<_> = rows.iter().map(|row| row.number).collect();
            assert_eq!(numbers, (1..=rows.len() as u64).collect::<Vec<_>>(), "dense");
            let who = |row: &hearken_desk::rows::Row| {
                let found = self.scene.people.iter().find(|(_, actor)| Some(id_of(actor)) == row.sender);
                (row.row_type, found.map(|(name, _)| (*name).to_owned()))
            };
            assert_eq!(rows.iter().map(who).collect::<Vec<_>>(), expect.rows, "chat {number}");
            let messages = rows.iter().filter(|row| row.row_type == RowType::Message).count();
            let counted = chat.header.last_seq - u64::from(state.skipped) - u64::from(state.others);
            assert_eq!(counted, messages as u64);
        }
    }
}

/// Seeded, so that it comes out the same each time; in a soak, as long as it takes and from new seeds.
fn runner() -> TestRunner {
    if std::env::var_os("HEARKEN_SOAK").is_some() {
        return TestRunner::new(Config { cases: 10_000, failure_persistence: None, ..Config::default() });
    }
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn the_desk_does_what_the_model_does() {
    let steps = prop::collection::vec(step(), 1..20);
    let outcome = runner().run(&steps, |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime can be made").block_on(async {
            let mut play = Play::begin().await;
            for step in steps {
                play = play.take(step).await;
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
