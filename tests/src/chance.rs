//! Chance that can be repeated.

use std::{collections::hash_map::RandomState, env, hash::BuildHasher as _, time::Duration};

/// SplitMix64: even enough for tests, and the same everywhere for the same seed.
#[derive(Clone, Copy, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Another chance each time, unless `SEED=…` repeats an earlier one. A failed test shows its
    /// seed.
    #[expect(clippy::print_stdout, reason = "a failed test shows its seed")]
    #[expect(clippy::new_without_default, reason = "two of them differ")]
    pub fn new() -> Self {
        let seed = match env::var("SEED") {
            Ok(seed) => seed.parse().expect("SEED is a number"),
            Err(_) => RandomState::new().hash_one(0),
        };
        println!("SEED={seed}");
        Self(seed)
    }

    /// The chance of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let len = u64::try_from(choices.len()).expect("a short list");
        let position = usize::try_from(self.below(len)).expect("a short list");
        &choices[position]
    }

    /// A time from nothing to this.
    pub fn up_to(&mut self, limit: Duration) -> Duration {
        let micros = u64::try_from(limit.as_micros()).expect("a short time");
        Duration::from_micros(self.below(micros.max(1)))
    }
}
