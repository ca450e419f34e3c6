//! The core as a whole, over a store in memory and a clock that stands still until a test moves it: one scenario
//! each of what rules, reads, followers, timers and restarts may rely on.

mod house;
mod scene;

mod clock;
mod codes;
mod collisions;
mod emptied;
mod erasing;
mod expiring;
mod faults;
mod follow;
mod inbox;
mod log;
mod model;
mod nodes;
mod notices;
mod rules;
mod seams;
mod sign_in;
mod sign_in_races;
mod signals;
mod simulation;
mod timers;
mod timers_left;
mod trim;
mod visibility;
