//! Whatever people do in a talk, in whatever order and however it falls into batches: the core and a naive model of
//! it agree on every answer, on the log, on who waits for what, on every inbox, and on what followers are shown.

mod naive;

use futures_util::future::join_all;
use hearken_core::actor::Actor;
use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::{Receipt, Subscription, UpdateError};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::naive::{Answer, Naive};
use crate::house::House;
use crate::scene::{KINDS, No, Talk, id_of, is_idle, next_events, within, words};

/// How many people there are; half of them are in at first.
const PEOPLE: usize = 4;

/// Something that somebody does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Say(usize),
    /// Under one of a few names.
    SayOnce(usize, u8),
    Receive(usize, Seq),
    Withdraw(Seq),
    Join(usize),
    Leave(usize),
}

/// What happens between two looks at everything.
#[derive(Clone, Debug)]
enum Step {
    /// These are queued before the first of them is done, and so make one batch.
    Batch(Vec<Deed>),
    /// Rows that nobody needs go, perhaps; then the core ends and another begins on what it has left.
    Restart { trimmed: bool },
}

fn deed() -> impl Strategy<Value = Deed> {
    let (who, seq) = (0..PEOPLE, 1..25_u64);
    prop_oneof![
        4 => who.clone().prop_map(Deed::Say),
        3 => (who.clone(), 0..3_u8).prop_map(|(who, name)| Deed::SayOnce(who, name)),
        6 => (who.clone(), seq.clone()).prop_map(|(who, seq)| Deed::Receive(who, seq)),
        1 => seq.prop_map(Deed::Withdraw),
        2 => who.clone().prop_map(Deed::Join),
        1 => who.prop_map(Deed::Leave),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        16 => prop::collection::vec(deed(), 1..8).prop_map(Step::Batch),
        2 => any::<bool>().prop_map(|trimmed| Step::Restart { trimmed }),
    ]
}

struct Scene {
    house: House,
    room: ConversationId,
    people: [Actor; PEOPLE],
    followers: Vec<Subscription>,
    naive: Naive,
}

impl Scene {
    async fn open() -> Self {
        let house = House::open().await;
        let people: [Actor; PEOPLE] = house.people().await;
        let present: Vec<_> = people[..PEOPLE / 2].iter().collect();
        let room = house.room::<Talk>("room", &present).await;
        let followers = join_all(people.iter().map(|who| house.follow_mine(who))).await;
        Self { house, room, people, followers, naive: Naive::new(PEOPLE, PEOPLE / 2) }
    }

    async fn take(mut self, step: Step) -> Self {
        match step {
            Step::Batch(deeds) => self.batch(deeds).await,
            Step::Restart { trimmed } => {
                if trimmed {
                    let now = self.house.now() + std::time::Duration::from_millis(1);
                    let gone = within(self.house.core.trim(now, 1000)).await.expect("the store trims");
                    assert_eq!(gone, self.naive.trim());
                }
                self.house = self.house.restarted().await;
                let house = &self.house;
                self.followers = join_all(self.people.iter().map(|who| house.follow_mine(who))).await;
            }
        }
        self.agree().await;
        self
    }

    async fn batch(&mut self, deeds: Vec<Deed>) {
        let answers: Vec<_> = deeds.iter().map(|deed| self.start(deed)).collect();
        let expected: Vec<_> = deeds.iter().map(|deed| self.naive.does(deed)).collect();
        for ((deed, answer), expected) in deeds.iter().zip(answers).zip(expected) {
            let answer = within(answer).await;
            assert_eq!(answer, expected, "to {deed:?}");
        }
        let news = self.naive.take_news();
        for (who, follower) in self.followers.iter_mut().enumerate() {
            let news = news.iter().filter(|news| news.shown_to.contains(&who));
            let expected: Vec<_> = news.map(|news| (news.seq, news.words.clone())).collect();
            let shown = next_events(follower, expected.len()).await;
            let shown: Vec<_> =
                shown.into_iter().map(|(seq, words)| (seq, words.expect("it has a body"))).collect();
            assert_eq!(shown, expected, "to {who}");
            assert!(is_idle(follower), "{who} is shown more");
        }
    }

    /// Queues a deed.
    fn start(&self, deed: &Deed) -> futures_util::future::LocalBoxFuture<'static, Answer> {
        let (house, room) = (&self.house, self.room);
        let who = |n: &usize| &self.people[*n];
        match deed {
            Deed::Say(n) => place(house.say(who(n), room, &n.to_string())),
            Deed::SayOnce(n, name) => place(house.say_once(who(n), room, &name.to_string(), &n.to_string())),
            Deed::Receive(n, seq) => {
                let receipt = house.receive(who(n), room, *seq);
                Box::pin(async move {
                    match receipt.await {
                        Ok(Receipt::Taken) => Answer::Taken,
                        Ok(Receipt::Repeated) => Answer::Repeated,
                        Ok(Receipt::Unknown) => Answer::Unknown,
                        Err(error) => refusal(error),
                    }
                })
            }
            Deed::Withdraw(seq) => {
                let done = house.withdraw::<Talk>(&self.people[0], room, *seq);
                Box::pin(async move { done.await.map_or_else(refusal, |()| Answer::Done(true)) })
            }
            Deed::Join(n) => done(house.join::<Talk>(who(n), room)),
            Deed::Leave(n) => done(house.leave::<Talk>(who(n), room)),
        }
    }

    /// Looks at everything that can be looked at.
    async fn agree(&self) {
        let log = self.house.log(self.room).await;
        assert_eq!(log, self.naive.log());
        for (who, actor) in self.people.iter().enumerate() {
            let mut inbox = within(self.house.core.inbox(actor, KINDS)).await.expect("it can be read");
            let (page, is_last) = within(inbox.page(1000)).await.expect("it can be read");
            let waits: Vec<_> = page
                .iter()
                .map(|waiting| {
                    let person =
                        |account: &AccountId| self.people.iter().position(|actor| id_of(actor) == *account);
                    let mut people: Vec<_> = waiting.waits_for.iter().filter_map(person).collect();
                    people.sort_unstable();
                    (waiting.event.seq, words(&waiting.event).expect("what waits has its body"), people)
                })
                .collect();
            assert_eq!((waits, is_last), (self.naive.inbox(who), true), "of {who}");
        }
        assert_eq!(within(self.house.core.check()).await, Ok(vec![]));
    }
}

fn refusal(error: UpdateError<No>) -> Answer {
    match error {
        UpdateError::Refused(_) => Answer::Refused,
        other => panic!("it can be saved: {other}"),
    }
}

fn place(reply: hearken_core::Reply<Seq, No>) -> futures_util::future::LocalBoxFuture<'static, Answer> {
    Box::pin(async move { reply.await.map_or_else(refusal, Answer::At) })
}

fn done(reply: hearken_core::Reply<bool, No>) -> futures_util::future::LocalBoxFuture<'static, Answer> {
    Box::pin(async move { reply.await.map_or_else(refusal, Answer::Done) })
}

/// Seeded, so that it comes out the same each time; in a soak, as long as it takes and from new seeds.
fn runner() -> TestRunner {
    if std::env::var_os("HEARKEN_SOAK").is_some() {
        return TestRunner::new(Config { cases: 20_000, failure_persistence: None, ..Config::default() });
    }
    let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn the_core_does_what_the_model_does() {
    let steps = prop::collection::vec(step(), 1..20);
    let outcome = runner().run(&steps, |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime can be made").block_on(async {
            let mut scene = Scene::open().await;
            for step in steps {
                scene = scene.take(step).await;
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
