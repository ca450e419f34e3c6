//! Reading a transcript: lines to steps, and the mistakes that can be seen before anything is played.

use std::collections::BTreeSet;

/// A line of a transcript.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// From 1.
    pub(super) number: usize,
    pub(super) step: Step<'t>,
}

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'t> {
    Open { connection: &'t str, path: &'t str, who: &'t str },
    Sent { connection: &'t str, frame: &'t str },
    Said { connection: &'t str, frame: &'t str },
    Closed { connection: &'t str, code: u16 },
    Close { connection: &'t str },
    Silent,
    Other(Vec<&'t str>),
}

/// Reads a transcript, or says which line (0: the end) can't be meant.
pub(super) fn read(text: &str) -> Result<Vec<Line<'_>>, (usize, String)> {
    let mut reader = Reader::default();
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let step = reader.line(line).map_err(|why| (number, why))?;
        lines.push(Line { number, step });
    }
    match reader.unproven.first() {
        Some(name) => Err((0, format!("that {name} stays silent is proven by nothing it hears later"))),
        None => Ok(lines),
    }
}

#[derive(Default)]
struct Reader<'t> {
    open: BTreeSet<&'t str>,
    /// Connections that are said to be silent, and have not been heard since.
    unproven: BTreeSet<&'t str>,
}

impl<'t> Reader<'t> {
    fn line(&mut self, line: &'t str) -> Result<Step<'t>, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["open", connection, path, "as", who] => {
                if self.open.insert(connection) {
                    Ok(Step::Open { connection, path, who })
                } else {
                    Err(format!("{connection} is open already"))
                }
            }
            ["open", ..] => Err("say: open NAME PATH as WHO".into()),
            ["close", connection] => {
                self.known(connection)?;
                self.open.remove(connection);
                Ok(Step::Close { connection })
            }
            [connection, "C>", ..] => {
                self.known(connection)?;
                Ok(Step::Sent { connection, frame: after(line, "C>") })
            }
            [connection, "S>", ..] => {
                self.known(connection)?;
                self.unproven.remove(connection);
                Ok(Step::Said { connection, frame: after(line, "S>") })
            }
            [connection, "closed", code] => {
                self.known(connection)?;
                self.unproven.remove(connection);
                let code = code.parse().map_err(|_| "say: NAME closed CODE")?;
                Ok(Step::Closed { connection, code })
            }
            [connection, "silent"] => {
                self.known(connection)?;
                self.unproven.insert(connection);
                Ok(Step::Silent)
            }
            _ => Ok(Step::Other(words)),
        }
    }

    fn known(&self, connection: &str) -> Result<(), String> {
        if self.open.contains(connection) { Ok(()) } else { Err(format!("{connection} is not open")) }
    }
}

/// What stands behind the first `mark` of a line.
fn after<'t>(line: &'t str, mark: &str) -> &'t str {
    line.split_once(mark).map_or("", |(_, rest)| rest.trim())
}
