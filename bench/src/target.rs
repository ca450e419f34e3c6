//! The servers a load can run against, and which sockets it opens on each.

use anyhow::{Context, Result, bail, ensure};

use crate::batching::Committed;
use crate::cli::{Common, GroupArgs, PairsArgs};
use crate::connect::Opener;
use crate::desk::{Cast, Player, sign_on};
use crate::dialect::Template;
use crate::lines::{LineId, Lines};
use crate::pairs::Pair;
use crate::people::People;
use crate::processes::Processes;

/// A server under load.
#[derive(Debug)]
pub(crate) struct Target {
    opener: Opener,
    /// Of the other node, when receivers are there.
    far: Option<Opener>,
    processes: Processes,
    /// The addresses of its nodes.
    bases: Vec<String>,
    /// `None` for the echo, which knows nobody.
    people: Option<People>,
    /// Whether its idle sockets are the desk's.
    speaks_desk: bool,
}

/// An open group.
#[derive(Debug)]
pub(crate) struct Wiring {
    /// The sender's line.
    pub(crate) sender: LineId,
    /// What he says.
    pub(crate) message: Template,
    /// How many people take part.
    pub(crate) members: usize,
}

impl Target {
    /// Hearken's messenger, as the people of the file.
    pub(crate) fn messenger(common: &Common) -> Result<Self> {
        let path = common.people.as_deref().context("the messenger needs --people")?;
        let people = People::read(path)?;
        let base = common.base.clone().or_else(|| people.base.clone()).context("no --base")?;
        let pid = common.pid.or(people.pid).context("no --pid")?;
        let processes = Processes::new(pid, &common.beside);
        let opener = Opener::new(&base)?;
        Ok(Self { opener, far: None, processes, bases: vec![base], people: Some(people), speaks_desk: false })
    }

    /// The same, with receivers at another node.
    pub(crate) fn across(mut self, far: Option<&String>) -> Result<Self> {
        if let Some(far) = far {
            self.far = Some(Opener::new(far)?);
            self.bases.push(far.clone());
        }
        Ok(self)
    }

    /// The desk, as the people of the file: Hearken's, or a peer's that knows the same people.
    pub(crate) fn desk(common: &Common) -> Result<Self> {
        let target = Self::messenger(common)?;
        target.cast()?;
        Ok(Self { speaks_desk: true, ..target })
    }

    /// Who is at the desk.
    pub(crate) fn cast(&self) -> Result<&Cast> {
        let people = self.people.as_ref().context("the echo knows nobody")?;
        people.desk.as_ref().context("the people file has nobody at the desk: prepare it anew")
    }

    /// Connects one of some of the desk's people.
    pub(crate) fn sign_on(
        &mut self,
        of: impl Fn(&Cast) -> &[Player],
        place: usize,
        lines: &mut Lines,
    ) -> Result<LineId> {
        let people = of(self.cast()?);
        let player = people.get(place);
        let token =
            player.with_context(|| format!("the desk has only {} of these", people.len()))?.token.clone();
        let opened = sign_on(&mut self.opener, &token).with_context(|| format!("number {place}"))?;
        Ok(lines.add(opened)?)
    }

    /// The raw echo.
    pub(crate) fn echo(common: &Common) -> Result<Self> {
        let base = common.base.as_deref().context("no --base")?;
        let processes = Processes::new(common.pid.context("no --pid")?, &common.beside);
        Ok(Self {
            opener: Opener::new(base)?,
            far: None,
            processes,
            bases: Vec::new(),
            people: None,
            speaks_desk: false,
        })
    }

