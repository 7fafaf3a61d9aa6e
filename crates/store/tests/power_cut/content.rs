//! The bytes of a file, copy-on-write.

use std::sync::Arc;

const CHUNK: usize = 4096;

/// The content of a file. Bytes that were never written are zero.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Content {
    /// All bytes after `len` are zero.
    chunks: Vec<Arc<[u8; CHUNK]>>,
    len: usize,
}

impl Content {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Reads from `offset` on, fills the rest of `into` with zeros, and returns the number of bytes read.
    pub(crate) fn read(&self, offset: usize, into: &mut [u8]) -> usize {
        let there = self.len.saturating_sub(offset).min(into.len());
        let (found, missing) = into.split_at_mut(there);
        for (chunk, from, piece) in pieces(offset, there) {
            let to = from + piece.len();
            found[piece].copy_from_slice(&self.chunks[chunk][from..to]);
        }
        missing.fill(0);
        there
    }

    /// Writes `bytes`. If the file was shorter, fills the gap with zeros.
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.resize(self.len.max(offset + bytes.len()));
        for (chunk, from, piece) in pieces(offset, bytes.len()) {
            let to = from + piece.len();
            Arc::make_mut(&mut self.chunks[chunk])[from..to].copy_from_slice(&bytes[piece]);
        }
    }

    /// Truncates the file, or extends it with zeros.
    pub(crate) fn resize(&mut self, len: usize) {
        self.chunks.resize_with(len.div_ceil(CHUNK), || Arc::new([0; CHUNK]));
        let rest = len % CHUNK;
        if let Some(last) = self.chunks.last_mut().filter(|_| len < self.len && rest > 0) {
            Arc::make_mut(last)[rest..].fill(0);
        }
        self.len = len;
    }
}

/// Splits `len` bytes at `offset` at chunk borders: chunk, position in it, range of bytes.
fn pieces(
    offset: usize,
    len: usize,
) -> impl Iterator<Item = (usize, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let (chunk, from) = ((offset + done) / CHUNK, (offset + done) % CHUNK);
        let piece = done..len.min(done + CHUNK - from);
        done = piece.end;
        (!piece.is_empty()).then_some((chunk, from, piece))
    })
}

#[test]
fn a_copy_is_not_written_and_what_was_cut_off_is_gone() {
    let mut content = Content::default();
    content.write(CHUNK - 2, b"abcd");
    let copy = content.clone();
    content.resize(CHUNK - 1);
    content.resize(CHUNK + 1);
    let mut bytes = [7; 6];
    assert_eq!(content.read(CHUNK - 3, &mut bytes), 4);
    assert_eq!(bytes, *b"\0a\0\0\0\0");
    assert_eq!(copy.read(CHUNK - 3, &mut bytes), 5);
    assert_eq!(bytes, *b"\0abcd\0");
    assert_eq!(copy.read(CHUNK + 2, &mut bytes), 0);
    assert_eq!(bytes, [0; 6]);
}
