//! Attacks on signing in (common.md, "Signing in"), over real connections to the router that `hearken serve` serves:
//! forged tokens, telling who is known by words or by time, and guessing. `HEARKEN_SOAK=1` makes the counts long.

mod equal;
mod forged;
mod guessing;
mod house;
mod issuer;
mod line;
mod visitors;
