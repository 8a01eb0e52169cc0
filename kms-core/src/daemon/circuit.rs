//! The circuit breaker of the polls: whoever fails is left alone for a while.

use std::time::Duration;

use super::backoff::Backoff;

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Closed while calls succeed. A failure opens it, for a time that doubles with each further one;
/// then one call is let through, which closes it again or keeps it open.
///
/// Times are measured on the monotonic clock: setting the machine's clock changes nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circuit {
    backoff: Backoff,
}

impl Circuit {
    pub(super) fn closed() -> Self {
        Self {
            backoff: Backoff::new(),
        }
    }

    /// Whether a call may be made now.
    pub(super) fn lets_through(&self) -> bool {
        self.backoff.is_due()
    }

    /// How many calls failed since the last that succeeded.
    pub(super) fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// Notes a call that succeeded. Gives the number of failures before it.
    pub(super) fn close(&mut self) -> u32 {
        let failures = self.failures();
        *self = Self::closed();
        failures
    }

    /// Notes a call that failed; the server may have `asked` for a pause. Gives the pause.
    pub(super) fn open(&mut self, period: Duration, asked: Option<Duration>) -> Duration {
        let wait = self.backoff.fail(period, LONGEST_PAUSE);
        let asked = asked.unwrap_or_default().min(LONGEST_PAUSE);
        self.backoff.wait_at_least(asked);
        wait.max(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_failure_opens_it_and_a_success_closes_it() {
        let mut circuit = Circuit::closed();
        assert!(circuit.lets_through());
        let first = circuit.open(SECOND, None);
        assert!(!circuit.lets_through());
        let second = circuit.open(SECOND, None);
        assert!(
            first >= SECOND && second >= 2 * SECOND,
            "{first:?} {second:?}"
        );
        assert_eq!(circuit.close(), 2);
        assert!(circuit.lets_through());
        assert_eq!(circuit.failures(), 0);
    }

    #[test]
    fn what_the_server_asks_for_counts_within_reason() {
        let mut circuit = Circuit::closed();
        assert_eq!(circuit.open(SECOND, Some(60 * SECOND)), 60 * SECOND);
        let mut circuit = Circuit::closed();
        let wait = circuit.open(SECOND, Some(Duration::from_secs(1 << 40)));
        assert_eq!(wait, LONGEST_PAUSE);
    }

    #[test]
    fn a_circuit_that_was_waited_for_lets_one_call_through() {
        let mut circuit = Circuit::closed();
        circuit.open(Duration::ZERO, None);
        assert!(circuit.lets_through());
        assert_eq!(circuit.failures(), 1);
    }
}
