//! The dialect, from tables: what is understood of an event, what is said of one that is not, and what is written.

mod asked;
mod properties;
mod told;

use serde_json::value::RawValue;

/// The arguments of an event, from JSON.
fn args(json: &str) -> Vec<Box<RawValue>> {
    serde_json::from_str(json).expect("a list")
}

/// An identifier as the core writes it.
fn dashed(id: &str) -> String {
    uuid::Uuid::try_parse(id).expect("a uuid").to_string()
}
