//! A bounded search without a fuzzer: the same inputs each time, made of the seeds.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::Property;
use crate::testkit::tally;

/// What parsers stumble over: put in where a change puts something in.
const PIECES: [&[u8]; 28] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\\",
    b"\\ud800",
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"\"\"",
    b"-",
    b"-1",
    b"0",
    b".",
    b"1e999",
    b"0x",
    b"18446744073709551616",
    b"115792089237316195423570985008687907853269984665640564039457584007913129639936",
    b"\n",
    b" ",
    b"\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    "\u{1F4A5}".as_bytes(),
];

/// Longer than what a fuzzer tries, and than any number of 16 bits.
const LONG: usize = 70_000;
/// How many inputs are so long.
const LONG_CASES: usize = 25;

/// Tries `property` with its seeds, with `cases` changed ones, with some that are long, and with
/// nothing.
///
/// # Panics
/// When it does not hold: with the input in hexadecimal digits.
pub fn sweep(property: &dyn Property, cases: usize) {
    let seeds = property.seeds();
    assert!(!seeds.is_empty(), "nothing to begin with");
    check(property, &[]);
    for seed in &seeds {
        check(property, seed);
    }
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..cases {
        check(property, &changed(&seeds, &mut chance));
    }
    for _ in 0..LONG_CASES {
        check(property, &stretched(&seeds, &mut chance));
    }
    let tried = seeds.len() + cases + LONG_CASES;
    tally("hostile", tried, "inputs of fuzz targets");
}

fn check(property: &dyn Property, bytes: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| property.holds_for(bytes))) {
        tracing::error!(input = %hex::encode(bytes), "the property does not hold");
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        match said {
            Some(said) => panic!("{said}\nfor the input {}", hex::encode(bytes)),
            None => resume_unwind(panic),
        }
    }
}

/// A seed with one to four changes.
fn changed(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = chance.pick(seeds).cloned().unwrap_or_default();
    for _ in 0..=chance.below(4) {
        let start = chance.below(bytes.len() + 1);
        let end = bytes.len().min(start + chance.below(9));
        match chance.below(6) {
            0 => drop(bytes.drain(start..end)),
            1 => bytes.truncate(start),
            2 => {
                let piece = chance.pick(&PIECES).copied().unwrap_or_default();
                drop(bytes.splice(start..end, piece.iter().copied()));
            }
            3 => {
                let again = bytes.get(start..end).unwrap_or_default().to_vec();
                drop(bytes.splice(start..start, again));
            }
            4 => {
                let other = chance.pick(seeds).map(Vec::as_slice).unwrap_or_default();
                let from = chance.below(other.len() + 1);
                bytes.truncate(start);
                bytes.extend_from_slice(other.get(from..).unwrap_or_default());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(start) {
                    *byte ^= u8::try_from(chance.below(255) + 1).unwrap_or(1);
                }
            }
        }
    }
    bytes
}

/// A seed in which a piece stands many times over.
fn stretched(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = chance.pick(seeds).cloned().unwrap_or_default();
    let start = chance.below(bytes.len());
    let end = bytes.len().min(start + 1 + chance.below(64));
    let piece = bytes.get(start..end).unwrap_or_default();
    let long = piece.repeat(LONG / piece.len().max(1));
    drop(bytes.splice(start..start, long));
    bytes
}

/// Numbers without a pattern that matters here (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap_or(0) % limit.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::Mutex};

    use super::*;

    /// Breaks for what has three quotes.
    #[derive(Default)]
    struct Fragile(Mutex<HashSet<Vec<u8>>>);

    impl Property for Fragile {
        fn seeds(&self) -> Vec<Vec<u8>> {
            vec![b"\"text\"".to_vec()]
        }

        fn holds_for(&self, bytes: &[u8]) {
            self.0.lock().unwrap().insert(bytes.to_vec());
            let quotes = bytes.iter().filter(|byte| **byte == b'"').count();
            assert!(quotes < 3, "three quotes");
        }
    }

    #[test]
    fn what_breaks_is_found_and_shown() {
        let panic = catch_unwind(|| sweep(&Fragile::default(), 1000)).unwrap_err();
        let said = panic.downcast_ref::<String>().unwrap();
        let (what, input) = said.split_once("\nfor the input ").unwrap();
        assert_eq!(what, "three quotes");
        let input = hex::decode(input).unwrap();
        assert!(input.iter().filter(|byte| **byte == b'"').count() >= 3);
    }

    #[test]
    fn the_inputs_are_many_and_the_same_each_time() {
        struct Any(Mutex<Vec<Vec<u8>>>);
        impl Property for Any {
            fn seeds(&self) -> Vec<Vec<u8>> {
                vec![b"{\"a\":1}".to_vec(), b"0123456789".to_vec()]
            }

            fn holds_for(&self, bytes: &[u8]) {
                self.0.lock().unwrap().push(bytes.to_vec());
            }
        }
        let inputs = || {
            let any = Any(Mutex::default());
            sweep(&any, 300);
            any.0.into_inner().unwrap()
        };
        let tried = inputs();
        assert_eq!(tried, inputs());
        let different = tried.iter().collect::<HashSet<_>>().len();
        assert!(different > 200, "{different}");
        let long = tried.iter().filter(|input| input.len() > 1 << 16).count();
        assert_eq!(long, LONG_CASES);
    }
}
