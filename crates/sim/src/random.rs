//! Chance that is the same on every machine and in every version.
//!
//! SplitMix64: a few lines whose output is published, that any number seeds well, and of which each
//! actor gets one of its own. A crate would add nothing but the freedom to change its numbers.

use std::ops::Range;

use domain::splitmix64::splitmix64;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A generator of numbers that follow from its seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of that seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The generator of `who`, a path of numbers below the seed. What one draws does not depend on
    /// how often another did, so that a smaller plan goes as the larger one went.
    pub fn of(seed: u64, who: &[u64]) -> Random {
        let deeper = |above: u64, part: &u64| Random(above ^ part.wrapping_mul(STEP)).draw();
        Random(who.iter().fold(seed, deeper))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        let drawn = splitmix64(self.0);
        self.0 = self.0.wrapping_add(STEP);
        drawn
    }

    /// A number of the range, which is not empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.draw() % (range.end - range.start)
    }

    /// Yes, `odds` times in a thousand.
    pub fn strikes(&mut self, odds: u32) -> bool {
        self.within(0..1000) < u64::from(odds)
    }

    /// One of them; there is one at least.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.within(0..from.len() as u64);
        &from[at as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_published_ones() {
        let mut random = Random::new(1_234_567);
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(published.map(|_| random.draw()), published);
    }

    #[test]
    fn each_actor_has_numbers_of_its_own() {
        let first = |who: &[u64]| Random::of(7, who).draw();
        assert_eq!(first(&[1, 2]), first(&[1, 2]));
        assert_ne!(first(&[1, 2]), first(&[2, 1]));
        assert_ne!(first(&[1]), first(&[1, 0]));
    }
}
