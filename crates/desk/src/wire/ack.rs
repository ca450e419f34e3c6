//! What an event is acknowledged with (contract, "Acknowledgements"): a result and an error message, always both.

use std::fmt::Display;

/// The arguments, as a JSON array: `true` and null, or `false` and what is wrong.
pub fn ack<E: Display>(outcome: Result<(), E>) -> String {
    match outcome {
        Ok(()) => "[true,null]".to_owned(),
        Err(fault) => format!("[false,{}]", serde_json::Value::from(fault.to_string())),
    }
}
