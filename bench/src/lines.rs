//! All open WebSockets of a run behind one epoll: level-triggered, one read per wake, one write
//! per flush. A runtime of tasks costs more per message than this loop (see the crate's README),
//! and the load generator shares its cores with the server it measures.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;

use crate::clock::Nanos;
use crate::connect::Opened;
use crate::frame::{self, Kind};

/// Which line, in the order of opening.
pub(crate) type LineId = usize;

/// Bytes a server may leave unread before its line is given up.
const MAX_UNSENT: usize = 1 << 20;

/// Events taken from the kernel at once.
const BATCH: usize = 256;

#[derive(Debug)]
struct Line {
    stream: TcpStream,
    /// The beginning of a frame whose end has not come yet.
    partial: Vec<u8>,
    unsent: Vec<u8>,
    wants_write: bool,
    open: bool,
}

/// What the kernel says about one line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    /// The line.
    pub(crate) line: LineId,
    /// There is something to read (or the end of it).
    pub(crate) readable: bool,
    /// There is room to write again.
    pub(crate) writable: bool,
}

/// The open lines.
pub(crate) struct Lines {
    epoll: OwnedFd,
    all: Vec<Line>,
    closed: usize,
    mask: u32,
    events: Vec<epoll::Event>,
}

impl Lines {
    /// None yet.
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, all: Vec::new(), closed: 0, mask: 0x5bd1_e995, events: Vec::with_capacity(BATCH) })
    }

    /// How many lines were ever taken in.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether every line is closed.
    pub(crate) fn all_closed(&self) -> bool {
        self.closed == self.all.len()
    }

    /// Takes a line in.
    pub(crate) fn add(&mut self, opened: Opened) -> io::Result<LineId> {
        let id = self.all.len();
        epoll::add(&self.epoll, &opened.stream, epoll::EventData::new_u64(id as u64), epoll::EventFlags::IN)?;
        let Opened { stream, rest } = opened;
        self.all.push(Line { stream, partial: rest, unsent: Vec::new(), wants_write: false, open: true });
        Ok(id)
    }

    /// Queues one frame on a line, masked with a key of its own; [`flush`](Self::flush) sends it.
    pub(crate) fn feed(&mut self, id: LineId, kind: Kind, payload: &[u8]) {
        self.mask = self.mask.wrapping_mul(0x9e37_79b1).wrapping_add(0x85eb_ca77);
        let line = &mut self.all[id];
        if line.open {
            frame::write(kind, payload, self.mask.to_ne_bytes(), &mut line.unsent);
        }
    }

    /// Sends what is queued on a line; what the kernel does not take goes out when it can.
    /// False if the line is closed.
    pub(crate) fn flush(&mut self, id: LineId) -> bool {
        let line = &mut self.all[id];
        if !line.open {
            return false;
        }
        let sent = match (&line.stream).write(&line.unsent) {
            Ok(sent) => sent,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
            Err(_) => return self.close(id),
        };
        line.unsent.drain(..sent);
        if line.unsent.len() > MAX_UNSENT {
            return self.close(id);
        }
        let wants_write = !line.unsent.is_empty();
        if wants_write != line.wants_write {
            line.wants_write = wants_write;
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, wants_write);
            let data = epoll::EventData::new_u64(id as u64);
            if epoll::modify(&self.epoll, &line.stream, data, flags).is_err() {
                return self.close(id);
            }
        }
        true
    }

    /// One frame, at once.
    pub(crate) fn send(&mut self, id: LineId, payload: &[u8]) -> bool {
        self.feed(id, Kind::Text, payload);
        self.flush(id)
    }

    /// Waits up to `wait` nanoseconds and appends what is ready.
    pub(crate) fn wait(&mut self, wait: Nanos, ready: &mut Vec<Ready>) -> io::Result<()> {
        let Ok(timeout) = Timespec::try_from(Duration::from_nanos(wait)) else { return Ok(()) };
        self.events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        ready.extend(self.events.drain(..).map(|event| {
            // The kernel packs this struct, so its fields are copied out before use.
            let (flags, data) = (event.flags, event.data);
            Ready {
                line: data.u64() as LineId,
                readable: flags.intersects(!epoll::EventFlags::OUT),
                writable: flags.contains(epoll::EventFlags::OUT),
            }
        }));
        Ok(())
    }

    /// Reads a line once, behind the beginning of a frame that was left from before: how many
    /// bytes of `buffer` now hold input. `None` if the line is closed.
    pub(crate) fn fill(&mut self, id: LineId, buffer: &mut [u8]) -> Option<usize> {
        let line = &mut self.all[id];
        let kept = line.partial.len();
        if !line.open || kept >= buffer.len() {
            self.close(id);
            return None;
        }
        buffer[..kept].copy_from_slice(&line.partial);
        line.partial.clear();
        match (&line.stream).read(&mut buffer[kept..]) {
            Ok(0) => {}
            Ok(got) => return Some(kept + got),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Some(kept);
            }
            Err(_) => {}
        }
        self.close(id);
        None
    }

    /// Keeps the beginning of a frame until the rest of it comes.
    pub(crate) fn keep(&mut self, id: LineId, partial: &[u8]) {
        self.all[id].partial.extend_from_slice(partial);
    }

    /// Gives a line up. Always false, as the answer of the calls that do so.
    pub(crate) fn close(&mut self, id: LineId) -> bool {
        let line = &mut self.all[id];
        if line.open {
            line.open = false;
            self.closed += 1;
            line.unsent = Vec::new();
            // It may already be gone; all that matters is that it does not wake us again.
            let _ = epoll::delete(&self.epoll, &line.stream);
            let _ = line.stream.shutdown(std::net::Shutdown::Both);
        }
        false
    }
}
