//! The desk as one would write it without a store: a list of chats, and what everybody is told.

use hearken_desk::stored::{RowType, Stage};

/// A chat.
pub(crate) struct Chat {
    pub(crate) visitor: String,
    pub(crate) staff: Option<String>,
    pub(crate) stage: Stage,
    pub(crate) severity: i64,
    /// What kind of row it is, and who of the staff has sent it.
    pub(crate) rows: Vec<(RowType, Option<String>)>,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Naive {
    pub(crate) chats: Vec<Chat>,
}

/// What somebody of the staff is; lower is more.
fn rank(who: &str) -> (u8, &'static str) {
    match who {
        "max" => (1, "admin"),
        "sue" => (2, "supervisor"),
        _ => (3, "agent"),
    }
}

impl Naive {
    /// Does it, and answers what is said to whoever has asked for it: nothing, if it is done.
    pub(crate) fn told(&mut self, line: &str) -> Option<String> {
        let words: Vec<&str> = line.split(' ').collect();
        let (who, verb) = (words[0], words[1]);
        if verb == "opens" {
            return self.open(who);
        }
        let number: usize = words.last().expect("a number").parse().expect("a number");
        let found = number.checked_sub(1).and_then(|index| self.chats.get_mut(index));
        let refused = match verb {
            "asks" | "says" | "leaves" => as_visitor(found, who, verb),
            _ => as_staff(found, who, verb, words[2].parse().unwrap_or_default()),
        };
        refused.err()
    }

    fn open(&mut self, who: &str) -> Option<String> {
        if self.chats.iter().any(|chat| chat.visitor == who && chat.stage != Stage::Closed) {
            return Some("You already have an open chat.".into());
        }
        self.chats.push(Chat {
            visitor: who.into(),
            staff: None,
            stage: Stage::Unclaimed,
            severity: 0,
            rows: vec![(RowType::Message, None)],
        });
        None
    }
}

fn as_visitor(found: Option<&mut Chat>, who: &str, verb: &str) -> Result<(), String> {
    let own = found.filter(|chat| chat.visitor == who && chat.stage != Stage::Closed);
    let chat = own.ok_or("You have no open chat.")?;
    match (verb, chat.stage) {
        ("leaves", _) => {
            chat.stage = Stage::Closed;
            chat.rows.push((RowType::System, None));
        }
        ("says", Stage::Unclaimed) => return Err("The chat is not claimed yet.".into()),
        ("asks", Stage::Claimed) => return Err("The chat is already claimed.".into()),
        _ => chat.rows.push((RowType::Message, None)),
    }
    Ok(())
}

fn as_staff(found: Option<&mut Chat>, who: &str, verb: &str, level: i64) -> Result<(), String> {
    let none = "The chat room is either closed or doesn't exist.";
    // Of another organisation: nothing here is there for her.
    let chat = found.filter(|_| who != "eve").ok_or(none)?;
    if chat.stage == Stage::Closed && verb != "flags" {
        return Err(none.into());
    }
    let mut row = |kind| chat.rows.push((kind, Some(who.to_owned())));
    match verb {
        "flags" => chat.severity = level,
        "tags" => {}
        "notes" => row(RowType::Note),
        "claims" | "takes" => {
            match (verb, &chat.staff) {
                ("claims", Some(_)) => return Err("This chat is already claimed.".into()),
                ("takes", None) => return Err("Cannot take over an unclaimed chat.".into()),
                ("takes", Some(other)) if rank(who).0 >= rank(other).0 => {
                    let (mine, theirs) = (rank(who).1, rank(other).1);
                    return Err(format!("A {mine} cannot take over a chat from a {theirs}."));
                }
                _ => {}
            }
            row(RowType::System);
            (chat.staff, chat.stage) = (Some(who.into()), Stage::Claimed);
        }
        _ if chat.staff.as_deref() != Some(who) => return Err("You are not serving this chat.".into()),
        "replies" => row(RowType::Message),
        "quits" => {
            row(RowType::System);
            chat.stage = Stage::Closed;
        }
        "returns" => {
            row(RowType::System);
            (chat.staff, chat.stage) = (None, Stage::Unclaimed);
        }
        other => panic!("nobody can {other}"),
    }
    Ok(())
}
