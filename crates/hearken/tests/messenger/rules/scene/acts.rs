//! What people do in a scene: words to rules, bound to what they read as the sockets bind them.

use std::sync::Arc;

use hearken_core::{At, Reply, UpdateError};
use hearken_messenger::rules::dialogue::Opened;
use hearken_messenger::rules::group::Authors;
use hearken_messenger::rules::{Done, Refusal, dialogue, group, membership, message_of};
use hearken_messenger::stored::Group;

use super::super::moment::moment;
use super::{KEY, START, Scene};

/// When somebody says that he has received or read something, unless the step says so.
pub(super) const LATER: &str = "100";

impl Scene {
    pub(super) async fn act_in_dialogue(&self, who: &str, words: &[&str]) -> String {
        let (pair, actor, core) = (self.pair(who), self.actor(who), self.core());
        let at = || dialogue::between(self.people[who].organisation_id, pair.key());
        let reply = match *words {
            ["says", name, ref text @ ..] => {
                let (sent, text) = (moment(name), text.join(" "));
                let at = at().reading(message_of(pair.me, sent.at));
                core.update(&actor, at, move |draft| dialogue::send(draft, pair, &sent, &text))
            }
            ["receives", name, ref when @ ..] => {
                let (of, sent) = (moment(name), moment(at_second(when)));
                let at = at().reading(message_of(pair.peer, of.at));
                core.update(&actor, at, move |draft| dialogue::receive(draft, pair, &of, &sent))
            }
            ["reads", name, ref when @ ..] => {
                let (of, sent) = (moment(name), moment(at_second(when)));
                core.update(&actor, at(), move |draft| Ok(dialogue::read(draft, pair, &of, &sent)))
            }
            ["types"] => {
                let sent = moment(LATER);
                core.update(&actor, at(), move |draft| Ok(dialogue::type_on(draft, pair, &sent)))
            }
            ["opens"] => {
                return opened(core.update(&actor, at(), move |draft| Ok(dialogue::open(draft, pair))).await);
            }
            ["closes"] => {
                let at = At::key(self.people[who].organisation_id, pair.key());
                core.update(&actor, at, move |draft| {
                    dialogue::delete_chat(draft, pair);
                    Ok(Done::Quiet)
                })
            }
            ["deletes", name] => {
                let (of, sent) = (moment(name), moment(LATER));
                let at = at().reading(message_of(pair.me, of.at));
                core.update(&actor, at, move |draft| dialogue::delete(draft, pair, &of, &sent))
            }
            _ => panic!("nobody {words:?} in a personal chat"),
        };
        outcome(reply).await
    }

    pub(super) async fn act_in_group(&self, who: &str, words: &[&str]) -> String {
        let (me, actor, core, at) = (self.people[who].id, self.actor(who), self.core(), self.group());
        let reply = match *words {
            ["says", name, ref text @ ..] => {
                let (sent, text) = (moment(name), text.join(" "));
                let at = at.reading(message_of(me, sent.at));
                core.update(&actor, at, move |draft| group::send(draft, me, &sent, &text))
            }
            ["receives", name, ref of @ ..] => {
                let (message, sent) = (moment(name), moment(LATER));
                let authors = match *of {
                    ["of", author] => Authors::One(self.people[author].id),
                    _ => Authors::All,
                };
                let at = at.reading(authors.messages(&message));
                core.update(&actor, at, move |draft| group::receive(draft, me, authors, &message, &sent))
            }
            ["reads", name] => {
                let (of, sent) = (moment(name), moment(LATER));
                core.update(&actor, at, move |draft| group::read(draft, me, &of, &sent))
            }
            ["types"] => {
                let sent = moment(LATER);
                core.update(&actor, at, move |draft| group::type_on(draft, me, &sent))
            }
            ["deletes", name] => {
                let (of, sent) = (moment(name), moment(LATER));
                let at = at.reading(message_of(me, of.at));
                core.update(&actor, at, move |draft| group::delete(draft, me, &of, &sent))
            }
            _ => return self.change_members(who, words).await,
        };
        outcome(reply).await
    }

    async fn change_members(&self, who: &str, words: &[&str]) -> String {
        let (me, actor, core, at) = (self.people[who].id, self.actor(who), self.core(), self.group());
        let reply = match *words {
            ["adds", other] => {
                let other = self.people[other].id;
                core.update(&actor, at, move |draft| membership::add(draft, me, other))
            }
            ["removes", other] => {
                let other = self.people[other].id;
                core.update(&actor, at, move |draft| membership::remove(draft, me, other))
            }
            ["promotes", other] => {
                let other = self.people[other].id;
                core.update(&actor, at, move |draft| membership::promote(draft, me, other))
            }
            ["describes", bio] => {
                let bio = bio.to_owned();
                core.update(&actor, at, move |draft| membership::describe(draft, me, None, Some(&bio)))
            }
            ["renames", name] => {
                let name = name.to_owned();
                core.update(&actor, at, move |draft| membership::describe(draft, me, Some(&name), None))
            }
            ["leaves"] => core.update(&actor, at, move |draft| membership::leave(draft, me)),
            _ => panic!("nobody {words:?} in a group"),
        };
        match reply.await {
            Ok(()) => "done".into(),
            Err(error) => refused(&error),
        }
    }

    fn group(&self) -> At<Group> {
        At::key(self.people["ana"].organisation_id, Arc::from(KEY))
    }
}

pub(super) fn at_second<'w>(when: &[&'w str]) -> &'w str {
    match *when {
        ["at", second] => second,
        _ => LATER,
    }
}

pub(super) async fn outcome(reply: Reply<Done, Refusal>) -> String {
    match reply.await {
        Ok(Done::Kept(at)) => {
            let start: jiff::Timestamp = START.parse().expect("a date");
            format!("kept {}", at.as_second() - start.as_second())
        }
        Ok(Done::Quiet | Done::QuietHere { .. }) => "quiet".into(),
        Ok(Done::Deleted | Done::DeletedHere) => "deleted".into(),
        Err(error) => refused(&error),
    }
}

fn opened(opened: Result<Opened, UpdateError<Refusal>>) -> String {
    match opened {
        Ok(Opened { created: true, .. }) => "created".into(),
        Ok(Opened { created: false, .. }) => "returned".into(),
        Err(error) => refused(&error),
    }
}

pub(super) fn refused(error: &UpdateError<Refusal>) -> String {
    match error {
        UpdateError::Refused(refusal) => format!("{refusal:?}"),
        other => format!("{other:?}"),
    }
}
