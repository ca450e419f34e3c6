//! SHA-256 over what passes by.

use std::io::{self, Read, Write};

use aws_lc_rs::digest::{Context, SHA256};

use super::manifest::Held;

/// Counts and digests whatever passes through, to or from `inner`.
pub(super) struct Digesting<T> {
    inner: T,
    context: Context,
    bytes: u64,
}

impl<T> Digesting<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, context: Context::new(&SHA256), bytes: 0 }
    }

    /// What has passed, and what it passed through.
    pub(super) fn finish(self) -> (Held, T) {
        let mut sha256 = String::with_capacity(64);
        for byte in self.context.finish().as_ref() {
            use std::fmt::Write as _;
            // Writing to a string can't fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        (Held { bytes: self.bytes, sha256 }, self.inner)
    }

    fn passed(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<T: Write> Write for Digesting<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.passed(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Digesting<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let given = self.inner.read(into)?;
        self.passed(&into[..given]);
        Ok(given)
    }
}
