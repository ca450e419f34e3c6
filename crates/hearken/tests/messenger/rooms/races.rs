//! Many at once: nobody is ever in two rooms, nobody is left waiting beside somebody whom he could have met, and who has
//! parted from somebody does not meet him again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use hearken_core::UpdateError;
use hearken_core::actor::Actor;
use hearken_core::ids::AccountId;
use hearken_core::store::Find;
use hearken_messenger::rooms::{self, Met};
use hearken_messenger::rules::{Refusal, seat};
use tokio::task::JoinSet;

use crate::backend::BACKENDS;
use crate::stand::Stand;

const TTL: Duration = Duration::from_hours(24);

fn soaked(short: usize, long: usize) -> usize {
    if std::env::var_os("HEARKEN_SOAK").is_some_and(|value| value == "1") { long } else { short }
}

/// A server with so many people.
async fn crowd(backend: crate::backend::Backend, count: usize) -> (Stand, Vec<Actor>) {
    let mut stand = Stand::open(backend).await;
    let mut actors = Vec::with_capacity(count);
    for number in 0..count {
        let name = format!("p{number}");
        stand.person(&name, &format!("90{number:08}")).await;
        actors.push(stand.actor(&name).await);
    }
    (stand, actors)
}

fn id(actor: &Actor) -> AccountId {
    actor.account().expect("a person")
}

/// Who is in a room with whom, seen from each side; every side agrees with the other.
async fn pairs(stand: &Stand, actors: &[Actor]) -> HashMap<AccountId, AccountId> {
    let mut pairs = HashMap::new();
    for actor in actors {
        let pair = rooms::pair_of(&stand.running.core, actor).await.expect("the store answers");
        let room = rooms::room_of(&stand.running.core, actor).await.expect("the store answers");
        assert_eq!(pair.is_some(), room.is_some(), "a seat and its room disagree");
        pairs.extend(pair.map(|pair| (pair.me, pair.peer)));
    }
    for (me, peer) in &pairs {
        assert_eq!(pairs.get(peer), Some(me), "{me} is with {peer}, who is elsewhere");
    }
    pairs
}

