//! A chat as an index row holds it: all that lists, the search and the figures need, so that no chat has to be opened
//! for them. It is written in the same commit as what it says.

use hearken_core::ids::AccountId;
use serde::{Deserialize, Serialize};

use super::{ChatState, Stage, WhoClosed, is_unset};

/// A chat as it is listed. Times are in milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Whose it is.
    pub visitor: AccountId,
    /// His name when he opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// His e-mail address then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Who serves it, or served it when it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<AccountId>,
    /// Where it stands.
    pub stage: Stage,
    /// How severe it is.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub severity: i64,
    /// What the staff has written on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// When it was opened.
    pub opened: i64,
    /// When anything but its log has changed last.
    pub updated: i64,
    /// When it was first claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<i64>,
    /// When the staff first said something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reply: Option<i64>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<i64>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<WhoClosed>,
}

impl Listed {
    /// A chat in this state.
    pub fn of(state: &ChatState, stands: Stage, severity: i64) -> Self {
        Self {
            visitor: state.visitor,
            name: state.name.clone(),
            email: state.email.clone(),
            staff: state.staff,
            stage: stands,
            severity,
            tags: state.tags.clone(),
            opened: state.opened,
            updated: state.updated,
            claimed: state.claimed,
            first_reply: state.first_reply,
            closed: state.closed,
            closed_by: state.closed_by,
        }
    }

    /// As a row's value.
    pub fn written(&self) -> String {
        // Nothing in it is what JSON can't be.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From a row's value; `None` for one that only a newer version knows.
    pub fn read(value: &str) -> Option<Self> {
        serde_json::from_str(value).ok()
    }
}
