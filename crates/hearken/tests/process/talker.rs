//! People who send one message at a time and hear whether it is kept: for troubles in which some are and some are not.

use std::net::SocketAddr;

use crate::people::Person;
use crate::said::{Said, frame};
use crate::socket::{Gone, Socket};

/// What the door says when the store can't be written.
const NOT_SAVED: &str = "the server can't save this just now; send this again";

/// Somebody with both his sockets open, one message on the way at a time.
pub(crate) struct Talker {
    pub(crate) place: usize,
    person: Person,
    mouth: Socket,
    ears: Socket,
    /// How many are acknowledged.
    pub(crate) kept: usize,
}

impl Talker {
    /// Somebody who talks with his neighbour: an even place with the odd one after it.
    pub(crate) async fn new(server: SocketAddr, place: usize, people: &[Person]) -> Result<Self, Gone> {
        let (person, peer) = (people[place].clone(), &people[place ^ 1]);
        let path = format!("/ws/chat/personal/{}/{}/", person.phone, peer.phone);
        let mouth = Socket::open(server, &path, &person.token).await?;
        let ears =
            Socket::open(server, &format!("/ws/chat/special/{}/", person.phone), &person.token).await?;
        Ok(Self { place, person, mouth, ears, kept: 0 })
    }

    /// Sends the next message, or again the one that was not saved; says whether it is kept.
    async fn say(&mut self, people: &[Person]) -> Result<bool, Gone> {
        let said = Said { author: self.place, number: self.kept };
        let to = &people[self.place ^ 1].phone;
        self.mouth.send(frame("new_msg", &said.text(), &self.person.phone, to, &said.timestamp())).await?;
        let answer = self.mouth.frame().await?;
        if answer.command == "error" {
            assert_eq!((answer.message.as_str(), answer.kind.as_str()), (NOT_SAVED, "new_msg"));
            return Ok(false);
        }
        assert_eq!((answer.command.as_str(), answer.message), ("msg_sent", said.timestamp()));
        self.kept += 1;
        Ok(true)
    }

    /// Panics unless the list has exactly what the peer was told is kept.
    pub(crate) async fn assert_list(&mut self, peers: usize) -> Result<(), Gone> {
        let list = self.ears.fetch("fetch_msgs", &self.person.phone).await?;
        let found: Vec<_> = list.entries.iter().map(Said::listed).collect();
        let author = self.place ^ 1;
        let expected: Vec<_> = (0..peers).map(|number| Said { author, number }).collect();
        assert_eq!(found, expected, "what waits for {}", self.place);
        Ok(())
    }
}

/// Everybody says `messages` each, which must all be kept.
pub(crate) async fn all_say(talkers: &mut [Talker], people: &[Person], messages: usize) -> Result<(), Gone> {
    for _ in 0..messages {
        for talker in &mut *talkers {
            assert!(talker.say(people).await?, "{} can't send", talker.place);
        }
    }
    Ok(())
}

/// Everybody talks until he has been refused.
pub(crate) async fn talk_until_refused(talkers: &mut [Talker], people: &[Person]) -> Result<(), Gone> {
    for talker in talkers {
        while talker.say(people).await? {}
        // And once more: it is not for one message that there is no room.
        assert!(!talker.say(people).await?);
    }
    Ok(())
}

/// Panics unless everybody's list has exactly what is kept for him.
pub(crate) async fn assert_lists(talkers: &mut [Talker]) -> Result<(), Gone> {
    let kept: Vec<_> = talkers.iter().map(|talker| talker.kept).collect();
    for talker in talkers {
        talker.assert_list(kept[talker.place ^ 1]).await?;
    }
    Ok(())
}

/// Everybody, with his sockets open.
pub(crate) async fn gather(server: SocketAddr, people: &[Person]) -> Result<Vec<Talker>, Gone> {
    let mut talkers = Vec::new();
    for place in 0..people.len() {
        talkers.push(Talker::new(server, place, people).await?);
    }
    Ok(talkers)
}