/// Those who wait.
async fn waiting(stand: &Stand, actors: &[Actor]) -> HashSet<AccountId> {
    let find = Find {
        index: seat::WAITING.into(),
        key: actors[0].organisation().expect("a person").to_string(),
        from: i64::MIN,
        to: i64::MAX,
        descending: false,
        limit: actors.len() + 1,
    };
    let found = stand.running.core.find(&find).await.expect("the store answers");
    found.iter().map(|entry| entry.value.parse().expect("an account")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_ask_at_once_everybody_is_in_exactly_one_room() {
    for backend in BACKENDS {
        let count = soaked(200, 2_000);
        let (stand, actors) = crowd(backend, count).await;
        let mut asking = JoinSet::new();
        for actor in actors.clone() {
            let core = stand.running.core.clone();
            asking.spawn(async move { rooms::meet(&core, &actor, TTL).await });
        }
        let answers = asking.join_all().await;
        let met = answers.iter().filter(|answer| **answer == Ok(Met::Somebody)).count();
        assert!(answers.iter().all(Result::is_ok) && met >= count / 2, "{met} of {answers:?}");
        assert_eq!(pairs(&stand, &actors).await.len(), count, "{backend:?}");
        assert!(waiting(&stand, &actors).await.is_empty());
        assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_odd_number_one_waits_and_the_next_meets_him() {
    let (stand, actors) = crowd(BACKENDS[0], 32).await;
    let mut asking = JoinSet::new();
    for actor in &actors[1..] {
        let (core, actor) = (stand.running.core.clone(), actor.clone());
        asking.spawn(async move { rooms::meet(&core, &actor, TTL).await });
    }
    asking.join_all().await;
    assert_eq!((pairs(&stand, &actors).await.len(), waiting(&stand, &actors).await.len()), (30, 1));
    assert_eq!(rooms::meet(&stand.running.core, &actors[0], TTL).await, Ok(Met::Somebody));
    assert_eq!(pairs(&stand, &actors).await.len(), 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn naming_somebody_who_is_being_matched_puts_nobody_into_two_rooms() {
    for backend in BACKENDS {
        for round in 0..soaked(5, 100) {
            let (stand, actors) = crowd(backend, 24).await;
            let actors = Arc::new(actors);
            let mut acting = JoinSet::new();
            for number in 0..actors.len() {
                let (core, actors) = (stand.running.core.clone(), Arc::clone(&actors));
                let other = (number * 7 + round + 1) % actors.len();
                acting.spawn(async move {
                    let me = &actors[number];
                    if number % 3 > 0 || other == number {
                        return rooms::meet(&core, me, TTL).await.map(|met| met == Met::Somebody);
                    }
                    rooms::open(&core, me, id(&actors[other]), TTL).await.map(|()| true)
                });
            }
            for done in acting.join_all().await {
                let refused = |refusal| matches!(refusal, Refusal::InRoom | Refusal::PeerInRoom);
                match done {
                    Ok(_) => {}
                    Err(UpdateError::Refused(refusal)) if refused(refusal) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            let (pairs, waiting) = (pairs(&stand, &actors).await, waiting(&stand, &actors).await);
            assert!(waiting.len() <= 1, "{} are left beside each other", waiting.len());
            assert!(waiting.iter().all(|who| !pairs.contains_key(who)), "somebody waits in a room");
            assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
        }
    }
}

/// What one does next, by chance that comes out the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_many_do_at_once_seats_and_rooms_agree_and_who_parted_stays_apart() {
    const PEOPLE: usize = 12;
    for backend in BACKENDS {
        let (stand, actors) = crowd(backend, PEOPLE).await;
        let actors = Arc::new(actors);
        let mut parted: HashSet<(AccountId, AccountId)> = HashSet::new();
        for round in 0..soaked(15, 300) {
            let mut acting = JoinSet::new();
            for number in 0..PEOPLE {
                let (core, actors) = (stand.running.core.clone(), Arc::clone(&actors));
                let mut dice = Dice((round * PEOPLE + number) as u64);
                acting.spawn(async move {
                    let me = &actors[number];
                    for _ in 0..4 {
                        let other = (number + 1 + dice.roll(PEOPLE - 1)) % PEOPLE;
                        match dice.roll(7) {
                            0 | 1 => drop(rooms::meet(&core, me, TTL).await),
                            2 => drop(rooms::open(&core, me, id(&actors[other]), TTL).await),
                            3 => drop(rooms::vote(&core, me, true).await),
                            4 => drop(rooms::vote(&core, me, false).await),
                            5 => drop(rooms::stop_waiting(&core, me).await),
                            _ if dice.roll(8) == 0 => drop(rooms::part(&core, me).await),
                            _ => {}
                        }
                    }
                });
            }
            acting.join_all().await;
            let pairs = pairs(&stand, &actors).await;
            let waiting = waiting(&stand, &actors).await;
            assert!(waiting.iter().all(|who| !pairs.contains_key(who)), "somebody waits in a room");
            assert!(pairs.iter().all(|(me, peer)| !parted.contains(&(*me, *peer))), "some met again");
            // One pair parts for good each few rounds, seen from outside.
            if round % 3 == 0
                && let Some(actor) = actors.iter().find(|actor| pairs.contains_key(&id(actor)))
            {
                let (me, peer) = (id(actor), pairs[&id(actor)]);
                rooms::part(&stand.running.core, actor).await.expect("he is in a room");
                parted.extend([(me, peer), (peer, me)]);
                let again = rooms::open(&stand.running.core, actor, peer, TTL).await;
                assert_eq!(again, Err(UpdateError::Refused(Refusal::Parted)));
            }
            if round % 5 == 4 {
                stand.running.clock.advance(TTL / 2);
            }
        }
        assert!(parted.len() >= 4, "too few parted for this to mean anything");
        assert_eq!(stand.running.core.check().await, Ok(Vec::new()));
    }
}
