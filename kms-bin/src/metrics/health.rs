//! What is known of the loop of each chain: whether it goes round, and whether its polls succeed.

use std::time::{Duration, Instant};

use super::check::Check;

/// How long a loop may take for one round beyond [`POLLS_MISSED`] periods: a poll with all its
/// repetitions takes minutes, and never this long.
const LONGEST_ROUND: Duration = Duration::from_secs(15 * 60);
/// After so many periods without a successful poll the cloud counts as out of reach.
const POLLS_MISSED: u32 = 3;
/// What a poll itself may take on top of that.
const LONGEST_USUAL_POLL: Duration = Duration::from_secs(5);

/// The loop of one chain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChainHealth {
    /// Whether its wallets were counted. Without any it does not poll.
    counted: bool,
    /// Since when it has wallets.
    has_wallets_since: Option<Instant>,
    /// When all its polls last succeeded.
    listed: Option<Instant>,
    /// When it last went round.
    round: Option<Instant>,
    died: bool,
}

impl ChainHealth {
    pub(super) fn go_round(&mut self, now: Instant) {
        self.round = Some(now);
        self.died = false;
    }

    pub(super) fn die(&mut self) {
        self.died = true;
    }

    /// Gives whether these are the first wallets.
    pub(super) fn count_wallets(&mut self, wallets: usize, now: Instant) -> bool {
        self.counted = true;
        if wallets == 0 {
            // Found again later, they start over.
            self.has_wallets_since = None;
            self.listed = None;
            return false;
        }
        let first = self.has_wallets_since.is_none();
        self.has_wallets_since.get_or_insert(now);
        first
    }

    pub(super) fn list(&mut self, now: Instant) {
        self.listed = Some(now);
    }

    /// How long ago all polls succeeded, or would have been expected to for the first time;
    /// nothing for a chain that is not polled.
    pub(super) fn poll_age(&self, now: Instant) -> Option<Duration> {
        let since = self.has_wallets_since?;
        Some(now.saturating_duration_since(self.listed.unwrap_or(since)))
    }

    /// Whether its loop goes round; nothing before it was started.
    pub(super) fn is_up(&self, now: Instant, period: Duration) -> Option<bool> {
        let longest = LONGEST_ROUND.saturating_add(period.saturating_mul(POLLS_MISSED));
        let idle = now.saturating_duration_since(self.round?);
        Some(!self.died && idle <= longest)
    }

    /// The check that its loop is alive.
    pub(super) fn liveness(&self, chain: &str, now: Instant, period: Duration) -> Option<Check> {
        let name = format!("loop-{chain}");
        Some(match self.is_up(now, period)? {
            true => Check::ok(name),
            false => Check::failed(name, self.why_down()),
        })
    }

    fn why_down(&self) -> &'static str {
        if self.died {
            "ended by an internal error"
        } else {
            "hangs"
        }
    }

    /// The check that it signs: its loop goes round, and the cloud can be reached for it.
    pub(super) fn readiness(&self, chain: &str, now: Instant, period: Duration) -> Option<Check> {
        // With or without wallets: what is stored from now on would not be polled for.
        if self.is_up(now, period) == Some(false) {
            return Some(Check::failed(format!("loop-{chain}"), self.why_down()));
        }
        let name = format!("cloud-{chain}");
        if !self.counted {
            return Some(Check::failed(name, "its wallets are not counted yet"));
        }
        let age = self.poll_age(now)?;
        let longest = period
            .saturating_mul(POLLS_MISSED)
            .saturating_add(LONGEST_USUAL_POLL);
        Some(if self.listed.is_none() {
            Check::failed(name, "not polled successfully yet")
        } else if age > longest {
            let seconds = age.as_secs();
            Check::failed(name, format!("no successful poll for {seconds} s"))
        } else {
            Check::ok(name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(15);

    fn is_ready(health: &ChainHealth, now: Instant) -> Option<bool> {
        let check = health.readiness("ETH", now, PERIOD)?;
        Some(check == Check::ok("cloud-ETH"))
    }

    #[test]
    fn a_chain_without_wallets_is_neither_ready_nor_not() {
        let mut health = ChainHealth::default();
        let now = Instant::now();
        assert_eq!(is_ready(&health, now), Some(false), "nothing known yet");
        health.count_wallets(0, now);
        assert_eq!(is_ready(&health, now), None);
        assert!(health.count_wallets(2, now));
        assert!(!health.count_wallets(3, now + PERIOD));
        assert_eq!(is_ready(&health, now), Some(false), "not polled yet");
        assert_eq!(health.poll_age(now + PERIOD), Some(PERIOD));
        health.count_wallets(0, now);
        assert_eq!(is_ready(&health, now), None);
    }

    #[test]
    fn a_chain_is_ready_until_three_periods_after_its_last_poll() {
        let mut health = ChainHealth::default();
        let now = Instant::now();
        health.count_wallets(1, now);
        health.list(now);
        let last = now + 3 * PERIOD + LONGEST_USUAL_POLL;
        assert_eq!(is_ready(&health, last), Some(true));
        assert_eq!(
            is_ready(&health, last + Duration::from_millis(1)),
            Some(false)
        );
        health.list(last);
        assert_eq!(is_ready(&health, last + PERIOD), Some(true));
    }

    #[test]
    fn a_loop_that_died_or_hangs_is_not_alive() {
        let mut health = ChainHealth::default();
        let now = Instant::now();
        assert_eq!(health.is_up(now, PERIOD), None, "not started");
        health.go_round(now);
        let last = now + LONGEST_ROUND + 3 * PERIOD;
        assert_eq!(health.is_up(last, PERIOD), Some(true));
        let hung = last + Duration::from_secs(1);
        let failed = Check::failed("loop-ETH", "hangs");
        assert_eq!(health.liveness("ETH", hung, PERIOD), Some(failed));
        let failed = Check::failed("loop-ETH", "hangs");
        assert_eq!(health.readiness("ETH", hung, PERIOD), Some(failed));
        health.die();
        let failed = Check::failed("loop-ETH", "ended by an internal error");
        assert_eq!(health.liveness("ETH", now, PERIOD), Some(failed.clone()));
        // At once, not when polls have been missed, and also without wallets.
        assert_eq!(health.readiness("ETH", now, PERIOD), Some(failed.clone()));
        health.count_wallets(0, now);
        assert_eq!(health.readiness("ETH", now, PERIOD), Some(failed));
        // The daemon that takes its place after SIGHUP.
        health.go_round(now);
        assert_eq!(health.is_up(now, PERIOD), Some(true));
    }
}
