//! The line in which passwords wait to be looked at. Each place that asks has a lane of its own, and the lanes take
//! turns: whoever sends many waits behind his own, and nobody else does. When the line is full, the longest lane gives
//! way to a shorter one.

use std::collections::{HashMap, VecDeque};

use crate::network::Network;

/// How many may wait in all, those of `None` not counted: they are bounded by who puts them in.
const LONGEST: usize = 64;
/// How many of them may be of one place.
const LONGEST_LANE: usize = 32;

/// Things that wait, by the place that asks; `None` is for the house itself.
pub(super) struct Line<T> {
    lanes: HashMap<Option<Network>, VecDeque<T>>,
    /// The lanes that are not empty, in the order of their turns.
    turns: VecDeque<Option<Network>>,
    waiting: usize,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { lanes: HashMap::new(), turns: VecDeque::new(), waiting: 0 }
    }
}

/// There is no room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl<T> Line<T> {
    /// Puts something at the end of its lane. What had to give way for it is dropped.
    pub(super) fn push(&mut self, lane: Option<Network>, thing: T) -> Result<(), Full> {
        if lane.is_some() {
            let own = self.lanes.get(&lane).map_or(0, VecDeque::len);
            if own >= LONGEST_LANE || (self.waiting >= LONGEST && !self.give_way(own)) {
                return Err(Full);
            }
            self.waiting += 1;
        }
        let things = self.lanes.entry(lane).or_default();
        if things.is_empty() {
            self.turns.push_back(lane);
        }
        things.push_back(thing);
        Ok(())
    }

    /// Takes the next one, of the lane whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let lane = self.turns.pop_front()?;
        let things = self.lanes.get_mut(&lane)?;
        let thing = things.pop_front();
        if things.is_empty() {
            self.lanes.remove(&lane);
        } else {
            self.turns.push_back(lane);
        }
        if lane.is_some() {
            self.waiting -= 1;
        }
        thing
    }

    /// Drops the last one of the longest lane, if that stays no shorter than a lane of `own` and one more.
    fn give_way(&mut self, own: usize) -> bool {
        let places = self.lanes.iter_mut().filter(|(lane, _)| lane.is_some());
        let longest = places.map(|(_, things)| things).max_by_key(|things| things.len());
        let Some(things) = longest.filter(|things| things.len() > own + 1) else { return false };
        things.pop_back();
        self.waiting -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn put(line: &mut Line<u8>, last: u8) -> bool {
        let place = Network::from(IpAddr::from(Ipv4Addr::new(192, 0, 2, last)));
        line.push(Some(place), last).is_ok()
    }

    fn all(line: &mut Line<u8>) -> Vec<u8> {
        std::iter::from_fn(|| line.pop()).collect()
    }

    #[test]
    fn lanes_take_turns() {
        let mut line = Line::default();
        for last in [1, 1, 1, 2, 2, 3] {
            assert!(put(&mut line, last));
        }
        line.push(None, 0).expect("the house has room");
        assert_eq!(line.pop(), Some(1));
        // Who comes now has his turn before the second turn of others.
        assert!(put(&mut line, 4));
        assert_eq!(all(&mut line), [2, 3, 0, 1, 4, 2, 1]);
        assert_eq!((line.waiting, line.lanes.len(), line.turns.len()), (0, 0, 0));
    }

    #[test]
    fn two_places_do_not_shut_others_out() {
        let mut line = Line::default();
        for last in [1, 2] {
            let taken = (0..1000).filter(|_| put(&mut line, last)).count();
            assert_eq!(taken, LONGEST_LANE, "{last}");
        }
        for last in 3..=10 {
            assert!(put(&mut line, last) && put(&mut line, last), "{last}");
        }
        assert_eq!(line.waiting, LONGEST);
        // All have had one turn before anybody has the second.
        assert_eq!((0..10).filter_map(|_| line.pop()).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    }

    #[test]
    fn a_full_line_of_many_places_takes_nobody_more() {
        let mut line = Line::default();
        for last in 0..LONGEST as u8 {
            assert!(put(&mut line, last));
        }
        assert!(!put(&mut line, 200), "nobody has two, of which one could give way");
        assert!(!put(&mut line, 1));
        line.push(None, 255).expect("the house has room");
        assert_eq!(all(&mut line).len(), LONGEST + 1);
    }
}
