//! After a long and random life of a store, a person is erased: no byte of its files has a word of his, and everybody
//! else's are there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hearken_core::account::Account;
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::event::Audience;
use hearken_core::ids::{AccountId, ConversationId, OrganisationId};
use hearken_core::store::{Changes, Record, RecordChange, RecordName, Was};
use hearken_core::{
    At, CommitSettings, Core, Draft, Kind, NewAccount, NewEvent, Ports, Registry, Remains, Running, Stored,
};
use hearken_store::SqliteStore;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Words(String);

impl Stored for Words {
    const VERSION: u16 = 1;
}

const INDEX: &str = "test.by";

macro_rules! kind {
    ($(#[$doc:meta])* $kind:ident, $name:literal, $forwards:literal, $remains:expr) => {
        $(#[$doc])*
        struct $kind;

        impl Kind for $kind {
            const NAME: &'static str = $name;
            const FORWARDS: bool = $forwards;
            type State = Words;
            type Event = Words;
            type Signal = Words;

            fn erase(draft: &mut Draft<'_, '_, Self>, account: AccountId) -> Remains {
                draft.leave(account);
                draft.remove_index(INDEX, &account.to_string());
                $remains
            }
        }
    };
}

kind!(
    /// Goes whole with one of its people.
    Chat, "test.chat", true, Remains::Nothing);
kind!(Group, "test.group", true, Remains::Others);
kind!(
    /// Its log has no gaps.
    Board, "test.board", false, Remains::Others);

fn registry() -> Registry {
    Registry::default().with::<Chat>().with::<Group>().with::<Board>()
}

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

struct Life {
    core: Core,
    running: Running,
    people: Vec<Person>,
    organisation: OrganisationId,
    dice: Dice,
    /// Conversations, with the places of their people.
    talks: Vec<(ConversationId, &'static str, Vec<usize>)>,
    /// How many texts each has said, and how many by whom in which conversation still stand.
    said: u64,
    standing: BTreeMap<(ConversationId, u64), (usize, String)>,
}

const PEOPLE: usize = 30;
const TALKS: usize = 200;

impl Life {
    async fn begin(folder: &Path, seed: u64) -> Self {
        let (ports, _) = Ports::system(Arc::new(SqliteStore::open(folder).expect("a store")));
        let (core, running) =
            Core::start(ports, registry(), CommitSettings::default()).await.expect("a core");
        let new = (0..PEOPLE).map(|n| NewAccount {
            name: Some(format!("firstname{n}x")),
            last_name: Some(format!("lastname{n}x")),
            display_name: Some(format!("displayed{n}x")),
            email: Some(format!("mail{n}x@example.org")),
            phone: format!("99{n:02}55501{n:02}").parse().ok(),
            ..NewAccount::default()
        });
        let accounts = core.add_accounts(new.collect()).await.expect("accounts");
        let credential = Credential::OperatorToken { expires: core.wall() };
        let person = |account: Arc<Account>| Person { account, sign_in: core.new_sign_in(), credential };
        let people: Vec<_> = accounts.into_iter().map(person).collect();
        let organisation = people[0].account.organisation_id;
        let (talks, standing) = (Vec::new(), BTreeMap::new());
        Self { core, running, people, organisation, dice: Dice(seed), talks, said: 0, standing }
    }

    fn id(&self, place: usize) -> AccountId {
        self.people[place].account.id
    }

    async fn open(&mut self) {
        let n = self.talks.len();
        let size = if n.is_multiple_of(3) { 2 } else { 2 + self.dice.below(12) as usize };
        let first = self.dice.below(PEOPLE as u64) as usize;
        // The first person is in every second one.
        let mut places: Vec<usize> = (0..size).map(|at| (first + at * 7) % PEOPLE).collect();
        if n.is_multiple_of(2) && !places.contains(&0) {
            places[0] = 0;
        }
        places.sort_unstable();
        places.dedup();
        let ids: Vec<_> = places.iter().map(|place| self.id(*place)).collect();
        let (id, kind) = match n % 3 {
            0 => self.found::<Chat>(n, &ids).await,
            1 => self.found::<Group>(n, &ids).await,
            _ => self.found::<Board>(n, &ids).await,
        };
        self.talks.push((id, kind, places));
    }

    async fn found<K: Kind<State = Words>>(
        &self,
        n: usize,
        ids: &[AccountId],
    ) -> (ConversationId, &'static str) {
        let key: String = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(":");
        let key = if K::NAME == Chat::NAME { format!("{n}:{key}") } else { n.to_string() };
        let at = At::<K>::key(self.organisation, key).or_open(Words("state".into()));
        let ids = ids.to_vec();
        let opened = self.core.update(&Actor::System("test"), at, move |draft| {
            for id in &ids {
                draft.join(*id, "member");
                draft.put_index(INDEX, &id.to_string(), 1, &format!("value of {id}"));
            }
            Ok::<_, ()>(draft.identity().id)
        });
        (opened.await.expect("opened"), K::NAME)
    }

    /// Somebody says something somewhere, or something that was said is received or taken back.
    async fn act(&mut self) {
        let at = self.dice.below(self.talks.len() as u64) as usize;
        let (id, kind, places) = self.talks[at].clone();
        match kind {
            Chat::NAME => self.act_in::<Chat>(id, &places).await,
            Group::NAME => self.act_in::<Group>(id, &places).await,
            _ => self.act_in::<Board>(id, &places).await,
        }
    }

    async fn act_in<K: Kind<State = Words, Event = Words>>(&mut self, id: ConversationId, places: &[usize]) {
        let who = places[self.dice.below(places.len() as u64) as usize];
        let actor = Actor::Person(self.people[who].clone());
        let others: Vec<_> = places.iter().filter(|other| **other != who).map(|p| self.id(*p)).collect();
        if self.dice.below(3) == 0 {
            return self.take_back::<K>(id, places).await;
        }
        self.said += 1;
        let length = if self.dice.below(20) == 0 { 30_000 } else { 300 };
        let filler = "lorem ipsum ".repeat(self.dice.below(length) as usize / 12);
        let (n, notes, narrow) = (self.said, self.dice.below(10) == 0, self.dice.below(10) == 0);
        let text = format!("word{who}x number {n} {filler}");
        let stands = text.clone();
        let said = self.core.update(&actor, At::<K>::id(id), move |draft| {
            let event = NewEvent::new(Words(text.clone())).named(format!("name{who}x{n}").into(), n as i64);
            let event = if narrow { event.to(Audience::members_except(others[..1].to_vec())) } else { event };
            if notes {
                draft.notify(
                    others[0],
                    Words(format!("word{who}x {}", draft.actor().account().expect("one"))),
                );
            }
            Ok::<_, ()>(draft.record(if K::FORWARDS { event.waiting_for(others.clone()) } else { event }))
        });
        let seq = said.await.expect("said");
        self.standing.insert((id, seq), (who, stands));
    }

    /// Something that was said there goes: received by everybody, or taken back.
    async fn take_back<K: Kind<State = Words, Event = Words>>(
        &mut self,
        id: ConversationId,
        places: &[usize],
    ) {
        let here: Vec<u64> = self.standing.range((id, 0)..(id, u64::MAX)).map(|((_, seq), _)| *seq).collect();
        if here.is_empty() {
            return;
        }
        let seq = here[self.dice.below(here.len() as u64) as usize];
        let (author, _) = self.standing.remove(&(id, seq)).expect("listed above");
        let which = hearken_core::event::EventRef::Seq(seq);
        let receivers: Vec<_> = places.iter().filter(|p| **p != author).map(|p| self.id(*p)).collect();
        let withdraws = !K::FORWARDS || self.dice.below(2) == 0;
        let gone =
            self.core.update(&Actor::System("test"), At::<K>::id(id).reading(which.clone()), move |draft| {
                for receiver in &receivers {
                    let Some(logged) = draft.logged(&which).next() else { return Ok(()) };
                    if withdraws {
                        draft.withdraw(&logged);
                        return Ok::<_, ()>(());
                    }
                    draft.receive(&logged, *receiver);
                }
                Ok(())
            });
        gone.await.expect("gone");
    }

    async fn keep_record(&self, place: usize) {
        let account = &self.people[place].account;
        let record = |space, key: String, owner, value: String| {
            let name = RecordName::new(space, key);
            let record = Record { name, account: owner, expires: None, value: value.into_bytes() };
            RecordChange::Put(record, Was::Anything)
        };
        let phone = account.phone.as_ref().expect("has one").as_str();
        let records = vec![
            record("test.sign-in", format!("s{}", account.id), Some(account.id), "{}".into()),
            // Somebody else's, that tells of him.
            record("test.answer", format!("a{place}"), Some(self.id(1)), format!(r#"{{"phone":"{phone}"}}"#)),
        ];
        self.core.commit(Changes { records, ..Changes::default() }).await.expect("kept");
    }

    /// What stands by others than this person, as it is read back.
    async fn assert_others_stand(&self, but: Option<usize>) {
        for (id, kind, places) in &self.talks {
            let gone = *kind == Chat::NAME && but.is_some_and(|but| places.contains(&but));
            let read = self.core.read(&Actor::System("test"), *id, 0, 1_000_000).await;
            let Ok((events, _)) = read else {
                assert!(gone, "{id} is there");
                continue;
            };
            assert!(!gone, "{id} is gone");
            let found: BTreeMap<u64, String> = events
                .iter()
                .filter_map(|event| Some((event.seq, event.body.as_ref()?.get::<Words>()?.0.clone())))
                .collect();
            // What waited for him alone waits for nobody any more.
            let alone =
                *kind == Group::NAME && places.len() == 2 && but.is_some_and(|but| places.contains(&but));
            let expected = self.standing.range((*id, 0)..(*id, if alone { 0 } else { u64::MAX }));
            let expected: BTreeMap<u64, String> = expected
                .filter(|(_, (author, _))| Some(*author) != but)
                .map(|((_, seq), (_, text))| (*seq, text.clone()))
                .collect();
            assert!(found == expected, "{id}: {} of {}", found.len(), expected.len());
        }
    }
}

/// How often one of these byte strings is in the store's files.
fn count(folder: &Path, needles: &[Vec<u8>]) -> usize {
    let mut all = 0;
    for file in ["hearken.db", "hearken.db-wal", "hearken.db-shm"] {
        let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
        let finders = needles.iter().map(|needle| memchr::memmem::find_iter(&bytes, needle).count());
        all += finders.sum::<usize>();
    }
    all
}

fn traces(life: &Life, place: usize) -> Vec<Vec<u8>> {
    let account = &life.people[place].account;
    let texts = [
        format!("firstname{place}x"),
        format!("lastname{place}x"),
        format!("displayed{place}x"),
        format!("mail{place}x@"),
        account.phone.as_ref().expect("has one").to_string(),
        format!("word{place}x"),
        format!("name{place}x"),
        account.id.to_string(),
    ];
    let mut traces: Vec<_> = texts.into_iter().map(String::into_bytes).collect();
    traces.push(account.id.0.as_bytes().to_vec());
    traces.push(life.people[place].sign_in.0.as_bytes().to_vec());
    traces
}

#[tokio::test]
async fn no_byte_is_left_of_whoever_is_erased() {
    let rounds = if std::env::var("HEARKEN_SOAK").is_ok_and(|soak| soak == "1") { 20 } else { 1 };
    for seed in 0..rounds {
        let folder = tempfile::tempdir().expect("a folder");
        let mut life = Life::begin(folder.path(), seed).await;
        for _ in 0..TALKS {
            life.open().await;
        }
        for act in 0..2500 {
            life.act().await;
            if act % 500 == 0 {
                let later = life.core.now() + SignedDuration::from_hours(1);
                life.core.trim(later, 500).await.expect("trimmed");
            }
        }
        for place in 0..PEOPLE {
            life.keep_record(place).await;
        }
        life.assert_others_stand(None).await;
        let (his, others) = (traces(&life, 0), traces(&life, 1));
        let (before, theirs) = (count(folder.path(), &his), count(folder.path(), &others));
        assert!(before > 1000 && theirs > 1000, "they can be found: {before}, {theirs}");

        let erasing = life.core.begin_erasing(life.id(0)).await.expect("begun");
        let erased = erasing.finish().await.expect("erased");
        assert_eq!(count(folder.path(), &his), 0, "seed {seed}: {erased:?}");
        assert!(erased.cleaned > 0 && erased.conversations >= TALKS / 2, "{erased:?}");
        // That nothing of his is missing is seen below, row by row. His traces are fewer now all the same: those in old
        // copies of pages went with the write-ahead log, and how many these were is a matter of the seed.
        let left = count(folder.path(), &others);
        assert!(left > 100, "seed {seed}: of the other's {theirs} traces {left} are left");
        life.assert_others_stand(Some(0)).await;
        assert_eq!(life.core.check().await.expect("checked"), Vec::<String>::new());
        // The same again finds nobody, and what goes on leaves nothing behind either.
        assert!(life.core.begin_erasing(life.id(0)).await.is_err());
        assert_eq!(life.core.scrub().await.expect("scrubbed"), 0);
        life.running.stop().await;
        drop(life.core);
        assert_eq!(count(folder.path(), &his), 0, "seed {seed}, after the end");
    }
}
