//! Random input that is the same in each run.

use std::ops::RangeInclusive;

/// A generator of numbers: SplitMix64. Good for tests and for nothing else.
pub(crate) struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of this range. Not quite evenly, which nothing here minds.
    pub(crate) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = range.into_inner();
        match (high - low).checked_add(1) {
            Some(span) => low + self.number() % span,
            None => self.number(),
        }
    }

    /// A number of at most this many bits, of any magnitude: as many small ones as large ones.
    pub(crate) fn magnitude(&mut self, bits: u32) -> u128 {
        let bits = u32::try_from(self.within(0..=bits.into())).expect("at most 128");
        let number = (u128::from(self.number()) << 64) | u128::from(self.number());
        number.checked_shr(128 - bits).unwrap_or(0)
    }

    /// Yes or no.
    pub(crate) fn coin(&mut self) -> bool {
        self.within(0..=1) == 1
    }

    /// This many bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.number().to_be_bytes()[0]).collect()
    }

    /// This many bytes in lower-case hex, without a prefix.
    pub(crate) fn hex(&mut self, bytes: usize) -> String {
        hex::encode(self.bytes(bytes))
    }

    /// An index for a list of this length.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        let last = u64::try_from(len).expect("64 bits") - 1;
        usize::try_from(self.within(0..=last)).expect("within the list")
    }

    /// One of these.
    pub(crate) fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }
}

#[test]
fn the_same_seed_gives_the_same_numbers_of_every_magnitude() {
    // The first numbers of the reference implementation for seed 1234567.
    let mut random = Random::seeded(1_234_567);
    assert_eq!(random.number(), 6_457_827_717_110_365_317);
    assert_eq!(random.number(), 3_203_168_211_198_807_973);

    let numbers: Vec<u128> = (0..1000).map(|_| random.magnitude(100)).collect();
    assert!(numbers.iter().all(|number| *number < 1 << 100));
    assert!(numbers.contains(&0) && numbers.iter().any(|number| *number > 1 << 95));
    assert!((0..1000).all(|_| (3..=5).contains(&random.within(3..=5))));
}
