//! Stores that fail: nothing is acknowledged or shown before it lasts, and nothing acknowledged is lost.

use std::sync::Arc;

use futures_util::FutureExt as _;
use hearken_core::actor::Actor;
use hearken_core::ids::{ConversationId, Seq};
use hearken_core::memory::MemoryStore;
use hearken_core::store::Batch;
use hearken_core::{
    At, CommitSettings, Delivery, Ended, Follow, NewAccount, PeopleError, Reply, Subscription, UpdateError,
};
use hearken_testkit::faulty::FaultyStore;

use crate::house::House;
use crate::scene::{Memo, No, Note, Talk, is_idle, line, next_events, refused, within};

/// A house over a store that fails on demand, where two people talk.
struct Scene {
    house: House,
    disk: Arc<FaultyStore>,
    ann: Actor,
    bob: Actor,
    room: ConversationId,
}

async fn scene() -> Scene {
    scene_with(CommitSettings::default()).await
}

async fn scene_with(settings: CommitSettings) -> Scene {
    let disk = FaultyStore::over(MemoryStore::new());
    let house = House::with(disk.clone(), settings).await;
    let [ann, bob] = house.people().await;
    let room = house.room::<Talk>("ann and bob", &[&ann, &bob]).await;
    Scene { house, disk, ann, bob, room }
}

impl Scene {
    async fn bob_follows(&self) -> Subscription {
        self.house.follow_mine(&self.bob).await
    }

    fn say(&self, words: &str) -> Reply<Seq, No> {
        self.house.say(&self.ann, self.room, words)
    }

    fn say_once(&self, name: &str, words: &str) -> Reply<Seq, No> {
        self.house.say_once(&self.ann, self.room, name, words)
    }

    /// Sends a first message and leaves it before its sync, so that what is queued next makes one batch.
    async fn occupy(&self) -> Reply<Seq, No> {
        self.disk.hold_syncs();
        let first = self.say("first");
        within(self.disk.until_syncing()).await;
        first
    }

    async fn log(&self) -> Vec<(Seq, Option<String>)> {
        self.house.log(self.room).await
    }

    /// The power goes, and a new core starts on what is left.
    async fn restart(self) -> Self {
        let disk = FaultyStore::over(self.disk.lose_power());
        let house = self.house.after(disk.clone()).await;
        Self { house, disk, ..self }
    }
}

fn is_pending(reply: &mut Reply<Seq, No>) -> bool {
    reply.now_or_never().is_none()
}

fn says(batch: &Batch, words: &str) -> bool {
    let note = Note::Said(words.to_owned());
    let body = |row: &hearken_core::store::EventRow| {
        row.event.body.as_ref().and_then(|body| body.get::<Note>().cloned())
    };
    batch.events.iter().any(|row| body(row).as_ref() == Some(&note))
}

#[tokio::test]
async fn nothing_is_answered_or_shown_before_it_is_synced() {
    let scene = scene().await;
    let mut bob = scene.bob_follows().await;
    scene.disk.hold_syncs();
    let mut reply = scene.say("hello");
    within(scene.disk.until_syncing()).await;
    assert!(is_pending(&mut reply));
    assert!(is_idle(&mut bob));
    assert_eq!(scene.log().await, []);
    scene.disk.release_syncs();
    assert_eq!(within(reply).await, Ok(1));
    assert_eq!(next_events(&mut bob, 1).await, [line(1, "hello")]);
}

#[tokio::test]
async fn refusals_and_repeats_wait_for_the_commit_they_were_decided_on() {
    let scene = scene().await;
    let first = scene.occupy().await;
    let mut news = scene.say_once("n", "news");
    let mut repeat = scene.say_once("n", "news");
    let mut other = scene.say_once("n", "other news");
    scene.disk.sync_one();
    assert_eq!(within(first).await, Ok(1));
    within(scene.disk.until_syncing()).await;
    for reply in [&mut news, &mut repeat, &mut other] {
        assert!(is_pending(reply));
    }
    scene.disk.release_syncs();
    assert_eq!(within(news).await, Ok(2));
    assert_eq!(within(repeat).await, Ok(2));
    assert_eq!(within(other).await, refused("the name is another event's"));
    assert_eq!(scene.log().await, [line(1, "first"), line(2, "news")]);
}

