//! Sixty-four people who talk as fast as they can, in pairs and in a group, until their server is gone; and who look,
//! once there is one again, whether everything is there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use futures_util::future::join_all;
use tokio::sync::watch;

use crate::book::{Ear, Line, Wrong, compare};
use crate::people::{Offline, Person};
use crate::resident::{Parting, Place, Receipts, Resident};
use crate::said::{Said, phone};
use crate::socket::{Gone, Socket};

/// The group's key.
const GROUP: &str = "TOWNSQUARE";
/// How many live in a town.
pub(crate) const PEOPLE: usize = 64;
/// The first so many talk in the group, the others in pairs.
const IN_GROUP: usize = 20;

/// Everybody, and what each has sent and seen so far.
pub(crate) struct Town {
    residents: Vec<Resident>,
}

/// An open receive socket of everybody, in order of their places.
pub(crate) struct Awake(Vec<Socket>);

/// How many messages have been acknowledged since the town was made.
pub(crate) type Progress = watch::Sender<usize>;

impl Town {
    /// Moves everybody in.
    pub(crate) async fn found(data: &Path) -> Self {
        let house = Offline::open(data).await;
        let people = house.people(PEOPLE).await;
        house.group(GROUP, &people[..IN_GROUP]).await;
        house.close().await;
        let residents = people.into_iter().enumerate().map(|(place, person)| settle(place, person));
        Self { residents: residents.collect() }
    }

    /// Opens everybody's receive socket, and compares what waits there with what must.
    pub(crate) async fn wake(&mut self, server: SocketAddr) -> Result<Result<Awake, Vec<String>>, Gone> {
        let visits = join_all(self.residents.iter().map(|resident| resident.wake(server))).await;
        let (mut sockets, mut wrong) = (Vec::with_capacity(PEOPLE), Vec::new());
        for (place, visit) in visits.into_iter().enumerate() {
            let (socket, found) = visit?;
            sockets.push(socket);
            wrong.extend(self.look(place, &found));
        }
        Ok(if wrong.is_empty() { Ok(Awake(sockets)) } else { Err(wrong) })
    }

    /// Compares what one of them has found, and notes what is certain now.
    fn look(&mut self, place: usize, found: &[Said]) -> Vec<String> {
        let mut by_author: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for said in found {
            by_author.entry(said.author).or_default().push(said.number);
        }
        let authors: Vec<usize> = self.residents[place].ears.keys().copied().collect();
        let mut wrong = Vec::new();
        for author in authors {
            let numbers = by_author.remove(&author).unwrap_or_default();
            let line = self.residents[author].line;
            let ear = self.residents[place].ears.get_mut(&author).expect("listed above");
            match compare(line, *ear, &numbers) {
                Ok(here) => *ear = Ear { receipts: here.start, certain: here.start, seen: here.end },
                Err(why) => wrong.push(format!("{place} hears {author}: {why:?} of {line:?} by {ear:?}")),
            }
        }
        wrong.extend(by_author.into_keys().map(|author| format!("{place} hears {author}, a stranger")));
        wrong
    }

    /// Everybody talks until the server is gone or says goodbye; tells how each one's sockets ended. Whose send socket
    /// was not open by then had none.
    pub(crate) async fn talk(
        &mut self,
        server: SocketAddr,
        awake: Awake,
        progress: &Progress,
    ) -> Vec<Result<Parting, Gone>> {
        let talks = self.residents.iter_mut().zip(awake.0);
        join_all(talks.map(|(resident, socket)| resident.talk(server, socket, progress))).await
    }

    /// How many messages wait for somebody, each counted for everybody it waits for.
    pub(crate) fn waiting(&self) -> usize {
        let ears = self.residents.iter().flat_map(|resident| resident.ears.values());
        ears.map(|ear| ear.seen.saturating_sub(ear.receipts)).sum()
    }

    /// How many messages have been sent, and how many of them acknowledged.
    pub(crate) fn total(&self) -> Line {
        self.residents.iter().fold(Line::default(), |sum, resident| Line {
            sent: sum.sent + resident.line.sent,
            acknowledged: sum.acknowledged + resident.line.acknowledged,
        })
    }
}

fn settle(place: usize, person: Person) -> Resident {
    let (talks, hears): (Place, Vec<usize>) = if place < IN_GROUP {
        (Place::Group(GROUP.to_owned()), (0..IN_GROUP).filter(|other| *other != place).collect())
    } else {
        // Pairs: an even place and the odd one after it.
        (Place::Pair(phone(place ^ 1)), vec![place ^ 1])
    };
    let receipts = match place % 4 {
        0 => Receipts::AtOnce,
        1 => Receipts::Never,
        _ => Receipts::NextDay,
    };
    // What a whole group leaves unreceived would soon be all that a fetch is busy with.
    let receipts = if place < IN_GROUP && receipts == Receipts::Never { Receipts::NextDay } else { receipts };
    let ears = hears.into_iter().map(|author| (author, Ear::default())).collect();
    Resident::new(place, person, talks, receipts, ears)
}

/// What is wrong, for the message of a failed test.
pub(crate) fn lines(wrong: &[String]) -> String {
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    format!("{} lists are wrong:\n{shown}", wrong.len())
}

/// Whether something acknowledged is missing.
pub(crate) fn tells_of_loss(wrong: &[String]) -> bool {
    let lost = format!("{:?}", Wrong::Lost(0..1));
    let name = lost.split('(').next().unwrap_or_default();
    wrong.iter().any(|line| line.contains(name))
}
