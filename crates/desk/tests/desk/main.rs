//! The desk without its sockets: rules from tables, who hears what, lost lines, and a model of it all.

mod hearing;
mod limits;
mod lines;
mod lists;
mod rows;
mod rules;
mod scene;
mod town;
