//! The desk without its sockets: rules from tables, who hears what, lost lines, and a model of it all.

#![expect(clippy::print_stdout, reason = "figures for whoever reads the output")]

mod erasing;
mod hearing;
mod limits;
mod lines;
mod lists;
mod model;
mod race;
mod rest;
mod rows;
mod rules;
mod scene;
mod town;
