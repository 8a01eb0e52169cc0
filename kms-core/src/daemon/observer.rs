//! What the daemon tells those who watch it: metrics, the sandbox, tests.

use std::time::Duration;

use super::{Outcome, PollFailure};
use crate::approval::Verdict;

/// Is told what happens. All methods do nothing unless implemented; none may block.
///
/// Each names its chain by its code, the first argument where there is no struct.
pub trait Observer: Send + Sync {
    /// The loop of a chain goes round: it does so at least once in each period, save while a poll
    /// or a report takes longer.
    fn went_round(&self, chain: &'static str) {
        let _ = chain;
    }

    /// The loop of a chain ended by a mistake of this program, and the chain is left alone.
    fn died(&self, chain: &'static str) {
        let _ = chain;
    }

    /// The vault was found to hold so many wallets that are polled for.
    fn counted_wallets(&self, chain: &'static str, wallets: usize) {
        let _ = (chain, wallets);
    }

    /// A chain was polled.
    fn polled(&self, poll: &Poll<'_>) {
        let _ = poll;
    }

    /// All polls of a cycle succeeded, and so many transactions are pending.
    fn listed(&self, chain: &'static str, pending: usize) {
        let _ = (chain, pending);
    }

    /// Calls of a chain wait after failures, or do so no longer.
    fn backs_off(&self, back_off: &BackOff) {
        let _ = back_off;
    }

    /// The owner was asked whether a transaction may be signed.
    fn asked(&self, asked: &Asked<'_>) {
        let _ = asked;
    }

    /// A transaction was signed; this is how long that alone took.
    fn signed(&self, chain: &'static str, elapsed: Duration) {
        let _ = (chain, elapsed);
    }

    /// A transaction was worked on.
    fn worked(&self, work: &Work<'_>) {
        let _ = work;
    }

    /// So many failures were reported to the cloud, or could not be.
    fn reported(&self, chain: &'static str, failures: usize, delivered: bool) {
        let _ = (chain, failures, delivered);
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
    /// How many transactions came, or why the poll failed.
    pub pending: Result<usize, PollFailure>,
    /// How long the call took.
    pub elapsed: Duration,
}

/// What of a chain waits after failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// Code of the chain.
    pub chain: &'static str,
    /// How many of its poll calls, and whether its reading of the vault, failed last: each of
    /// these waits longer with every further failure.
    pub open: usize,
    /// How often the worst of them failed in a row.
    pub failures: u32,
}

/// One question to the owner of a transaction.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Code of the chain.
    pub chain: &'a str,
    /// What the owner decided.
    pub verdict: &'a Verdict,
    /// How long the answer took.
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
    /// How long ago the cloud listed it to this process for the first time.
    pub since_listed: Duration,
}
