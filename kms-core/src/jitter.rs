//! Chance in waiting times, so that many who wait do not come back at once.

use std::time::Duration;

/// A random part of a quarter of `wait`, to be added to it.
pub(crate) fn jitter(wait: Duration) -> Duration {
    let mut bytes = [0; 2];
    // Without randomness there is no jitter, and nothing worse.
    let _ = getrandom::fill(&mut bytes);
    let share = u32::from(u16::from_le_bytes(bytes));
    wait.saturating_mul(share)
        .checked_div(4 << 16)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_less_than_a_quarter() {
        for wait in [0, 1, 15, 3600].map(Duration::from_secs) {
            let all: Vec<Duration> = (0..200).map(|_| jitter(wait)).collect();
            assert!(all.iter().all(|one| *one <= wait / 4), "{wait:?}");
            let differ = all.iter().any(|one| *one != all[0]);
            assert_eq!(differ, !wait.is_zero(), "{wait:?}");
        }
        assert!(jitter(Duration::MAX) < Duration::MAX / 4);
    }
}
