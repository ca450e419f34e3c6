//! The conventions under `/api/v1` on a router of the test's own: who is let in, what is answered where, how often.

mod admission;
mod envelope;
mod house;
mod repeats;
