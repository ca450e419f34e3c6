//! What everybody must find after a crash, worked out from what each has sent and seen: the heart of the tests about
//! acknowledgements, and so tested itself.

use std::ops::Range;

/// One author's messages. They are sent in order, and answers come in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// How many have been sent at least once.
    pub(crate) sent: usize,
    /// How many of them are acknowledged: these are kept, whatever happens.
    pub(crate) acknowledged: usize,
}

/// How far one receiver has come in one author's line. Receipts are sent in order, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ear {
    /// For how many a receipt has been sent, which may have been lost.
    pub(crate) receipts: usize,
    /// For how many the receipt is certain to be kept: something sent after it was acknowledged.
    pub(crate) certain: usize,
    /// How many it has been shown. Nothing is shown before it is kept.
    pub(crate) seen: usize,
}

/// What is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Acknowledged or shown, not received, and not there.
    Lost(Range<usize>),
    /// There twice.
    Twice(usize),
    /// Not in the order of sending, or with a hole.
    Unordered {
        /// What came.
        found: usize,
        /// What had to come there.
        expected: usize,
    },
    /// There again after its receipt was certain.
    Back(usize),
    /// Never sent.
    Invented(usize),
}

/// Compares what a receiver's list has of one author with what it must and may have. A message may be there once it
/// has been sent, and must be once it is acknowledged or shown; it may be gone once its receipt has been sent, and must be
/// once that is certain. Commits keep the order of both, so what is there is one run of numbers.
pub(crate) fn compare(line: Line, ear: Ear, found: &[usize]) -> Result<Range<usize>, Wrong> {
    let here = match (found.first(), found.last()) {
        (Some(first), Some(_)) => *first..first + found.len(),
        // Nothing waits: everything kept has been received.
        _ => ear.receipts.min(line.sent)..ear.receipts.min(line.sent),
    };
    for (expected, found_here) in here.clone().zip(found) {
        if *found_here != expected {
            let twice = found.iter().filter(|other| *other == found_here).count() > 1;
            let unordered = Wrong::Unordered { found: *found_here, expected };
            return Err(if twice { Wrong::Twice(*found_here) } else { unordered });
        }
    }
    if here.start > ear.receipts {
        return Err(Wrong::Lost(ear.receipts..here.start));
    }
    let kept = line.acknowledged.max(ear.seen);
    if here.end < kept {
        return Err(Wrong::Lost(here.end..kept));
    }
    if here.start < ear.certain {
        return Err(Wrong::Back(here.start));
    }
    if here.end > line.sent {
        return Err(Wrong::Invented(here.end - 1));
    }
    Ok(here)
}

#[cfg(test)]
mod tests {
    //! A list, and what is wrong with it.

    use super::*;

    /// Of a line of 10 sent and 6 acknowledged, with receipts sent for 4 and certain for 2, and 5 shown.
    #[track_caller]
    fn check(found: &[usize], expect: &Result<Range<usize>, Wrong>) {
        let line = Line { sent: 10, acknowledged: 6 };
        let ear = Ear { receipts: 4, certain: 2, seen: 5 };
        assert_eq!(&compare(line, ear, found), expect, "{found:?}");
    }

    #[test]
    fn what_may_be_there() {
        check(&[4, 5], &Ok(4..6));
        check(&[2, 3, 4, 5], &Ok(2..6));
        check(&[3, 4, 5, 6, 7, 8, 9], &Ok(3..10));
    }

    #[test]
    fn what_must_be_there() {
        check(&[], &Err(Wrong::Lost(4..6)));
        check(&[5], &Err(Wrong::Lost(4..5)));
        check(&[4], &Err(Wrong::Lost(5..6)));
        check(&[2, 3], &Err(Wrong::Lost(4..6)));
    }

    #[test]
    fn what_must_not_be_there() {
        check(&[1, 2, 3, 4, 5], &Err(Wrong::Back(1)));
        check(&[4, 5, 6, 7, 8, 9, 10], &Err(Wrong::Invented(10)));
        check(&[4, 5, 5], &Err(Wrong::Twice(5)));
        check(&[4, 4, 5], &Err(Wrong::Twice(4)));
        check(&[4, 6, 5], &Err(Wrong::Unordered { found: 6, expected: 5 }));
        check(&[4, 5, 7], &Err(Wrong::Unordered { found: 7, expected: 6 }));
        check(&[5, 4], &Err(Wrong::Unordered { found: 4, expected: 6 }));
    }

    #[test]
    fn an_empty_list_is_right_when_all_that_is_certain_may_have_been_received() {
        let check = |(sent, acknowledged), (receipts, certain, seen), expect| {
            let (line, ear) = (Line { sent, acknowledged }, Ear { receipts, certain, seen });
            assert_eq!(compare(line, ear, &[]), expect, "{line:?} {ear:?}");
        };
        check((0, 0), (0, 0, 0), Ok(0..0));
        check((3, 0), (0, 0, 0), Ok(0..0));
        check((6, 6), (6, 6, 6), Ok(6..6));
        check((6, 6), (6, 0, 6), Ok(6..6));
        check((6, 6), (5, 5, 5), Err(Wrong::Lost(5..6)));
        check((6, 0), (0, 0, 1), Err(Wrong::Lost(0..1)));
    }
}
