//! What a process has cost so far, from `/proc`: CPU time and memory.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

/// A process to watch.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    folder: String,
}

impl Process {
    /// The process with this id.
    pub(crate) fn of(pid: u32) -> Self {
        Self { folder: format!("/proc/{pid}") }
    }

    /// This process.
    pub(crate) fn own() -> Self {
        Self { folder: "/proc/self".to_owned() }
    }

    /// CPU time, user and system, of all its threads so far.
    pub(crate) fn spent(&self) -> Result<Spent> {
        let stat = self.read("stat")?;
        let ticks = ticks(&stat).with_context(|| format!("{}/stat has another form", self.folder))?;
        let tasks = fs::read_dir(format!("{}/task", self.folder)).with_context(|| self.folder.clone())?;
        let threads = tasks.filter_map(|task| {
            // A thread may end while we look, and a kernel may not count this finely.
            let task = task.ok()?;
            let runtime = fs::read_to_string(task.path().join("schedstat")).ok()?;
            let nanos = runtime.split_ascii_whitespace().next()?.parse().ok()?;
            Some((task.file_name().to_str()?.parse().ok()?, nanos))
        });
        Ok(Spent { ticks, threads: threads.collect() })
    }

    /// Memory in KiB: resident, and resident with shared pages divided among their users.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let rollup = self.read("smaps_rollup")?;
        let field = |name| kib(&rollup, name).with_context(|| format!("no {name} in smaps_rollup"));
        Ok(Memory { rss_kib: field("Rss:")?, pss_kib: field("Pss:")? })
    }

    fn read(&self, file: &str) -> Result<String> {
        let path = format!("{}/{file}", self.folder);
        fs::read_to_string(&path).with_context(|| format!("reading {path}"))
    }
}

/// CPU time of a process at one moment.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    /// Of the whole process, ended threads included, in clock ticks of 10 ms.
    ticks: u64,
    /// Of each living thread, in nanoseconds.
    threads: BTreeMap<u32, u64>,
}

impl Spent {
    /// Seconds of CPU spent since `before`. The process's own count is too coarse for a server at
    /// ease, so the sum over its threads is taken, unless a thread has ended in between and the
    /// two differ by more than rounding.
    pub(crate) fn since(&self, before: &Self) -> f64 {
        let tick = 1.0 / rustix::param::clock_ticks_per_second() as f64;
        let coarse = self.ticks.saturating_sub(before.ticks) as f64 * tick;
        let nanos: u64 = self
            .threads
            .iter()
            .map(|(thread, now)| now.saturating_sub(before.threads.get(thread).copied().unwrap_or(0)))
            .sum();
        let fine = nanos as f64 / 1e9;
        if (fine - coarse).abs() <= 3.0 * tick { fine } else { coarse }
    }
}

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Resident pages.
    pub(crate) rss_kib: u64,
    /// Resident pages, each divided by how many processes share it.
    pub(crate) pss_kib: u64,
}

/// `utime` and `stime` are fields 14 and 15; the name before them may hold spaces and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    Some(fields.next()?.ok()? + fields.next()?.ok()?)
}

fn kib(rollup: &str, name: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_any_name() {
        let rest = "S 1 1 1 0 -1 4194304 100 0 0 0 250 75 3 4 20 0 5 0 99 1 2";
        for name in ["hearken", "a b", "x) S 1 (y", ""] {
            assert_eq!(ticks(&format!("42 ({name}) {rest}")), Some(325), "{name}");
        }
        assert_eq!(ticks("42 (short) S 1"), None);
    }

    #[test]
    fn time_is_counted_by_thread_as_long_as_that_agrees_with_the_whole() {
        let spent =
            |ticks, threads: &[(u32, u64)]| Spent { ticks, threads: threads.iter().copied().collect() };
        let ms = 1_000_000;
        let cases = [
            ("two threads", spent(10, &[(1, 50 * ms), (2, 50 * ms)]), 0.034),
            ("a new thread", spent(10, &[(1, 41 * ms), (2, 45 * ms), (3, 8 * ms)]), 0.028),
            ("a thread that ended", spent(90, &[(1, 50 * ms)]), 0.84),
            ("no count by thread", spent(90, &[]), 0.84),
        ];
        let before = spent(6, &[(1, 36 * ms), (2, 30 * ms)]);
        for (name, after, expected) in cases {
            let found = after.since(&before);
            assert!((found - expected).abs() < 1e-9, "{name}: {found}");
        }
    }

    #[test]
    fn memory_lines() {
        let rollup = "55 ---p [rollup]\nRss:   3404 kB\nPss:   1200 kB\nPss_Dirty:  80 kB\n";
        assert_eq!((kib(rollup, "Rss:"), kib(rollup, "Pss:")), (Some(3404), Some(1200)));
        assert_eq!(kib(rollup, "Swap:"), None);
    }

    #[test]
    fn this_process_has_memory_and_spends_time() {
        let own = Process::own();
        assert!(own.memory().unwrap().pss_kib > 0);
        let before = own.spent().unwrap();
        let mut sum = 0_u64;
        while own.spent().unwrap().since(&before) <= 0.05 {
            sum = std::hint::black_box((0..100_000_u64).fold(sum, u64::wrapping_add));
        }
    }
}
