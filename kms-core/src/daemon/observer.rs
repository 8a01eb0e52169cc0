//! What the daemon tells those who watch it: metrics, the sandbox, tests.

use std::time::Duration;

/// Is told what happens. All methods do nothing unless implemented; none may block.
pub trait Observer: Send + Sync {
    /// A chain was polled.
    fn polled(&self, poll: &Poll<'_>) {
        let _ = poll;
    }

    /// A transaction was worked on.
    fn worked(&self, work: &Work<'_>) {
        let _ = work;
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// One poll call.
#[derive(Clone, Copy, Debug)]
pub struct Poll<'a> {
    /// Code of the chain.
    pub chain: &'a str,
    /// How many signature ids it asked for.
    pub signature_ids: usize,
    /// How many transactions came, or nothing when the poll failed.
    pub pending: Option<usize>,
    /// How long the call took.
    pub elapsed: Duration,
}

/// One transaction's work in one cycle.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// Code of the chain.
    pub chain: &'a str,
    /// The cloud's id of the transaction.
    pub transaction: &'a str,
    /// How it ended.
    pub outcome: &'a Outcome,
    /// How long it took.
    pub elapsed: Duration,
}

/// How the work on a transaction ended in one cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Signed and accepted by the cloud.
    Sent {
        /// The transaction's id on its chain.
        transaction_id: String,
        /// What it does.
        summary: String,
    },
    /// It was sent before; there is nothing to do.
    AlreadyDone,
    /// It would have been signed, were this no dry run; what it does.
    Rehearsed(String),
    /// The 4-eye check did not approve.
    Declined(String),
    /// It failed for good; this text is reported to the cloud.
    Failed(String),
    /// Something is in the way that may pass: it is tried again.
    Postponed(String),
    /// It was sent and nobody knows whether it arrived: the same bytes are sent again, and
    /// nothing else of the same signer before that.
    Uncertain(String),
}
