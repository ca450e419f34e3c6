//! Everything that clients may do wrong (messenger.md, "Errors" and "Settled details"; common.md, "Bad input"), over
//! real sockets. Each case ends with two others talking as if nothing had been.

mod broken_frames;
mod bursts;
mod clock_set_back;
mod crowds;
mod endings;
mod frames;
mod people;
mod request;
mod slow_readers;
mod slow_requests;
mod upgrades;
