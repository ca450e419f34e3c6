//! A full group in which everybody answers everything at once, within the rate that everybody has: nobody is shut out
//! for what the others say.

use futures_util::future::join_all;

use crate::people::{Offline, Person};
use crate::said::{Said, frame, phone};
use crate::server::{Server, assert_sound};
use crate::socket::{Gone, Socket};

const GROUP: &str = "THECROWD00";
/// As many as a group holds.
const MEMBERS: usize = 128;
/// The burst that a socket may send at once, and so the receipts of one member.
const MESSAGES: usize = 40;

/// A member with both sockets open.
struct Member {
    mouth: Socket,
    ears: Socket,
}

async fn arrive(server: &Server, person: &Person) -> Result<Member, Gone> {
    let Person { phone, token, .. } = person;
    let mouth = Socket::open(server.address, &format!("/ws/chat/group/{phone}/{GROUP}/"), token).await?;
    let ears = Socket::open(server.address, &format!("/ws/chat/special/{phone}/"), token).await?;
    Ok(Member { mouth, ears })
}

fn messages() -> impl Iterator<Item = Said> {
    (0..MESSAGES).map(|number| Said { author: 0, number })
}

/// The author says everything at once.
async fn say(author: &mut Member) -> Result<(), Gone> {
    for said in messages() {
        let text = frame("new_grp_msg", &said.text(), &phone(0), GROUP, &said.timestamp());
        author.mouth.put(text).await?;
    }
    author.mouth.flush().await?;
    for _ in messages() {
        assert_eq!(author.mouth.frame().await?.command, "msg_sent");
    }
    Ok(())
}

/// A member hears everything, and only then sends a receipt for each.
async fn receive(place: usize, member: &mut Member) -> Result<(), Gone> {
    for said in messages() {
        assert_eq!(Said::told(&member.ears.frame().await?), said);
    }
    for said in messages() {
        let of = said.timestamp();
        member.mouth.put(frame("grp_msg_received", &of, &phone(place), GROUP, &of)).await?;
    }
    member.mouth.flush().await
}

/// Everybody hears of every receipt but his own.
async fn hear_of_receipts(place: usize, member: &mut Member) -> Result<(), Gone> {
    let others = MEMBERS - if place == 0 { 1 } else { 2 };
    for _ in 0..others * MESSAGES {
        let told = member.ears.frame().await?;
        assert_eq!(told.command, "msg_received", "{told:?}");
    }
    Ok(())
}

#[tokio::test]
async fn everybody_in_a_full_group_may_answer_everything_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let house = Offline::open(&data).await;
    let people = house.people(MEMBERS).await;
    house.group(GROUP, &people).await;
    house.close().await;
    let server = Server::start::<&str>(&data, &[]);
    let arrived = join_all(people.iter().map(|person| arrive(&server, person))).await;
    let mut members: Vec<_> = arrived.into_iter().map(|member| member.expect("the server is up")).collect();
    assert_eq!(say(&mut members[0]).await, Ok(()));
    let received = members.iter_mut().enumerate().skip(1).map(|(place, member)| receive(place, member));
    assert!(join_all(received).await.iter().all(Result::is_ok));
    let heard = members.iter_mut().enumerate().map(|(place, member)| hear_of_receipts(place, member));
    assert_eq!(join_all(heard).await.iter().filter(|heard| heard.is_err()).count(), 0, "were shut out");
    assert_sound(&data);
}
