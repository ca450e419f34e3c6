//! Puts the desk's loads together: who connects, what has to be so before the load begins, and what is then measured.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::arrival::{Arrival, Meant};
use super::cast::{Cast, Player};
use super::chats::{Chat, Chats};
use super::queue::Queue;
use super::words::Template;
use super::{ChatsArgs, QueueArgs};
use crate::cli::Common;
use crate::drive::{Driver, Play as _};
use crate::lines::{LineId, Lines};
use crate::load::{measure, title};
use crate::pace::Pace;
use crate::report::Report;
use crate::target::Target;

/// Chats between visitors and agents.
pub(crate) fn chats(args: &ChatsArgs) -> Result<Report> {
    ensure!(args.rate.is_none_or(|rate| rate > 0.0 && rate.is_finite()), "the rate must be positive");
    let mut target = Target::desk(&args.common)?;
    let mut lines = Lines::new()?;
    let (chats, each) = (args.chats as usize, args.each as usize);
    let supervisors = connect(&mut target, &mut lines, args.supervisors as usize, |cast| &cast.supervisors)?;
    let agents = connect(&mut target, &mut lines, chats.div_ceil(each), |cast| &cast.agents)?;
    let visitors = connect(&mut target, &mut lines, chats, |cast| &cast.visitors)?;
    let agent = |place: usize| agents[place / each];
    begin(&args.common, &target, &mut lines, &visitors, agents[0], |place| Some(agent(place)))?;
    let talking = visitors.iter().enumerate();
    let talking = talking.map(|(place, &visitor)| Chat { visitor, agent: agent(place) }).collect();
    let message = Template::new("visitor_msg", usize::from(args.common.body));
    let pace = args.rate.map(|rate| Pace::new(rate, args.spread));
    let mut play = Chats::new(talking, lines.len(), message, pace);
    let parameters = json!({
        "chats": chats, "agents": agents.len(), "supervisors": supervisors.len(), "rate": args.rate,
        "body": args.common.body,
    });
    measure(title("desk", &args.common, &target, parameters), &args.common, &target, &mut play, &mut lines)
}

/// Bursts of messages in the queue.
pub(crate) fn queue(args: &QueueArgs) -> Result<Report> {
    let mut target = Target::desk(&args.common)?;
    let mut lines = Lines::new()?;
    let staff = connect(&mut target, &mut lines, args.sockets as usize, |cast| &cast.agents)?;
    let visitors = connect(&mut target, &mut lines, args.visitors as usize, |cast| &cast.visitors)?;
    begin(&args.common, &target, &mut lines, &visitors, staff[0], |_| None)?;
    let message = Template::new("visitor_msg_unclaimed", usize::from(args.common.body));
    let parameters = json!({
        "sockets": args.sockets, "burst": args.burst, "visitors": args.visitors, "body": args.common.body,
    });
    let mut play = Queue::new(visitors, lines.len(), args.burst, message);
    let title = title("desk-broadcast", &args.common, &target, parameters);
    measure(title, &args.common, &target, &mut play, &mut lines)
}

/// Connects the first `count` of some of the people.
fn connect(
    target: &mut Target,
    lines: &mut Lines,
    count: usize,
    of: impl Fn(&Cast) -> &[Player],
) -> Result<Vec<LineId>> {
    (0..count).map(|place| target.sign_on(&of, place, lines)).collect::<Result<_>>().context("signing on")
}

/// Opens a chat for each of the visitors and waits until all of them are where they belong.
fn begin(
    common: &Common,
    target: &Target,
    lines: &mut Lines,
    visitors: &[LineId],
    watcher: LineId,
    agent: impl Fn(usize) -> Option<LineId>,
) -> Result<()> {
    let people = &target.cast()?.visitors;
    let chats = visitors.iter().zip(people).enumerate().map(|(place, (&visitor, player))| Meant {
        visitor_id: player.id.clone(),
        visitor,
        agent: agent(place),
    });
    let mut arrival = Arrival::new(chats.collect(), watcher);
    arrival.begin(lines);
    Driver::new(common.drain)?.settle(&mut arrival, lines)?;
    let meter = arrival.meter();
    ensure!(meter.errors.is_empty(), "opening the chats: {:?} {:?}", meter.errors, meter.first_refusal);
    Ok(())
}
