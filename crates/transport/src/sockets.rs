//! Counting open sockets: how many there are, for shutdown and metrics, and how many from one address
//! (`limits.sockets_per_address`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

/// The open sockets of this process. Clones share the count.
#[derive(Clone)]
pub struct Sockets(Arc<Inner>);

struct Inner {
    per_address: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
    total: watch::Sender<usize>,
}

/// One counted socket, until dropped.
pub struct Counted {
    sockets: Sockets,
    address: IpAddr,
}

impl Sockets {
    /// At most `per_address` from one address.
    pub fn new(per_address: usize) -> Self {
        let (open, total) = (Mutex::default(), watch::Sender::new(0));
        Self(Arc::new(Inner { per_address, open, total }))
    }

    /// Counts one more from `address`; `None` when it has the most allowed.
    pub fn admit(&self, address: IpAddr) -> Option<Counted> {
        let mut open = self.0.open.lock();
        let count = open.entry(address).or_default();
        if *count >= self.0.per_address {
            return None;
        }
        *count += 1;
        self.0.total.send_modify(|total| *total += 1);
        Some(Counted { sockets: self.clone(), address })
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        *self.0.total.borrow()
    }

    /// Waits until none is open.
    pub async fn all_closed(&self) {
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
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
        inner.total.send_modify(|total| *total -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_share_and_gives_it_back() {
        let sockets = Sockets::new(2);
        let (one, two) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let first = sockets.admit(one);
        let second = sockets.admit(one);
        assert!(first.is_some() && second.is_some() && sockets.admit(one).is_none());
        assert!(sockets.admit(two).is_some());
        assert_eq!(sockets.open(), 2);
        drop(first);
        assert!(sockets.admit(one).is_some());
        drop(second);
        assert_eq!(sockets.open(), 0);
    }
}
