//! Temp.
