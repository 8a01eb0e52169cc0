//! What a cycle came to.

use super::Outcome;

/// What a cycle came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Transactions signed and accepted.
    pub sent: usize,
    /// Transactions that were not approved.
    pub declined: usize,
    /// Transactions that failed for good.
    pub failed: usize,
    /// Transactions that will be tried again.
    pub unfinished: usize,
    /// Polls, vault readings and reports that failed.
    pub errors: usize,
}

impl Tally {
    /// The sum of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            declined: self.declined.saturating_add(other.declined),
            failed: self.failed.saturating_add(other.failed),
            unfinished: self.unfinished.saturating_add(other.unfinished),
            errors: self.errors.saturating_add(other.errors),
        }
    }

    pub(super) fn count(&mut self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Sent { .. } => &mut self.sent,
            Outcome::AlreadyDone | Outcome::Rehearsed(_) => return,
            Outcome::Declined(_) => &mut self.declined,
            Outcome::Failed { .. } => &mut self.failed,
            Outcome::Postponed { .. } | Outcome::Uncertain(_) => &mut self.unfinished,
        };
        *counter = counter.saturating_add(1);
    }

    pub(super) fn count_error(&mut self) {
        self.errors = self.errors.saturating_add(1);
    }
}
