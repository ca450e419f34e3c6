//! What people do about rooms in a scene, and in them.

use std::time::Duration;

use hearken_core::{At, Delivery, Draft, UpdateError};
use hearken_messenger::rooms::{self, Met};
use hearken_messenger::rules::{Refusal, message_of, room};
use hearken_messenger::stored::{Dialogue, Room, RoomChange, Seat};
use hearken_testkit::client::PATIENCE;

use super::super::moment::{moment, seconds};
use super::Scene;
use super::acts::{LATER, at_second, outcome, refused};

/// How long a room is open.
const TTL: Duration = Duration::from_hours(24);

impl Scene {
    /// `opens ben`, `asks`, `stops`, `votes 1`, `parts`; `sees` his room; `awaits` the next news;
    /// `vanishes`, being erased; `remembers` whom his seat names; or speaks in the room.
    pub(super) async fn act_about_rooms(&mut self, who: &str, words: &[&str]) -> String {
        let (actor, core) = (self.actor(who), self.core().clone());
        match *words {
            ["opens", other] => {
                said(rooms::open(&core, &actor, self.people[other].id, TTL).await.map(|()| "open"))
            }
            ["asks"] => said(rooms::meet(&core, &actor, TTL).await.map(|met| match met {
                Met::Somebody => "met",
                Met::Nobody => "waits",
            })),
            ["stops"] => said(rooms::stop_waiting(&core, &actor).await.map(|()| "stopped")),
            ["votes", vote] => said(rooms::vote(&core, &actor, vote == "1").await.map(RoomChange::word)),
            ["parts"] => said(rooms::part(&core, &actor).await.map(RoomChange::word)),
            ["sees"] => self.own_view(who).await,
            ["meets"] => {
                let pair = rooms::pair_of(&core, &actor).await.expect("the store answers");
                pair.map_or("nobody".into(), |pair| self.name(pair.peer).into())
            }
            ["vanishes"] => {
                let (organisation, gone) = (self.people[who].organisation_id, self.people[who].id);
                rooms::abandon(&core, organisation, gone).await.expect("the store answers");
                "gone".into()
            }
            ["remembers"] => self.seat(who).await,
            ["awaits"] => self.next_news(who).await,
            ["writes" | "gets" | "drops", ..] => self.act_in_chat_after(who, words).await,
            _ => self.act_in_room(who, words).await,
        }
    }

    async fn act_in_room(&self, who: &str, words: &[&str]) -> String {
        let (pair, actor, core) = (self.pair(who), self.actor(who), self.core());
        let at = || At::<Room>::key(self.people[who].organisation_id, pair.key());
        let reply = match *words {
            ["says", name, ref text @ ..] => {
                let (sent, text) = (moment(name), text.join(" "));
                let at = at().reading(message_of(pair.me, sent.at));
                core.update(&actor, at, move |draft| room::send(draft, pair, &sent, &text))
            }
            ["receives", name, ref when @ ..] => {
                let (of, sent) = (moment(name), moment(at_second(when)));
                let at = at().reading(message_of(pair.peer, of.at));
                core.update(&actor, at, move |draft| room::receive(draft, pair, &of, &sent))
            }
            ["reads", name, ref when @ ..] => {
                let (of, sent) = (moment(name), moment(at_second(when)));
                core.update(&actor, at(), move |draft| room::read(draft, pair, &of, &sent))
            }
            ["types"] => {
                let sent = moment(LATER);
                core.update(&actor, at(), move |draft| room::type_on(draft, pair, &sent))
            }
            ["deletes", name] => {
                let (of, sent) = (moment(name), moment(LATER));
                let at = at().reading(message_of(pair.me, of.at));
                core.update(&actor, at, move |draft| room::delete(draft, pair, &of, &sent))
            }
            _ => panic!("nobody {words:?} in a room"),
        };
        outcome(reply).await
    }

    /// `gets 1`, `drops 1`: a receipt or a deletion in the personal chat, of what was said in the room before;
    /// `writes 1 hello` there.
    async fn act_in_chat_after(&self, who: &str, words: &[&str]) -> String {
        let (pair, actor, core) = (self.pair(who), self.actor(who), self.core());
        let organisation = self.people[who].organisation_id;
        let places = |which| {
            let at = At::<Room>::key(organisation, pair.key()).reading(which);
            room::left_to(at, At::<Dialogue>::key(organisation, pair.key()))
        };
        let sent = moment(LATER);
        match *words {
            ["gets", name] => {
                let of = moment(name);
                let places = places(message_of(pair.peer, of.at));
                outcome(core.update_many(&actor, places, move |drafts| {
                    room::receive_left(drafts, pair, &of, &sent, false)
                }))
                .await
            }
            ["drops", name] => {
                let of = moment(name);
                let places = places(message_of(pair.me, of.at));
                outcome(core.update_many(&actor, places, move |drafts| {
                    room::delete_left(drafts, pair, &of, &sent, false)
                }))
                .await
            }
            [_, ref rest @ ..] => {
                let said: Vec<_> = std::iter::once("says").chain(rest.iter().copied()).collect();
                self.act_in_dialogue(who, &said).await
            }
            [] => panic!("a step has words"),
        }
    }

    /// Whom his seat names, also when that room is over.
    async fn seat(&self, who: &str) -> String {
        let key = self.people[who].id.to_string();
        let at = At::<Seat>::key(self.people[who].organisation_id, key);
        let look = |draft: &mut Draft<'_, '_, Seat>| {
            Ok::<_, Refusal>(draft.state().meeting.map(|meeting| meeting.peer))
        };
        let peer = self.core().update(&self.actor(who), at, look).await.expect("he has been in a room");
        peer.map_or("nobody".into(), |peer| self.name(peer).into())
    }

    /// `until 86400, said 1, received 5 seen 6`, as one of the two sees it.
    async fn own_view(&self, who: &str) -> String {
        let view = rooms::room_of(self.core(), &self.actor(who)).await.expect("the store answers");
        let Some(view) = view else { return "no room".into() };
        let span = view.until.as_second() - view.opened.as_second();
        let said = if view.said_yes { ", said 1" } else { "" };
        let mark = |name, at: Option<i64>| at.map(|at| format!(", {name} {}", seconds(at)));
        let marks = mark("received", view.received).into_iter().chain(mark("seen", view.seen));
        format!("open {span}{said}{}", marks.collect::<String>())
    }

    /// Waits until nothing waits in the room of ana and ben any more: the timer that sees to it fires beside the scene.
    pub(super) async fn until_forgotten(&self) {
        let all_gone = async {
            while self.log().await.contains(" by ") {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, all_gone).await.expect("it is forgotten");
    }

    async fn next_news(&mut self, who: &str) -> String {
        let ear = self.ears.get_mut(who).expect("everybody listens");
        let next = tokio::time::timeout(PATIENCE, ear.next()).await.expect("it comes");
        match next {
            Delivery::Notice(notice) => self.tidings(&notice),
            other => format!("{other:?}"),
        }
    }
}

fn said(done: Result<&'static str, UpdateError<Refusal>>) -> String {
    done.map_or_else(|error| refused(&error), ToOwned::to_owned)
}