#[tokio::test]
async fn what_was_not_synced_goes_with_the_power_and_nothing_else() {
    let scene = scene().await;
    assert_eq!(within(scene.say("kept")).await, Ok(1));
    scene.disk.hold_syncs();
    let lost = scene.say("lost");
    within(scene.disk.until_syncing()).await;
    let scene = scene.restart().await;
    assert_eq!(within(lost).await, Err(UpdateError::Unavailable));
    assert_eq!(scene.log().await, [line(1, "kept")]);
    assert_eq!(within(scene.say("next")).await, Ok(2));
    assert_eq!(within(scene.house.core.check()).await, Ok(vec![]));
}

/// Sends 30 messages through batches of 4, of which `syncs` reach the disk before the power goes; all that was
/// acknowledged is there afterwards, and sending everything again leaves each message once.
async fn crash_after(syncs: usize) {
    let scene = scene_with(CommitSettings { batch: 4, ..CommitSettings::default() }).await;
    let first = scene.occupy().await;
    let names: Vec<String> = (0..30).map(|n| format!("message {n}")).collect();
    let mut replies: Vec<_> = names.iter().map(|name| (name, scene.say_once(name, name))).collect();
    let synced = scene.disk.synced();
    for n in 0..syncs {
        scene.disk.sync_one();
        within(scene.disk.until_synced(synced + n + 1)).await;
        within(scene.disk.until_syncing()).await;
    }
    let acknowledged: Vec<(&String, Seq)> = replies
        .iter_mut()
        .filter_map(|(name, reply)| Some((*name, reply.now_or_never()?.expect("it was saved"))))
        .collect();
    assert_eq!(acknowledged.len(), 4 * syncs.saturating_sub(1));
    let scene = scene.restart().await;
    let log = scene.log().await;
    for (name, seq) in &acknowledged {
        assert!(log.contains(&line(*seq, name)), "{name} was acknowledged and is lost");
    }
    assert!(log.iter().map(|(seq, _)| *seq).eq(1..=log.len() as Seq), "a gap in {log:?}");
    for (name, seq) in &acknowledged {
        assert_eq!(within(scene.say_once(name, name)).await, Ok(*seq));
    }
    for name in &names {
        within(scene.say_once(name, name)).await.expect("it can be saved now");
    }
    let said = scene.log().await;
    for name in &names {
        let times = said.iter().filter(|(_, words)| words.as_ref() == Some(name)).count();
        assert_eq!(times, 1, "{name} is there {times} times");
    }
    drop(first);
}

#[tokio::test]
async fn everything_acknowledged_outlives_a_crash_wherever_it_comes() {
    for syncs in 0..8 {
        crash_after(syncs).await;
    }
}

#[tokio::test]
async fn one_write_that_fails_costs_no_other() {
    let scene = scene().await;
    let mut bob = scene.bob_follows().await;
    let first = scene.occupy().await;
    scene.disk.poison(|batch| says(batch, "poison"));
    let replies = ["one", "poison", "two"].map(|words| scene.say(words));
    scene.disk.release_syncs();
    assert_eq!(within(first).await, Ok(1));
    let [one, poison, two] = replies;
    assert_eq!(within(one).await, Ok(2));
    assert_eq!(within(poison).await, Err(UpdateError::Unavailable));
    assert_eq!(within(two).await, Ok(3));
    let all = [line(1, "first"), line(2, "one"), line(3, "two")];
    assert_eq!(next_events(&mut bob, 3).await, all);
    assert!(is_idle(&mut bob));
    assert_eq!(scene.log().await, all);
}

#[tokio::test]
async fn a_failed_commit_leaves_nothing_at_hand() {
    let scene = scene().await;
    let eve = scene.house.person().await;
    let eve_id = crate::scene::id_of(&eve);
    let join = || {
        scene.house.core.update(&scene.ann, At::<Talk>::id(scene.room), move |draft| {
            draft.state_mut().count += 1;
            draft.set_status("busy");
            let was_in = draft.member(eve_id).is_some();
            draft.join(eve_id, "member");
            draft.record(crate::scene::said(draft, "welcome"));
            Ok::<_, No>((draft.state().count, draft.last_seq(), was_in))
        })
    };
    for _ in 0..3 {
        scene.disk.fail_commits(0, 1);
        assert_eq!(within(join()).await, Err(UpdateError::Unavailable));
        scene.disk.fail_next_sync();
        assert_eq!(within(join()).await, Err(UpdateError::Unavailable));
    }
    assert_eq!(within(join()).await, Ok((1, 1, false)));
    assert_eq!(within(join()).await, Ok((2, 2, true)));
}

