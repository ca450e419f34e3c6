//! The messenger's groups over HTTP (messenger.md, `/chat/special/group`): the real router, rules and embedded store,
//! without a network in between.

#[path = "../stores/lasting.rs"]
mod lasting;

mod changing;
mod creating;
mod house;
mod leaving;
mod refusing;
