//! What can be seen of a scene: lists, what is heard, who is in, and what the store keeps.

use hearken_core::actor::Actor;
use hearken_core::event::{Event, Signal};
use hearken_core::ids::AccountId;
use hearken_core::{Conversation, Delivery, Kind as _, Notice, ReadError, Subscription, Target};
use hearken_messenger::rules::membership::ADMIN;
use hearken_messenger::stored::{Dialogue, DialogueState, EVERYTHING, Echo, Group, Message, Room, Tidings};

use super::super::moment::{named, seconds};
use super::{Chat, KEY, Scene};

impl Scene {
    /// What waits for somebody: `1 hello by ana for ben+cid, …`.
    pub(super) async fn list(&self, who: &str) -> String {
        let mut inbox = self.core().inbox(&self.actor(who), EVERYTHING).await.expect("the store answers");
        let (waiting, last) = inbox.page(1000).await.expect("the store answers");
        assert!(last, "no table has so many messages");
        let listed = waiting.iter().map(|waiting| {
            let mut names: Vec<_> = waiting.waits_for.iter().map(|id| self.name(*id)).collect();
            names.sort_unstable();
            format!("{} for {}", self.told(&waiting.event), names.join("+"))
        });
        listed.collect::<Vec<_>>().join(", ")
    }

    /// What somebody has been told since this was last asked.
    pub(super) fn heard(&mut self, who: &str) -> String {
        let mut heard = Vec::new();
        while let Some(delivery) = self.ears.get_mut(who).and_then(Subscription::try_next) {
            heard.push(match delivery {
                Delivery::Event(event) => self.told(&event),
                Delivery::Signal(signal) => self.echoed(&signal),
                Delivery::Notice(notice) => self.tidings(&notice),
                Delivery::Ended(ended) => format!("{ended:?}"),
            });
        }
        heard.join(", ")
    }

    /// What is kept for somebody until he has been told.
    pub(super) async fn untold(&self, who: &str) -> String {
        let kept = self.core().notices(&self.actor(who), EVERYTHING, 0, 1000).await;
        let (kept, _) = kept.expect("the store answers");
        kept.iter().map(|notice| self.tidings(notice)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn tidings(&self, notice: &Notice) -> String {
        let whom = |whom: &Option<AccountId>| whom.map_or("it", |whom| self.name(whom));
        match notice.body.get::<Tidings>().expect("the messenger's own") {
            Tidings::Personal { change, by, with } => {
                format!("{} chat of {} with {}", change.word(), self.name(*by), self.name(*with))
            }
            Tidings::Group { change, by, whom: other } => {
                format!("{} {} by {}", change.word(), whom(other), self.name(*by))
            }
            Tidings::Room { change } => format!("{} room", change.word()),
            Tidings::Expired { sent, with } => format!("{} expired to {}", named(sent), whom(with)),
        }
    }

    fn told(&self, event: &Event) -> String {
        let message = event.body.as_ref().and_then(|body| body.get::<Message>());
        let Some(Message::Text { text, sent }) = message else { return "nothing any more".into() };
        format!("{} {text} by {}", named(sent), self.author(event.author))
    }

    fn echoed(&self, signal: &Signal) -> String {
        let echo = signal.body.get::<Echo>().expect("the messenger's own");
        let by = self.author(signal.author);
        match echo {
            Echo::Received { of, .. } => format!("received {} by {by}", named(of)),
            Echo::Read { of, .. } => format!("read {} by {by}", named(of)),
            Echo::Typing { .. } => format!("typing by {by}"),
            Echo::Deleted { of, .. } => format!("deleted {} by {by}", named(of)),
        }
    }

    fn author(&self, author: Option<AccountId>) -> &'static str {
        self.name(author.expect("somebody's"))
    }

    /// The marks of ana's chat with ben: `ben received 5 seen 6`.
    pub(super) async fn marks(&self) -> String {
        let Some(chat) = self.conversation().await else { return "no chat".into() };
        let state = chat.state.get::<DialogueState>().expect("a dialogue's, or a room's with the same marks");
        let mut marks = Vec::new();
        for mark in &state.marks {
            let shown = |name, mark: Option<i64>| mark.map(|at| format!(" {name} {}", seconds(at)));
            let (received, seen) = (shown("received", mark.received), shown("seen", mark.seen));
            let name = self.name(mark.account);
            marks.push(format!("{name}{}{}", received.unwrap_or_default(), seen.unwrap_or_default()));
        }
        marks.sort_unstable();
        marks.join(", ")
    }

    /// Whether there is a chat of ana and ben.
    pub(super) async fn status(&self) -> String {
        match self.conversation().await {
            None => "no chat".into(),
            Some(chat) => chat.header.status.to_string(),
        }
    }

    /// Who is in the group, in the order of their seats, admins with a star; and where it stands if not open.
    pub(super) async fn members(&self) -> String {
        let Some(group) = self.conversation().await else { return "no group".into() };
        let mut members: Vec<_> = group.members.iter().filter(|member| member.is_in()).collect();
        members.sort_by_key(|member| member.slot);
        let star = |role: &str| if role == ADMIN { "*" } else { "" };
        let shown =
            members.iter().map(|member| format!("{}{}", self.name(member.account), star(&member.role)));
        let status = &group.header.status;
        let status = if status == "open" { None } else { Some(status.to_string()) };
        shown.chain(status).collect::<Vec<_>>().join(" ")
    }

    /// What the log of the chat holds: `1 hello by ana`, `nothing any more` where only the row is left.
    pub(super) async fn log(&self) -> String {
        let Some(chat) = self.conversation().await else { return "no chat".into() };
        let everybody = Actor::System("a test");
        let read = self.core().read(&everybody, chat.identity.id, 0, 1000).await;
        let (events, _) = read.expect("the store answers");
        events.iter().map(|event| self.told(event)).collect::<Vec<_>>().join(", ")
    }

    async fn conversation(&self) -> Option<Conversation> {
        let (kind, key) = match self.chat {
            Chat::Room => (Room::NAME, self.pair("ana").key()),
            Chat::Dialogue => (Dialogue::NAME, self.pair("ana").key()),
            Chat::Group(_) => (Group::NAME, KEY.into()),
        };
        let organisation = self.people["ana"].organisation_id;
        let target = Target::Key { kind, organisation, key };
        match self.core().conversation(&Actor::System("a test"), &target).await {
            Ok(conversation) => Some(conversation),
            Err(ReadError::NotFound) => None,
            Err(error) => panic!("{error}"),
        }
    }
}
