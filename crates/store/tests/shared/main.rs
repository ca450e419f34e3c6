//! The shared store under several who write at once, and over a server that comes and goes.

mod check;
mod clearing;
mod cut;
mod healing;
mod house;
mod measured;
mod opening;
mod plain;
mod races;
mod tls;
