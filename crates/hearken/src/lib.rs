//! The Hearken server: command line, settings, telemetry, lifecycle, and the wiring of core, store and doors.
//!
//! Only this crate knows all the others. It is a library so that its parts can be tested one by one; the binary
//! is a few lines in `main.rs`.

pub mod admin;
pub mod cli;
pub mod commands;
pub mod control;
pub mod installation;
pub mod keeping;
pub mod lifecycle;
pub mod outside;
pub mod reference;
pub mod serve;
pub mod settings;
pub mod telemetry;
