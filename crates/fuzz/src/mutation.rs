//! Makes new input from seeds. The same random seed always gives the same input.

use seeded_rng::SeededRng;

/// Tokens that random changes rarely produce and that often matter to a parser.
const TOKENS: [&[u8]; 40] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b":",
    b",",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"1e999",
    b"-0",
    b"9223372036854775807",
    b"9223372036854775808",
    b"<",
    b">",
    b"</",
    b"/>",
    b"&",
    b"&amp;",
    b"&#0;",
    b"&#x202e;",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE",
    b"<?",
    b"?>",
    b"\0",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r\n",
    b" ",
    b"0",
    b"\x80",
    b"cs",
];

/// The longest input; longer input is cut. Readers refuse longer input without parsing it.
const LONGEST: usize = 8 * 1024;

/// Makes input from seeds.
#[derive(Clone, Debug)]
pub struct Mutator<'a> {
    seeds: &'a [Vec<u8>],
    rng: SeededRng,
    input: Vec<u8>,
}

impl<'a> Mutator<'a> {
    /// There must be at least one seed.
    pub fn new(seeds: &'a [Vec<u8>], seed: u64) -> Mutator<'a> {
        Mutator { seeds, rng: SeededRng::new(seed), input: Vec::new() }
    }

    /// The next input: one of the seeds with a few changes.
    pub fn next_input(&mut self) -> &[u8] {
        let seed = &self.seeds[self.rng.index(self.seeds.len())];
        self.input.clear();
        self.input.extend_from_slice(seed);
        // Few changes test the deep parts of a parser, many its outer parts.
        let changes = 1 + self.rng.index(1 + self.rng.clone().index(8));
        for _ in 0..changes {
            self.change();
        }
        self.input.truncate(LONGEST);
        &self.input
    }

    fn change(&mut self) {
        let Mutator { seeds, rng, input } = self;
        let at = rng.index(input.len() + 1);
        let until = at + rng.index(1 + (input.len() - at).min(1 + rng.clone().index(32)));
        match rng.index(10) {
            0 => input.splice(at..until, []).for_each(drop),
            1 => input.splice(at..until, rng.pick(&TOKENS).iter().copied()).for_each(drop),
            2 => input.splice(at..at, rng.pick(&TOKENS).iter().copied()).for_each(drop),
            3 => input.insert(at, rng.below(256) as u8),
            4 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << rng.index(8);
                }
            }
            5 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = rng.below(256) as u8;
                }
            }
            // Copies a piece: once, many times, or to another place.
            6 => input.extend_from_within(at..until),
            7 => {
                let piece = input[at..until].repeat(1 + rng.index(20));
                input.splice(at..at, piece).for_each(drop);
            }
            // Appends the rest of another seed.
            8 => {
                let other = &seeds[rng.index(seeds.len())];
                let from = rng.index(other.len() + 1);
                input.splice(at.., other[from..].iter().copied()).for_each(drop);
            }
            // Replaces a number by another one.
            _ => {
                if let Some(digit) = input[at..].iter().position(u8::is_ascii_digit) {
                    input[at + digit] = b'0' + rng.index(10) as u8;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_and_another_one_others() {
        let seeds = [b"{\"a\":1}".to_vec(), b"<mp/>".to_vec(), Vec::new()];
        let made = |seed: u64| -> Vec<Vec<u8>> {
            let mut mutator = Mutator::new(&seeds, seed);
            (0..1000).map(|_| mutator.next_input().to_vec()).collect()
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
        let different: BTreeSet<Vec<u8>> = made(1).into_iter().collect();
        assert!(different.len() > 700, "{}", different.len());
    }
}
