//! Timers: acts of the server when nobody is there. Each is a row committed with the change that set it, and it goes
//! in the commit of its effect, so the effect happens once, whatever crashes; a cancelled one's never.
//!
//! Among several nodes each fires those of its own slices, and those that it has set itself and that are due before the
//! others can know of them. To know of those that others have set it reads the store every few seconds. Where another
//! node leaves its timers lying, it stands in. Two that fire one timer do double work and no harm: the second finds it
//! gone.

mod runner;
mod stand_in;
mod timetable;

pub(crate) use self::runner::{TimerGround, Timers};
pub(crate) use self::timetable::Timetable;
