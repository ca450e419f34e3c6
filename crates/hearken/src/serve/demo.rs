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
const PEOPLE: [(&str, &str); 3] = [("Ana", "9999999999"), ("Budi", "9898989898"), ("Citra", "9797979797")];

/// Makes the people and their group; answers what to print.
pub(super) async fn fill(core: &Core, base: &str) -> anyhow::Result<String> {
    let new = PEOPLE.iter().map(|(name, phone)| {
        Ok(NewAccount {
            name: Some((*name).into()),
            phone: Some(phone.parse()?),
            roles: vec![Role::Participant],
            ..NewAccount::default()
        })
    });
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
    let mut tokens = Vec::new();
    for account in &people {
        tokens.push(core.issue(account.id, DAY).await?);
    }
    Ok(words(base, &people, &tokens))
}

fn words(base: &str, people: &[Arc<Account>], tokens: &[String]) -> String {
    let mut text = String::from(
        "\nA demo on throw-away data, gone when this stops. Three people, each with a token good for a day:\n\n",
    );
    for ((name, phone), (account, token)) in PEOPLE.iter().zip(people.iter().zip(tokens)) {
        let id = account.id;
        // Writing to a string can't fail.
        let _ = writeln!(text, "  {name:<6}{phone}  account {id}\n        {token}");
    }
    let _ = writeln!(text, "\nAll three are in the group {GROUP}.");
    let sockets = base.replacen("http", "ws", 1);
    let (ana, budi) = (PEOPLE[0].1, PEOPLE[1].1);
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