#[tokio::test]
async fn an_opening_that_failed_can_be_done_again() {
    let scene = scene().await;
    let open = || {
        let at = At::<Talk>::key(scene.house.home, "new").or_open(Memo::default());
        scene.house.core.update(&scene.ann, at, |draft| Ok::<_, No>(draft.is_new()))
    };
    scene.disk.fail_commits(0, 1);
    assert_eq!(within(open()).await, Err(UpdateError::Unavailable));
    assert_eq!(within(open()).await, Ok(true));
    assert_eq!(within(open()).await, Ok(false));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_again_by_its_name() {
    let scene = scene().await;
    scene.disk.lose_next_answer();
    assert_eq!(within(scene.say_once("n", "news")).await, Err(UpdateError::Unavailable));
    assert_eq!(within(scene.say_once("n", "news")).await, Ok(1));
    assert_eq!(within(scene.say("next")).await, Ok(2));
    assert_eq!(scene.log().await, [line(1, "news"), line(2, "next")]);
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_is_not_written_twice() {
    let scene = scene().await;
    let first = scene.occupy().await;
    let replies = ["a", "b", "c"].map(|name| scene.say_once(name, name));
    scene.disk.sync_one();
    assert_eq!(within(first).await, Ok(1));
    within(scene.disk.until_syncing()).await;
    scene.disk.lose_next_answer();
    scene.disk.release_syncs();
    for (reply, seq) in replies.into_iter().zip(2..) {
        assert_eq!(within(reply).await, Ok(seq));
    }
    assert_eq!(scene.log().await.len(), 4);
}

#[tokio::test]
async fn reads_that_fail_say_so_and_come_back() {
    let scene = scene().await;
    assert_eq!(within(scene.say("one")).await, Ok(1));
    let follow = [Follow::Conversation(scene.room, 0)];
    let mut bob = scene.house.follow(&scene.bob, &follow).await;
    scene.disk.break_reads(true);
    assert!(matches!(within(bob.next()).await, Delivery::Ended(Ended::Unavailable)));
    assert!(matches!(within(bob.next()).await, Delivery::Ended(Ended::Unavailable)));
    // What is at hand needs no read; what has to be looked up does.
    assert_eq!(within(scene.say("two")).await, Ok(2));
    assert_eq!(within(scene.say_once("n", "three")).await, Err(UpdateError::Unavailable));
    scene.disk.break_reads(false);
    assert_eq!(within(scene.say_once("n", "three")).await, Ok(3));
    let mut bob = scene.house.follow(&scene.bob, &follow).await;
    assert_eq!(next_events(&mut bob, 3).await, [line(1, "one"), line(2, "two"), line(3, "three")]);
}

#[tokio::test]
async fn a_read_that_fails_costs_no_rule_beside_it() {
    let scene = scene().await;
    let first = scene.occupy().await;
    let (plain, named) = (scene.say("plain"), scene.say_once("n", "named"));
    scene.disk.break_reads(true);
    scene.disk.release_syncs();
    assert_eq!(within(first).await, Ok(1));
    assert_eq!(within(plain).await, Ok(2));
    assert_eq!(within(named).await, Err(UpdateError::Unavailable));
}

#[tokio::test]
async fn people_are_added_when_it_is_saved_and_not_before() {
    let scene = scene().await;
    let number = || NewAccount { phone: "628123456789".parse().ok(), ..NewAccount::default() };
    scene.disk.fail_commits(0, 1);
    let failed = within(scene.house.core.add_account(number())).await;
    assert!(matches!(failed, Err(PeopleError::Store(_))));
    let added = within(scene.house.core.add_account(number())).await.expect("nobody has this number yet");
    let taken = within(scene.house.core.add_account(number())).await;
    assert_eq!(taken, Err(PeopleError::Taken("phone")));
    let scene = scene.restart().await;
    let found = within(scene.house.core.account(&hearken_core::store::AccountRef::Id(added.id))).await;
    assert_eq!(found.map(|found| found.map(|found| found.phone.clone())), Ok(Some(added.phone.clone())));
}

#[tokio::test]
async fn stopping_settles_what_is_queued() {
    let scene = scene().await;
    let first = scene.occupy().await;
    let queued = [scene.say("two"), scene.say("three")];
    let core = scene.house.core.clone();
    let at = At::<Talk>::id(scene.room);
    let stopping = tokio::spawn(scene.house.stop());
    scene.disk.release_syncs();
    within(stopping).await.expect("it stops");
    assert_eq!(first.now_or_never(), Some(Ok(1)));
    let [two, three] = queued;
    assert_eq!((two.now_or_never(), three.now_or_never()), (Some(Ok(2)), Some(Ok(3))));
    let late = core.update(&scene.ann, at, |_| Ok::<_, No>(()));
    assert_eq!(within(late).await, Err(UpdateError::Unavailable));
}
