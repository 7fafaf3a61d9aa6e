//! Which segments can hold a hash.

/// Segments whose bits lie side by side in one word.
const SIDE_BY_SIDE: usize = u64::BITS as usize;

/// Places in a filter; 24 for each of a segment's inquiries.
const PLACES: usize = 24 << 15;

/// Places that a hash marks. With these numbers one segment in twenty thousand is named in vain: a
/// reader finds its cache stale after every commit, and reads half a dozen pages to look into one.
const MARKS: usize = 8;

/// Bloom filters of all segments, 64 to a word: a look-up reads as many words for 64 segments as it
/// would for one. It takes three bytes of memory an inquiry.
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

    /// The segments that may hold the hash: all that do, and a few that do not.
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

/// The places that a hash marks.
fn marks(hash: u64) -> impl Iterator<Item = usize> {
    let (start, stride) = (hash as usize, (hash >> 32) as usize | 1);
    (0..MARKS).map(move |mark| start.wrapping_add(stride.wrapping_mul(mark)) % PLACES)
}
