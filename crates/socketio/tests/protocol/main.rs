//! The protocol over real connections: the cases of its authors' own test suites, and what they leave out.

mod close;
mod echo;
mod engine_suite;
mod hostile;
mod http;
mod kit;
mod order;
mod socket_suite;
mod stage;
mod takeover;
