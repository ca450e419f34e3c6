//! JSON over HTTP, as every door that has an HTTP side reads and answers it (common.md, "HTTP conventions" and "Bad
//! input"): a bounded body, and its fields taken one by one.

mod body;
mod fields;

pub use body::{BodyFault, read, read_away};
pub use fields::{FieldFault, Fields, Invalid};
