//! The shared store under several who write at once, and over a server that comes and goes.

mod cut;
mod healing;
mod house;
mod measured;
mod opening;
mod races;