    /// What this server's runs are called.
    pub(crate) fn side(&self) -> &'static str {
        if self.echoes() { "echo" } else { "hearken" }
    }

    /// Whether a message is acknowledged by itself.
    pub(crate) fn echoes(&self) -> bool {
        self.people.is_none()
    }

    /// The server's processes.
    pub(crate) fn processes(&self) -> &Processes {
        &self.processes
    }

    /// What its committers have done so far; the echo has none.
    pub(crate) fn committed(&self) -> Result<Option<Committed>> {
        if self.bases.is_empty() { Ok(None) } else { Committed::by(&self.bases) }
    }

    /// Opens the lines of one pair: two, and two more for receipts. On the echo each side has one
    /// line for everything.
    pub(crate) fn pair(&mut self, place: usize, args: &PairsArgs, lines: &mut Lines) -> Result<Pair> {
        let body = "x".repeat(usize::from(args.common.body));
        let Some(people) = &self.people else {
            let (a, b) = (format!("10{place:08}"), format!("20{place:08}"));
            let send = lines.add(self.opener.open(&format!("/pair/{place}/a"), None)?)?;
            let receive = lines.add(self.opener.open(&format!("/pair/{place}/b"), None)?)?;
            return Ok(Pair {
                send,
                receive,
                receipts: args.receipts.then_some((receive, send)),
                message: Template::message("new_msg", &a, &b, &body),
                receipt: Template::receipt(&b, &a),
            });
        };
        let Some([a, b]) = people.first(2 * args.pairs as usize)?.chunks_exact(2).nth(place) else {
            bail!("there is no pair {place}")
        };
        let mut open = |opener: &mut Opener, path: String, token: &str| -> Result<LineId> {
            Ok(lines.add(opener.open(&path, Some(token))?)?)
        };
        let near = &mut self.opener;
        let send = open(near, format!("/ws/chat/personal/{}/{}/", a.phone, b.phone), &a.token)?;
        let receives = format!("/ws/chat/special/{}/", b.phone);
        let answers = format!("/ws/chat/personal/{}/{}/", b.phone, a.phone);
        let receive = open(self.far.as_mut().unwrap_or(near), receives, &b.token)?;
        let mut receipts = None;
        if args.receipts {
            let watch = open(near, format!("/ws/chat/special/{}/", a.phone), &a.token)?;
            let answer = open(self.far.as_mut().unwrap_or(near), answers, &b.token)?;
            receipts = Some((answer, watch));
        }
        let message = Template::message("new_msg", &a.phone, &b.phone, &body);
        Ok(Pair { send, receive, receipts, message, receipt: Template::receipt(&b.phone, &a.phone) })
    }

    /// Opens one idle socket: a receive socket, people taking turns; at the desk a visitor's own.
    pub(crate) fn quiet(&mut self, place: usize, lines: &mut Lines) -> Result<LineId> {
        if self.speaks_desk {
            return self.sign_on(|cast| &cast.visitors, place, lines);
        }
        let opened = match &self.people {
            None => self.opener.open("/echo", None)?,
            Some(people) => {
                ensure!(!people.all.is_empty(), "the people file is empty");
                let person = &people.all[place % people.all.len()];
                self.opener.open(&format!("/ws/chat/special/{}/", person.phone), Some(&person.token))?
            }
        };
        Ok(lines.add(opened)?)
    }

    /// Opens a group: the receive sockets, and the sender's line last.
    pub(crate) fn group(&mut self, args: &GroupArgs, lines: &mut Lines) -> Result<Wiring> {
        let body = "x".repeat(usize::from(args.common.body));
        let Some(people) = &self.people else {
            for _ in 0..args.sockets {
                lines.add(self.opener.open("/group/0/listen", None)?)?;
            }
            let sender = lines.add(self.opener.open("/group/0/send", None)?)?;
            // The echo hands frames on as they are, so this is already the receivers' form.
            let message = Template::message("new_msg", "test12test-1000000000", "2000000000", &body);
            return Ok(Wiring { sender, message, members: args.sockets + 1 });
        };
        let given = people.group.as_ref();
        let key = args.key.clone().or_else(|| Some(given?.key.clone())).context("no --key")?;
        let members =
            args.members.clone().or_else(|| Some(given?.members.clone())).context("no --members")?;
        let members = members
            .iter()
            .map(|&place| people.all.get(place).with_context(|| format!("there is no person {place}")))
            .collect::<Result<Vec<_>>>()?;
        let Some((author, others)) = members.split_first() else { bail!("the group is empty") };
        ensure!(!others.is_empty(), "the group has a single member");
        for person in others.iter().cycle().take(args.sockets) {
            let path = format!("/ws/chat/special/{}/", person.phone);
            lines.add(self.opener.open(&path, Some(&person.token))?)?;
        }
        let path = format!("/ws/chat/group/{}/{key}/", author.phone);
        let sender = lines.add(self.opener.open(&path, Some(&author.token))?)?;
        let message = Template::message("new_grp_msg", &author.phone, &key, &body);
        Ok(Wiring { sender, message, members: members.len() })
    }
}
