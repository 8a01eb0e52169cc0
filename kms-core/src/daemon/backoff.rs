//! Growing intervals between attempts.

use std::time::{Duration, Instant};

use crate::jitter::jitter;

/// Doubles the wait after each failure, up to a limit, with up to a quarter of it added at
/// random so that many waiters do not come back at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    failures: u32,
    not_before: Instant,
}

impl Backoff {
    /// No failure yet.
    pub(super) fn new() -> Self {
        Self {
            failures: 0,
            not_before: Instant::now(),
        }
    }

    /// Whether the next attempt is due.
    pub(super) fn is_due(&self) -> bool {
        Instant::now() >= self.not_before
    }

    /// Notes a failure; gives the wait until the next attempt.
    pub(super) fn fail(&mut self, first: Duration, limit: Duration) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1);
        let wait = first.saturating_mul(factor).min(limit);
        let wait = wait.saturating_add(jitter(wait));
        self.not_before = after(wait);
        wait
    }

    /// Notes that the next attempt is not due before `wait` has passed.
    pub(super) fn wait_at_least(&mut self, wait: Duration) {
        self.not_before = self.not_before.max(after(wait));
    }

    /// How often it has failed.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }
}

/// The moment when `wait` has passed. What no clock can show is due at once: whoever waits has
/// bounded it to minutes.
fn after(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let mut backoff = Backoff::new();
        assert!(backoff.is_due());
        let (first, limit) = (Duration::from_secs(10), Duration::from_secs(35));
        for expected in [10, 20, 35, 35] {
            let wait = backoff.fail(first, limit);
            let least = Duration::from_secs(expected);
            assert!(wait >= least && wait <= least + least / 4, "{wait:?}");
            assert!(!backoff.is_due());
        }
        assert_eq!(backoff.failures(), 4);
    }

    #[test]
    fn very_many_failures_do_not_overflow() {
        let mut backoff = Backoff::new();
        backoff.failures = u32::MAX;
        assert!(backoff.fail(Duration::MAX, Duration::from_secs(1)) >= Duration::from_secs(1));
    }
}
