//! The messenger's groups over HTTP (messenger.md, `/chat/special/group`): the real router, rules and embedded store,
//! without a network in between.

mod changing;
mod creating;
mod house;
mod leaving;
mod refusing;
