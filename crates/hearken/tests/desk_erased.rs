//! People of the desk are erased from the embedded store: afterwards nothing of them is in any byte of its files, and the
//! chats of others are as they were (common.md, `hearken erase`).

use std::path::Path;
use std::sync::Arc;

use hearken_core::account::{Account, Role};
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::node::{LostLine, Parting, Whose};
use hearken_core::{CommitSettings, Core, NewAccount, Ports, Registry, Running};
use hearken_desk::chats::{look_up, open, serve};
use hearken_desk::content::Content;
use hearken_desk::rows::{Part, Reach, read};
use hearken_desk::rules::marking::{Severity, Tags};
use hearken_desk::rules::serving::Way;
use hearken_desk::settings::Settings;
use hearken_desk::{acts, presence};
use hearken_store::SqliteStore;

/// Words that nobody else has: of the visitor, and of the agent.
const WORDS: [[&str; 4]; 2] = [
    ["Wilhelmina", "Quixotrington", "wq@example.org", "abracadabra"],
    ["Bartholomew", "Featherstonehaugh", "bf@example.org", "hocuspocus"],
];

struct Desk {
    core: Core,
    running: Running,
}

impl Desk {
    async fn open(folder: &Path) -> Self {
        let store = SqliteStore::open(folder).expect("the store opens");
        let (ports, _) = Ports::system(Arc::new(store));
        let registry = hearken_desk::register(Registry::default(), &Settings::default());
        let (core, running) =
            Core::start(ports, registry, CommitSettings::default()).await.expect("a core starts");
        Self { core, running }
    }

    async fn person(&self, role: Role, words: Option<[&str; 4]>) -> Actor {
        let word = |at: usize| words.map(|words| words[at].to_owned());
        let new = NewAccount {
            name: word(0),
            last_name: word(1),
            email: word(2),
            roles: vec![role],
            ..NewAccount::default()
        };
        let account = self.core.add_account(new).await.expect("an account");
        let credential = Credential::OperatorToken { expires: self.core.wall() };
        let actor = Actor::Person(Person { account, sign_in: self.core.new_sign_in(), credential });
        presence::arrive(&self.core, &actor).await.expect("it is saved");
        actor
    }

    /// Somebody has lost his line.
    async fn lose(&self, who: &Actor) {
        let whose = Whose::One(who.account().expect("a person"));
        let lost = LostLine { whose, parting: Parting::Lost, ago: std::time::Duration::ZERO };
        let grace = Settings::default().reconnect_grace;
        presence::gone(self.core.clone(), lost, grace).await.expect("it is noted");
    }

    async fn erase(&self, who: &Actor) {
        let erasing = self.core.begin_erasing(who.account().expect("a person")).await.expect("he is there");
        presence::abandon(&self.core, erasing.account()).await.expect("his chats are over");
        erasing.finish().await.expect("he is erased");
    }
}

fn content(words: &str) -> Content {
    let json = serde_json::json!({ "content": words }).to_string();
    Content::new(serde_json::from_str(&json).expect("JSON")).expect("content")
}

fn account(who: &Actor) -> &Account {
    match who {
        Actor::Person(person) => &person.account,
        Actor::System(_) => panic!("a person"),
    }
}

/// How often somebody is in the store's files.
fn found(folder: &Path, who: &Actor, words: [&str; 4]) -> usize {
    let id = account(who).id;
    let mut traces: Vec<_> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let digits = id.0.simple().to_string();
    traces.extend([id.to_string().into_bytes(), digits.into_bytes(), id.0.as_bytes().to_vec()]);
    let files = std::fs::read_dir(folder).expect("the folder reads");
    let bytes = files.map(|file| std::fs::read(file.expect("a file").path()).unwrap_or_default());
    let count = |bytes: Vec<u8>| {
        traces.iter().map(|trace| memchr::memmem::find_iter(&bytes, trace).count()).sum::<usize>()
    };
    bytes.map(count).sum()
}

#[tokio::test]
async fn nothing_is_left_of_whoever_was_at_the_desk() {
    let folder = tempfile::tempdir().expect("a folder");
    let desk = Desk::open(folder.path()).await;
    let core = &desk.core;
    let [ana, kim] =
        [desk.person(Role::Visitor, Some(WORDS[0])).await, desk.person(Role::Agent, Some(WORDS[1])).await];
    let (ben, sue) = (desk.person(Role::Visitor, None).await, desk.person(Role::Supervisor, None).await);
    let home = account(&ana).organisation_id;
    let mut chats = Vec::new();
    for (visitor, words) in [(&ana, WORDS[0][3]), (&ben, "hello")] {
        let chat = open(core, visitor, None, content(words)).await.expect("it is opened").chat;
        serve(core, &kim, chat, None, Way::Claim, Some(9)).await.expect("it is claimed");
        acts::say_as_staff(core, &kim, chat, None, content(WORDS[1][3])).await.expect("it is said");
        acts::note(core, &kim, chat, None, content(WORDS[1][3])).await.expect("it is noted");
        let tags = Tags::new(vec!["vip".into()]).expect("tags");
        acts::tag(core, &kim, chat, None, tags).await.expect("it is tagged");
        let severity = Severity::new(1).expect("a severity");
        acts::flag(core, &kim, chat, None, severity).await.expect("it is flagged");
        serve(core, &sue, chat, None, Way::TakeOver, None).await.expect("it is taken over");
        acts::give_back(core, &sue, chat, None).await.expect("it is back");
        serve(core, &kim, chat, None, Way::Claim, None).await.expect("it is claimed");
        chats.push(chat);
    }
    acts::leave_as_staff(core, &kim, chats[0], None).await.expect("he leaves");
    chats.push(open(core, &ana, None, content(WORDS[0][3])).await.expect("it is opened").chat);
    serve(core, &kim, chats[2], None, Way::Claim, None).await.expect("it is claimed");
    desk.lose(&ana).await;
    desk.lose(&kim).await;
    let mine = acts::say_as_visitor(
        core,
        &ben,
        chats[1],
        None,
        content("mine"),
        hearken_desk::stored::Stage::Claimed,
    );
    mine.await.expect("it is said");
    assert!(found(folder.path(), &ana, WORDS[0]) > 10 && found(folder.path(), &kim, WORDS[1]) > 10);

    desk.erase(&kim).await;
    assert_eq!(found(folder.path(), &kim, WORDS[1]), 0);
    assert_eq!(core.check().await, Ok(vec![]));
    desk.erase(&ana).await;
    assert_eq!(found(folder.path(), &ana, WORDS[0]), 0);
    assert_eq!(core.check().await, Ok(vec![]));

    let (chat, state) = look_up(core, home, chats[1]).await.expect("it reads").expect("it stays");
    let reach = Reach { chat: chats[1], last: chat.header.last_seq, skipped: state.skipped };
    let rows = read(core, &ben, reach, Part::NEWEST, 100).await.expect("it reads");
    let own: Vec<_> = rows.iter().map(|row| (row.number, row.sender)).collect();
    let sue = Some(account(&sue).id);
    // Opened, taken over, returned, said, and that it is over.
    assert_eq!(own, [(1, None), (5, sue), (6, sue), (8, None), (9, None)]);
    desk.running.stop().await;
}
