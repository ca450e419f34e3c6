//! Turns the command line into open lines and a scenario, runs it and prints the report.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Map, Value, json};

use crate::cli::{Common, GroupArgs, IdleArgs, Mode, PairsArgs};
use crate::clock::wall_micros;
use crate::desk;
use crate::drive::{Driver, Play};
use crate::group::Crowd;
use crate::idle::Quiet;
use crate::lines::Lines;
use crate::pace::Pace;
use crate::pairs::Pairs;
use crate::report::{Report, Title, rounded};
use crate::stamp::Stamps;
use crate::target::{Target, Wiring};

/// Runs one load. Its line is printed in any case; errors in it are the error of the call.
pub(crate) fn run(mode: Mode) -> Result<()> {
    raise_open_files()?;
    let report = match mode {
        Mode::Pairs(args) => {
            pairs("pairs", &args, Target::messenger(&args.common)?.across(args.far.as_ref())?)
        }
        Mode::EchoPairs(args) => pairs("echo-pairs", &args, Target::echo(&args.common)?),
        Mode::Idle(args) => idle("idle", &args, Target::messenger(&args.common)?),
        Mode::EchoIdle(args) => idle("echo-idle", &args, Target::echo(&args.common)?),
        Mode::Group(args) => group("group", &args, Target::messenger(&args.common)?),
        Mode::EchoGroup(args) => group("echo-group", &args, Target::echo(&args.common)?),
        Mode::Desk(args) => desk::chats(&args),
        Mode::DeskBroadcast(args) => desk::queue(&args),
        Mode::DeskIdle(args) => idle("desk-idle", &args, Target::desk(&args.common)?),
    }?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
    ensure!(report.errors == 0, "{} errors: {:?}", report.errors, report.error_kinds);
    Ok(())
}

fn pairs(mode: &'static str, args: &PairsArgs, mut target: Target) -> Result<Report> {
    ensure!(args.rate.is_none_or(|rate| rate > 0.0 && rate.is_finite()), "the rate must be positive");
    let mut lines = Lines::new()?;
    let pairs = (0..args.pairs as usize)
        .map(|place| target.pair(place, args, &mut lines))
        .collect::<Result<Vec<_>>>()
        .context("opening the pairs")?;
    let pace = args.rate.map(|rate| Pace::new(rate, args.spread));
    let mut play = Pairs::new(pairs, pace, target.echoes(), Stamps::from(wall_micros()));
    let parameters = json!({
        "pairs": args.pairs, "rate": args.rate, "receipts": args.receipts, "body": args.common.body,
        "nodes": if args.far.is_some() { 2 } else { 1 },
    });
    measure(title(mode, &args.common, &target, parameters), &args.common, &target, &mut play, &mut lines)
}

fn group(mode: &'static str, args: &GroupArgs, mut target: Target) -> Result<Report> {
    ensure!(args.sockets > 0, "a group needs receive sockets");
    let mut lines = Lines::new()?;
    let Wiring { sender, message, members } = target.group(args, &mut lines).context("opening the group")?;
    let stamps = Stamps::from(wall_micros());
    let mut play = Crowd::new(sender, args.sockets + 1, args.burst, message, target.echoes(), stamps);
    let parameters = json!({
        "sockets": args.sockets, "burst": args.burst, "members": members, "body": args.common.body,
    });
    measure(title(mode, &args.common, &target, parameters), &args.common, &target, &mut play, &mut lines)
}

/// Plays a load on open lines.
pub(crate) fn measure<P: Play>(
    title: Title,
    common: &Common,
    target: &Target,
    play: &mut P,
    lines: &mut Lines,
) -> Result<Report> {
    let cost = Driver::new(common.drain)?.measure(play, lines, target, (common.warmup, common.seconds))?;
    Ok(Report::new(title, cost, target.processes().memory()?, play.meter()))
}

/// Sockets opened before the memory is first read, so that what the first socket ever brings
/// (code, tables) is not charged to the others.
const FIRST: usize = 20;

fn idle(mode: &'static str, args: &IdleArgs, mut target: Target) -> Result<Report> {
    ensure!(args.sockets > 0, "no sockets to open");
    let (server, mut driver, mut lines) =
        (target.processes().clone(), Driver::new(args.common.drain)?, Lines::new()?);
    let mut open = |count: usize, lines: &mut Lines, driver: &mut Driver| -> Result<Quiet> {
        for place in 0..count {
            target.quiet(place, lines).with_context(|| format!("opening idle socket {place}"))?;
        }
        let mut play = Quiet::new(lines.len());
        play.ping(lines);
        driver.settle(&mut play, lines)?;
        Ok(play)
    };
    let mut first = open(FIRST, &mut lines, &mut driver)?;
    let before = server.memory()?;
    let mut play = open(args.sockets, &mut lines, &mut driver)?;
    let cost = driver.measure(&mut play, &mut lines, &target, (args.common.warmup, args.common.seconds))?;
    let memory = server.memory()?;
    for (kind, times) in std::mem::take(&mut first.meter().errors) {
        play.meter().error(kind, times);
    }
    let parameters = json!({ "sockets": args.sockets });
    let title = title(mode, &args.common, &target, parameters);
    let mut report = Report::new(title, cost, memory, play.meter());
    report.pss_before_kib = Some(before.pss_kib);
    let added = memory.pss_kib as f64 - before.pss_kib as f64;
    report.kib_per_socket = Some(rounded(added / args.sockets as f64));
    Ok(report)
}

/// What a run is called.
pub(crate) fn title(mode: &'static str, common: &Common, target: &Target, parameters: Value) -> Title {
    let parameters = if let Value::Object(map) = parameters { map } else { Map::new() };
    let label = common.label.clone().unwrap_or_else(|| mode.trim_start_matches("echo-").to_owned());
    let side = common.side.clone().unwrap_or_else(|| target.side().to_owned());
    Title { label, side, mode, parameters }
}

/// Lets this process open as many sockets as the system permits.
fn raise_open_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .context("raising the limit of open files")
}
