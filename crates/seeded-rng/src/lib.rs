//! The pseudo-random generator of all tests and of the simulation (SplitMix64). Its output is the same
//! on every machine and in every version, so a failing seed can be run again. An external crate could
//! change its output.
//!
//! # Layout
//!
//! One file: [`SeededRng`].

use std::ops::Range;

use domain::splitmix64::splitmix64;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A generator whose numbers depend on its seed only.
#[derive(Clone, Debug)]
pub struct SeededRng(u64);

impl SeededRng {
    /// A generator with this seed.
    pub fn new(seed: u64) -> SeededRng {
        SeededRng(seed)
    }

    /// The generator of one actor: `path` names the actor below the seed. What one actor draws does not
    /// depend on how often another draws, so a smaller plan behaves like the larger plan.
    pub fn of(seed: u64, path: &[u64]) -> SeededRng {
        let deeper = |above: u64, part: &u64| SeededRng(above ^ part.wrapping_mul(STEP)).next_u64();
        SeededRng(path.iter().fold(seed, deeper))
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        let drawn = splitmix64(self.0);
        self.0 = self.0.wrapping_add(STEP);
        drawn
    }

    /// A number in `range`, which must not be empty.
    pub fn in_range(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next_u64() % (range.end - range.start)
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.in_range(0..bound)
    }

    /// An index into a list of `len` items, which must not be empty.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// `true` with a probability of `permille` / 1000.
    pub fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < u64::from(permille)
    }

    /// One item of `from`, which must not be empty.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_published_ones() {
        let mut rng = SeededRng::new(1_234_567);
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(published.map(|_| rng.next_u64()), published);
    }

    #[test]
    fn each_actor_has_its_own_numbers() {
        let first = |path: &[u64]| SeededRng::of(7, path).next_u64();
        assert_eq!(first(&[1, 2]), first(&[1, 2]));
        assert_ne!(first(&[1, 2]), first(&[2, 1]));
        assert_ne!(first(&[1]), first(&[1, 0]));
    }
}
