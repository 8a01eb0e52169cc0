//! How a daemon works.

use std::{collections::HashSet, time::Duration};

use crate::chain::Network;

/// How a daemon works.
#[derive(Clone, Debug)]
pub struct DaemonConfig {
    /// The network whose wallets sign. Each cloud API key belongs to one network as well.
    pub network: Network,
    /// The time between two polls of a chain.
    pub period: Duration,
    /// For ever, or one cycle.
    pub mode: Mode,
    /// How many transactions of one chain are worked on at a time. Those of one signer are
    /// always worked on one after the other.
    pub concurrency: usize,
    /// Everything but signing: transactions are completed, summarised and put to the owner, and
    /// nothing is reported to the cloud.
    pub dry_run: bool,
}

impl DaemonConfig {
    /// The usual time between two polls.
    pub const DEFAULT_PERIOD: Duration = Duration::from_secs(15);
    /// The usual number of transactions of a chain in work at a time: enough that those which wait
    /// for an answer of the cloud, or for the disk, leave none of two processors idle.
    pub const DEFAULT_CONCURRENCY: usize = 64;
}

/// How long a daemon runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Until it is told to stop.
    Continuous,
    /// One poll of each chain, and what it brings.
    Once(Selection),
}

/// What a single cycle is limited to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these signature ids are polled for.
    pub wallets: Option<HashSet<String>>,
    /// Only these pending transactions are signed.
    pub transaction_ids: Option<HashSet<String>>,
    /// Whether chains without wallets are polled too. A poll costs API credits and can bring
    /// nothing that could be signed; but what it brings is reported as failed.
    pub chains_without_wallets: bool,
}
