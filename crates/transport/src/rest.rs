//! JSON over HTTP, as every door that has an HTTP side reads it (common.md, "Bad input"), and the conventions of the REST
//! API (common.md, "HTTP conventions under /api/v1").
//!
//! Any door reads a bounded body with [`read`] and takes its fields one by one ([`Fields`]), so that one answer names all
//! that is wrong. Under [`PREFIX`] a handler takes what it needs as extractors, the body last, and returns an envelope:
//!
//! ```text
//! async fn rename(caller: Caller, At(id): At<Uuid>, Sent(mut fields): Sent) -> Result<Success<Thing>, Failure>
//! ```

mod answer;
mod body;
mod caller;
pub mod described;
mod failure;
mod fields;
mod paging;
mod repeat;
mod routes;

pub use answer::{Page, Success};
pub(crate) use body::read_away;
pub use body::{BodyFault, read};
pub use caller::{Admission, Caller};
pub use failure::{Failure, FailureBody};
pub use fields::{FieldFault, Fields, Invalid};
pub use paging::{Metadata, Paging};
pub use repeat::Repeat;
pub use routes::{At, PREFIX, Sent, mount};
