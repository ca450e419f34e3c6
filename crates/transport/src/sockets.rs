//! Counting open sockets: how many there are, for shutdown and metrics, and how many from one address
//! (`limits.sockets_per_address`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use hearken_core::network::Network;

/// The open sockets of this process. Clones share the count.
#[derive(Clone)]
pub struct Sockets(Arc<Inner>);

struct Inner {
    per_address: usize,
    open: Mutex<Open>,
    total: watch::Sender<usize>,
}

#[derive(Default)]
struct Open {
    by_address: HashMap<Network, usize>,
    stopping: bool,
}

/// Why a socket is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// Its address has the most allowed.
    TooMany,
    /// The server is stopping.
    Stopping,
}

/// One counted socket, until dropped.
pub struct Counted {
    sockets: Sockets,
    address: Network,
}

impl Sockets {
    /// At most `per_address` from one address.
    pub fn new(per_address: usize) -> Self {
        let (open, total) = (Mutex::default(), watch::Sender::new(0));
        Self(Arc::new(Inner { per_address, open, total }))
    }

    /// Counts one more from `address`.
    pub fn admit(&self, address: IpAddr) -> Result<Counted, NotAdmitted> {
        let address = Network::from(address);
        let mut open = self.0.open.lock();
        if open.stopping {
            return Err(NotAdmitted::Stopping);
        }
        let count = open.by_address.entry(address).or_default();
        if *count >= self.0.per_address {
            return Err(NotAdmitted::TooMany);
        }
        *count += 1;
        self.0.total.send_modify(|total| *total += 1);
        Ok(Counted { sockets: self.clone(), address })
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        *self.0.total.borrow()
    }

    /// Lets no more in, and waits until none is open.
    pub async fn all_closed(&self) {
        self.0.open.lock().stopping = true;
        self.until(|total| total == 0).await;
    }

    /// Waits until so many are open that `enough` says so.
    pub async fn until(&self, enough: impl Fn(usize) -> bool) {
        // The sender lives in `self`, so waiting can't fail.
        let _ = self.0.total.subscribe().wait_for(|total| enough(*total)).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let inner = &self.sockets.0;
        let mut open = inner.open.lock();
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
        inner.total.send_modify(|total| *total -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn an_address_gets_its_share_and_gives_it_back() {
        let sockets = Sockets::new(2);
        let (one, two) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let first = sockets.admit(one);
        let second = sockets.admit(one);
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(sockets.admit(one).err(), Some(NotAdmitted::TooMany));
        assert!(sockets.admit(two).is_ok());
        assert_eq!(sockets.open(), 2);
        drop(first);
        assert!(sockets.admit(one).is_ok());
        drop(second);
        assert_eq!(sockets.open(), 0);
    }

    #[test]
    fn none_comes_once_all_have_to_go() {
        let sockets = Sockets::new(2);
        let address = IpAddr::from([127, 0, 0, 1]);
        let last = sockets.admit(address);
        let mut gone = Box::pin(sockets.all_closed());
        assert_eq!(gone.as_mut().now_or_never(), None);
        assert_eq!(sockets.admit(address).err(), Some(NotAdmitted::Stopping));
        drop(last);
        assert_eq!(gone.now_or_never(), Some(()));
    }
}
