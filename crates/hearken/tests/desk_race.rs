//! The race for chats at the desk, on the store that several nodes share: fifty of the staff at two nodes claim the same
//! two hundred chats at once. Each chat has one winner, and whoever was not is told so (contract, "What a chat is").

#![expect(clippy::print_stdout, reason = "figures for whoever reads the output")]

use std::sync::Arc;

use futures_util::future::join_all;
use hearken_core::account::Role;
use hearken_core::actor::{Actor, Credential, Person};
use hearken_core::ids::ConversationId;
use hearken_core::{CommitSettings, Core, NewAccount, Ports, Registry, Running, UpdateError};
use hearken_desk::chats::{look_up, open, serve};
use hearken_desk::content::Content;
use hearken_desk::presence::arrive;
use hearken_desk::rules::Refusal;
use hearken_desk::rules::room::stage_of;
use hearken_desk::rules::serving::Way;
use hearken_desk::settings::Settings;
use hearken_desk::stored::Stage;
use hearken_store::{PostgresSettings, PostgresStore};
use hearken_testkit::throwaway::Database;

const STAFF: usize = 50;
const CHATS: usize = 200;

async fn node(url: &str) -> (Core, Running) {
    let store = PostgresStore::open(url, PostgresSettings::default()).await.expect("the store opens");
    let (ports, _) = Ports::system(Arc::new(store));
    let registry = hearken_desk::register(Registry::default(), &Settings::default());
    Core::start(ports, registry, CommitSettings::default()).await.expect("a node starts")
}

async fn person(core: &Core, role: Role) -> Actor {
    let new = NewAccount { roles: vec![role], ..NewAccount::default() };
    let account = core.add_account(new).await.expect("an account");
    let credential = Credential::OperatorToken { expires: core.wall() };
    let actor = Actor::Person(Person { account, sign_in: core.new_sign_in(), credential });
    arrive(core, &actor).await.expect("he comes");
    actor
}

async fn opened(core: &Core) -> ConversationId {
    let visitor = person(core, Role::Visitor).await;
    let content = serde_json::from_str(r#"{"content":"hello"}"#).ok().map(Content::new);
    let content = content.and_then(Result::ok).expect("content");
    open(core, &visitor, None, content).await.expect("it is opened").chat
}

/// How many chats one of the staff gets who asks for all of them, from one of them on.
async fn ask_for_all(core: &Core, who: &Actor, chats: &[ConversationId], first: usize) -> usize {
    let mut won = 0;
    for at in 0..chats.len() {
        let chat = chats[(first + at) % chats.len()];
        match serve(core, who, chat, None, Way::Claim, None).await {
            Ok(_) => won += 1,
            Err(error) => assert_eq!(error, UpdateError::Refused(Refusal::AlreadyClaimed)),
        }
    }
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_chat_has_one_winner() {
    let database = Database::new();
    let (one, two) = (node(database.url()).await, node(database.url()).await);
    let cores = [&one.0, &two.0];
    let chats = join_all((0..CHATS).map(|_| opened(cores[0]))).await;
    let mut staff = Vec::new();
    for number in 0..STAFF {
        staff.push((cores[number % 2], person(cores[number % 2], Role::Agent).await));
    }
    let begun = one.0.elapsed();
    // In the same order, so that all are at the same chat; the second time there is nothing left to win.
    for expect in [CHATS, 0] {
        let asked = staff.iter().map(|(core, who)| ask_for_all(core, who, &chats, 0));
        assert_eq!(join_all(asked).await.iter().sum::<usize>(), expect);
    }
    println!("{} claims took {:?}", 2 * STAFF * CHATS, one.0.elapsed().saturating_sub(begun));
    let home = staff[0].1.organisation().expect("a person");
    for chat in chats {
        let (found, state) = look_up(&one.0, home, chat).await.expect("the store reads").expect("there");
        assert_eq!(stage_of(&found.header), Stage::Claimed);
        let serving: Vec<_> = found.members.iter().filter(|member| member.role == "staff").collect();
        assert_eq!(serving.iter().map(|member| Some(member.account)).collect::<Vec<_>>(), [state.staff]);
        assert_eq!(found.header.last_seq, 2, "opened, and claimed once");
    }
    assert_eq!(one.0.check().await, Ok(vec![]));
    one.1.stop().await;
    two.1.stop().await;
}
