//! Timers: acts of the server when nobody is there. Each is a row committed with the change that set it, and it goes
//! in the commit of its effect, so the effect happens once, whatever crashes; a cancelled one's never.

mod runner;
mod timetable;

pub(crate) use self::runner::Timers;
pub(crate) use self::timetable::Timetable;
