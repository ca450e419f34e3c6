//! Outside issuers against a stand-in on this machine that publishes real keys: whose tokens are believed, and how
//! often the issuer is asked.

mod attacks;
mod emulator;
mod fetching;
mod signer;
mod stand_in;
