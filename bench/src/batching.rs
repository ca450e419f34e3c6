//! How many rules share a commit, from the server's own metrics.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// What the committers of some nodes have done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Committed {
    rules: f64,
    commits: f64,
}

impl Committed {
    /// Asks the nodes at these addresses, such as `http://127.0.0.1:7070`; `None` when one of them counts nothing.
    pub(crate) fn by(bases: &[String]) -> Result<Option<Self>> {
        let mut all = Self::default();
        for base in bases {
            let page = metrics(base).with_context(|| format!("asking {base} for its metrics"))?;
            let counted = (value(&page, "hearken_rules_total"), value(&page, "hearken_commits_total"));
            let (Some(rules), Some(commits)) = counted else { return Ok(None) };
            all.rules += rules;
            all.commits += commits;
        }
        Ok(Some(all))
    }

    /// Rules per commit since `before`; `None` when nothing was committed.
    pub(crate) fn since(&self, before: &Self) -> Option<f64> {
        let commits = self.commits - before.commits;
        (commits > 0.0).then(|| (self.rules - before.rules) / commits)
    }
}

fn metrics(base: &str) -> Result<String> {
    let host = base.strip_prefix("http://").context("not a plain http address")?.trim_end_matches('/');
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut page = String::new();
    stream.read_to_string(&mut page)?;
    Ok(page)
}

fn value(page: &str, name: &str) -> Option<f64> {
    let rest = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    rest.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_whole_name() {
        let page = "# TYPE hearken_rules counter\nhearken_rules_total_ever 7\nhearken_rules_total 12\r\n";
        assert_eq!(value(page, "hearken_rules_total"), Some(12.0));
        assert_eq!(value(page, "hearken_rules"), None);
    }

    #[test]
    fn rules_are_divided_by_the_commits_in_between() {
        let (before, after) =
            (Committed { rules: 10.0, commits: 10.0 }, Committed { rules: 50.0, commits: 20.0 });
        assert_eq!(after.since(&before), Some(4.0));
        assert_eq!(after.since(&after), None);
    }
}
