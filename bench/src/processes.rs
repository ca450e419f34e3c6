//! What a server costs together with what it stands on: itself, and other processes with everything they have started,
//! such as a database and its back ends.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;

use crate::process::{Memory, Process, Spent};

/// The processes of one side of a comparison.
#[derive(Debug, Clone)]
pub(crate) struct Processes {
    server: Process,
    beside: Vec<u32>,
}

/// CPU time of all of them at one moment.
#[derive(Debug)]
pub(crate) struct AllSpent {
    server: Spent,
    beside: BTreeMap<u32, Spent>,
}

impl Processes {
    /// The server, and those beside it.
    pub(crate) fn new(server: u32, beside: &[u32]) -> Self {
        Self { server: Process::of(server), beside: beside.to_vec() }
    }

    /// CPU time so far.
    pub(crate) fn spent(&self) -> Result<AllSpent> {
        let mut beside = BTreeMap::new();
        if !self.beside.is_empty() {
            let parents = parents();
            for pid in with_descendants(&self.beside, &parents) {
                // A back end may end while we look; those named have to be there.
                match Process::of(pid).spent() {
                    Ok(spent) => drop(beside.insert(pid, spent)),
                    Err(error) if self.beside.contains(&pid) => return Err(error),
                    Err(_) => {}
                }
            }
        }
        Ok(AllSpent { server: self.server.spent()?, beside })
    }

    /// Memory of the server itself.
    pub(crate) fn memory(&self) -> Result<Memory> {
        self.server.memory()
    }
}

impl AllSpent {
    /// Seconds of CPU since `before`: of the server, and of everything beside it. What has ended in between is missing.
    pub(crate) fn since(&self, before: &Self) -> (f64, f64) {
        let nothing = Spent::default();
        let beside = self.beside.iter();
        let beside = beside.map(|(pid, now)| now.since(before.beside.get(pid).unwrap_or(&nothing))).sum();
        (self.server.since(&before.server), beside)
    }
}

/// Every process and the one that has started it.
fn parents() -> Vec<(u32, u32)> {
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let parent = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name before the fields may hold spaces and brackets.
        let (_, fields) = stat.rsplit_once(')')?;
        Some((pid, fields.split_ascii_whitespace().nth(1)?.parse().ok()?))
    };
    processes.filter_map(parent).collect()
}

/// These and all that they have started, directly or not, each once.
fn with_descendants(roots: &[u32], parents: &[(u32, u32)]) -> Vec<u32> {
    let mut found = roots.to_vec();
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid);
        let new: Vec<_> = children.filter(|pid| !found.contains(pid)).collect();
        found.extend(new);
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_are_found_at_any_depth_and_once() {
        let parents = [(1, 0), (10, 1), (11, 10), (12, 10), (13, 12), (20, 1), (21, 20)];
        assert_eq!(with_descendants(&[10], &parents), [10, 11, 12, 13]);
        assert_eq!(with_descendants(&[12, 10], &parents), [12, 10, 13, 11]);
        assert_eq!(with_descendants(&[99], &parents), [99]);
    }

    #[test]
    fn a_child_is_counted_with_whoever_started_it() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let own = std::process::id();
        let spent = Processes::new(own, &[own]).spent();
        let found = spent.as_ref().is_ok_and(|spent| spent.beside.contains_key(&child.id()));
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(found, "{spent:?}");
    }
}
