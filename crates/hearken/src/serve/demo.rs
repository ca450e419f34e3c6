//! The people of `serve --demo`, and what is printed about them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hearken_core::account::{Account, Role};
use hearken_core::{Core, NewAccount};
use hearken_messenger::groups;

const DAY: Duration = Duration::from_hours(24);
/// The seed's own group key.
const GROUP: &str = "test12test";
const PEOPLE: [(&str, &str, &str); 3] =
    [("Ana", "Sari", "9999999999"), ("Budi", "Santoso", "9898989898"), ("Citra", "Dewi", "9797979797")];
/// Who is at the desk: two of its staff, and one who has walked in.
const DESK: [(&str, &str, Role); 3] = [
    ("Eka", "Putri", Role::Agent),
    ("Fajar", "Wibowo", Role::Supervisor),
    ("Gita", "Lestari", Role::Visitor),
];
/// What all of them sign in with.
const PASSWORD: &str = "only a demo";

/// Makes the people and their group; answers what to print.
pub(super) async fn fill(core: &Core, base: &str) -> anyhow::Result<String> {
    let password = core.hash_password(PASSWORD).await?;
    let new = PEOPLE.iter().map(|(name, last_name, phone)| {
        Ok(NewAccount {
            name: Some((*name).into()),
            last_name: Some((*last_name).into()),
            email: Some(email(name)),
            phone: Some(phone.parse()?),
            roles: vec![Role::Participant],
            password: Some(password.clone()),
            ..NewAccount::default()
        })
    });
    // One who keeps the others' accounts.
    let admin = NewAccount {
        name: Some("Dewi".into()),
        email: Some(email("Dewi")),
        roles: vec![Role::Admin],
        password: Some(password.clone()),
        ..NewAccount::default()
    };
    core.add_account(admin).await?;
    let desk = DESK.iter().map(|(name, last_name, role)| NewAccount {
        name: Some((*name).into()),
        last_name: Some((*last_name).into()),
        email: Some(email(name)),
        roles: vec![*role],
        password: Some(password.clone()),
        ..NewAccount::default()
    });
    let desk = core.add_accounts(desk.collect()).await?;
    let people = core.add_accounts(new.collect::<anyhow::Result<_>>()?).await?;
    let everybody: Vec<_> = people.iter().map(|account| account.id).collect();
    let group = groups::New {
        name: "Evening circle".into(),
        bio: "Three people to try things with".into(),
        admins: everybody[..1].to_vec(),
        participants: everybody[1..].to_vec(),
    };
    let founder = people[0].organisation_id;
    groups::import(core, founder, GROUP, group).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let (mut tokens, mut at_desk) = (Vec::new(), Vec::new());
    for account in &people {
        tokens.push(core.issue(account.id, DAY).await?);
    }
    for account in &desk {
        at_desk.push(core.issue(account.id, DAY).await?);
    }
    Ok(words(base, &people, &tokens) + &words_of_the_desk(base, &at_desk))
}

/// Who is at the desk, and how a chat is opened there.
fn words_of_the_desk(base: &str, tokens: &[String]) -> String {
    let mut text =
        String::from("\nAt the desk (Socket.IO, and /api/v1/desk) there are, with the same password:\n\n");
    for ((name, last_name, role), token) in DESK.iter().zip(tokens) {
        // Writing to a string can't fail.
        let _ = writeln!(text, "  {name} {last_name}, {}, {}\n        {token}", role.as_str(), email(name));
    }
    let _ = writeln!(
        text,
        "\nHave {} open a chat, and {} claim it (npm install socket.io-client):\n\n\
         node -e 'const {{io}}=require(\"socket.io-client\");\
         const open=(t)=>io(\"{base}\",{{extraHeaders:{{Authorization:t}}}}).onAny((e,d)=>console.log(e,JSON.stringify(d)));\
         const staff=open(\"{}\");staff.on(\"append_unclaimed_chats\",({{room}})=>staff.emit(\"staff_join\",{{room:room.id}},console.log));\
         staff.once(\"staff_init\",()=>{{const v=open(\"{}\");v.once(\"visitor_init\",()=>\
         v.emit(\"visitor_first_msg\",{{content:\"hello\"}},console.log))}});setTimeout(()=>process.exit(),1500)'\n",
        DESK[2].0, DESK[0].0, tokens[0], tokens[2]
    );
    text
}

fn email(name: &str) -> String {
    format!("{}@example.org", name.to_lowercase())
}

fn words(base: &str, people: &[Arc<Account>], tokens: &[String]) -> String {
    let mut text = String::from(
        "\nA demo on throw-away data, gone when this stops. Three people, each with a token good for a day:\n\n",
    );
    for ((name, last_name, phone), (account, token)) in PEOPLE.iter().zip(people.iter().zip(tokens)) {
        let id = account.id;
        // Writing to a string can't fail.
        let email = email(name);
        let _ = writeln!(text, "  {name} {last_name}, {phone}, {email}, account {id}\n        {token}");
    }
    let _ = writeln!(
        text,
        "\nAll three are in the group {GROUP}. Each signs in with the password \"{PASSWORD}\"; so does {},",
        email("Dewi")
    );
    let _ = writeln!(
        text,
        "who keeps accounts. Two browsers side by side:  {base}/chat   and what there is over HTTP:  {base}/docs"
    );
    let sockets = base.replacen("http", "ws", 1);
    let (ana, budi) = (PEOPLE[0].2, PEOPLE[1].2);
    let _ = writeln!(
        text,
        "\nTry a message from Ana to Budi (Node 20 or newer):\n\n\
         node --experimental-websocket -e 'const s=(p,t)=>{{const w=new WebSocket(\"{sockets}/ws/chat/\"+p+\"/?access_token=\"+t);\
         w.onmessage=m=>console.log(p,m.data);return w}};\
         s(\"special/{budi}\",\"{}\").onopen=()=>{{const w=s(\"personal/{ana}/{budi}\",\"{}\");\
         w.onopen=()=>w.send(JSON.stringify({{message:\"hello\",command:\"new_msg\",msg_from:\"{ana}\",msg_to:\"{budi}\",\
         sent_timestamp:new Date().toISOString()}}));setTimeout(()=>process.exit(),1000)}}'\n",
        tokens[1], tokens[0]
    );
    text
}
