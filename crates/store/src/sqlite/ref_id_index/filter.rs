//! Bloom filters: which segments may contain a hash.

/// Number of segments whose bits are in one word.
const SIDE_BY_SIDE: usize = u64::BITS as usize;

/// Bits per filter: 24 for each inquiry of a segment.
const PLACES: usize = 24 << 15;

/// Bits that a hash sets. With these numbers one segment in 20,000 is a false positive. It is so rare because a
/// look into a segment is expensive: after every commit a reader's cache is invalid, and it reads about six pages.
const MARKS: usize = 8;

/// The Bloom filters of all segments, 64 in one word, so that a look-up in 64 segments reads as many words as in
/// one. They take three bytes of memory per inquiry.
#[derive(Default)]
pub(super) struct Filter {
    groups: Vec<Box<[u64]>>,
    segments: usize,
}

impl Filter {
    /// Adds the next segment.
    pub(super) fn add(&mut self, hashes: impl Iterator<Item = u64>) {
        let bit = 1 << (self.segments % SIDE_BY_SIDE);
        if bit == 1 {
            self.groups.push(vec![0; PLACES].into_boxed_slice());
        }
        self.segments += 1;
        if let Some(group) = self.groups.last_mut() {
            hashes.flat_map(marks).for_each(|place| group[place] |= bit);
        }
    }

    /// The segments that may contain the hash: all that do, and a few false positives.
    pub(super) fn segments(&self, hash: u64) -> Vec<i64> {
        let mut found = Vec::new();
        for (first, group) in (0i64..).step_by(SIDE_BY_SIDE).zip(&self.groups) {
            let mut bits = marks(hash).fold(u64::MAX, |bits, place| bits & group[place]);
            while bits != 0 {
                found.push(first + i64::from(bits.trailing_zeros()));
                bits &= bits - 1;
            }
        }
        found
    }
}

/// The bits that a hash sets.
fn marks(hash: u64) -> impl Iterator<Item = usize> {
    let (start, stride) = (hash as usize, (hash >> 32) as usize | 1);
    (0..MARKS).map(move |mark| start.wrapping_add(stride.wrapping_mul(mark)) % PLACES)
}
