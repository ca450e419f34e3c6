//! Keys that are documented but do nothing in this version. Taking one would promise what is not kept, and
//! calling it unknown would contradict the documentation; so each is refused in words of its own. Whoever makes
//! a key work moves it from here to the table.

/// Keys, and groups of keys, of later work.
const LATER: [&str; 5] = ["ably", "circle", "counsel", "desk.widget_origins", "focus"];

/// Whether `key` is one of them, or in one of their groups.
pub(super) fn is_later(key: &str) -> bool {
    LATER
        .iter()
        .any(|later| key.strip_prefix(later).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}
