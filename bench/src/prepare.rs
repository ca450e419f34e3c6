//! Making a store to run against: people with tokens, a group, and as many conversations and waiting messages as a
//! server has that has been running for a while. It goes through the core like everything else, so what it leaves is
//! what a server would have left.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hearken_core::account::{Account, Role};
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::store::Store;
use hearken_core::{CommitSettings, Core, NewAccount, Ports, Registry};
use hearken_messenger::groups;
use hearken_messenger::rules::dialogue::{self, Pair};
use hearken_messenger::rules::{Moment, message_of};
use hearken_messenger::timestamp::Sent;
use hearken_store::{PostgresSettings, PostgresStore, SqliteStore};
use serde_json::json;

use crate::cli::PrepareArgs;
use crate::desk::Cast;

/// The group's key.
const GROUP: &str = "BENCHGROUP";
/// Who signs in by password.
const EMAIL: &str = "bench@example.org";
const PASSWORD: &str = "an ordinary password";
/// How long tokens are good: longer than any series of runs.
const TTL: Duration = Duration::from_hours(24 * 30);
/// Rules on their way at once: enough to fill the committer's batches.
const AT_ONCE: usize = 4096;
/// Microseconds since the epoch of the first message: 2020-01-01.
const FIRST: i64 = 1_577_836_800_000_000;

/// Makes the store and writes who is in it.
pub(crate) fn run(asked: &PrepareArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(prepare(asked))
}

async fn prepare(asked: &PrepareArgs) -> anyhow::Result<()> {
    let (ports, _) = Ports::system(open(asked).await?);
    let registry = hearken_messenger::register(Registry::default());
    let (core, running) = Core::start(ports, registry, CommitSettings::default()).await?;
    let people = add_people(&core, asked.people as usize).await?;
    add_sign_in(&core).await?;
    add_group(&core, &people, asked.group_size as usize).await?;
    // Strangers fill the store, so that the people of the run meet nobody they know.
    let strangers = add_people_from(&core, 2000, 20_000_000_000).await?;
    add_conversations(&core, &strangers, asked.conversations as usize).await?;
    add_waiting(&core, &strangers, &people, asked.waiting as usize).await?;
    let desk = crate::desk::add_cast(&core, &asked.cast, TTL).await?;
    write_people(&core, &people, &desk, asked).await?;
    running.stop().await;
    Ok(())
}

async fn open(asked: &PrepareArgs) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(url) = &asked.database_url {
        return Ok(Arc::new(PostgresStore::open(url, PostgresSettings::default()).await?));
    }
    let data = asked.data.as_deref().context("no --data")?;
    Ok(Arc::new(SqliteStore::open(data)?))
}

async fn add_people(core: &Core, count: usize) -> anyhow::Result<Vec<Arc<Account>>> {
    add_people_from(core, count, 10_000_000_000).await
}

async fn add_people_from(core: &Core, count: usize, first: u64) -> anyhow::Result<Vec<Arc<Account>>> {
    let new = (first..).take(count).map(|phone| {
        let phone = Some(phone.to_string().parse()?);
        Ok(NewAccount { phone, roles: vec![Role::Participant], ..NewAccount::default() })
    });
    Ok(core.add_accounts(new.collect::<anyhow::Result<_>>()?).await?)
}

async fn add_sign_in(core: &Core) -> anyhow::Result<()> {
    let password = Some(core.hash_password(PASSWORD).await?);
    let new = NewAccount { email: Some(EMAIL.into()), password, ..NewAccount::default() };
    core.add_account(new).await?;
    Ok(())
}

async fn add_group(core: &Core, people: &[Arc<Account>], size: usize) -> anyhow::Result<()> {
    let everybody: Vec<_> = people.iter().take(size).map(|account| account.id).collect();
    let group = groups::New {
        name: "Bench".into(),
        bio: String::new(),
        admins: everybody[..1].to_vec(),
        participants: everybody[1..].to_vec(),
    };
    let organisation = people[0].organisation_id;
    groups::import(core, organisation, GROUP, group).await.map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// Conversations between strangers, each with a message that has been received.
async fn add_conversations(core: &Core, strangers: &[Arc<Account>], count: usize) -> anyhow::Result<()> {
    let pairs =
        (1..strangers.len()).flat_map(|apart| (0..strangers.len() - apart).map(move |at| (at, at + apart)));
    let pairs: Vec<_> = pairs.take(count).collect();
    anyhow::ensure!(pairs.len() == count, "there are not enough strangers for that many conversations");
    for pairs in pairs.chunks(AT_ONCE / 2) {
        let mut done = FuturesUnordered::new();
        for (from, to) in pairs {
            let (from, to) = (&strangers[*from], &strangers[*to]);
            done.push(send(core, from, to, 0));
            done.push(receive(core, to, from, 0));
        }
        while let Some(done) = done.next().await {
            done.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        }
    }
    Ok(())
}

/// Messages of strangers that wait for the last of the people.
async fn add_waiting(
    core: &Core,
    strangers: &[Arc<Account>],
    people: &[Arc<Account>],
    count: usize,
) -> anyhow::Result<()> {
    let to = people.last().context("no people")?;
    let numbers: Vec<_> = (0..count).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let mut done = FuturesUnordered::new();
        for number in numbers {
            done.push(send(core, &strangers[number % 100], to, *number as i64));
        }
        while let Some(done) = done.next().await {
            done.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        }
    }
    Ok(())
}

type Reply = hearken_core::Reply<hearken_messenger::rules::Done, hearken_messenger::rules::Refusal>;

fn send(core: &Core, from: &Arc<Account>, to: &Arc<Account>, number: i64) -> Reply {
    let (pair, moment) = (Pair { me: from.id, peer: to.id }, moment(number));
    let at = dialogue::between(from.organisation_id, pair.key()).reading(message_of(from.id, moment.at));
    let text = format!("message {number:>50}");
    core.update(&actor(core, from), at, move |draft| dialogue::send(draft, pair, &moment, &text))
}

fn receive(core: &Core, me: &Arc<Account>, from: &Arc<Account>, number: i64) -> Reply {
    let (pair, of) = (Pair { me: me.id, peer: from.id }, moment(number));
    let at = dialogue::between(me.organisation_id, pair.key()).reading(message_of(from.id, of.at));
    core.update(&actor(core, me), at, move |draft| dialogue::receive(draft, pair, &of, &of))
}

fn moment(number: i64) -> Moment {
    let at = Sent::from_micros(FIRST + number * 1000).unwrap_or(Sent::MAX);
    Moment { at, text: at.fetched().to_string() }
}

fn actor(core: &Core, account: &Arc<Account>) -> Actor {
    let credential = Credential::OperatorToken { expires: core.wall() };
    Actor::Person(Person { account: Arc::clone(account), sign_in: core.new_sign_in(), credential })
}

async fn write_people(
    core: &Core,
    people: &[Arc<Account>],
    desk: &Cast,
    asked: &PrepareArgs,
) -> anyhow::Result<()> {
    let mut written = Vec::with_capacity(people.len());
    for account in people {
        let token = core.issue(account.id, TTL).await?;
        written.push(json!({ "id": account.id, "phone": account.phone, "token": token }));
    }
    let members: Vec<_> = (0..asked.group_size.min(asked.people)).collect();
    let file = json!({ "people": written, "group": { "key": GROUP, "members": members },
                       "sign_in": { "email": EMAIL, "password": PASSWORD }, "desk": desk });
    write(&asked.out, &file.to_string())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("can't write {}", path.display()))
}
