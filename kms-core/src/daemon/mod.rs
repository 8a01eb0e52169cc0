//! The poll loop, and one transaction's way through it.
//!
//! Every chain that holds keys is polled in a loop of its own, so that none delays another. Within
//! a chain, transactions of one signer keep the cloud's order, those of different signers go side
//! by side. An error belongs to its transaction: it is logged, reported if it is definite, and
//! tried again with growing intervals if it is not.

mod arrivals;
mod backoff;
mod chain_loop;
mod circuit;
mod config;
mod listing;
mod notice_board;
mod observer;
mod outcome;
mod poll_failure;
mod poller;
mod prepared;
mod signer;
mod tally;
mod transaction;
mod vault_watch;
mod waiting_room;
mod worker;

#[cfg(feature = "testkit")]
pub(crate) use self::listing::Listing;
pub use self::{
    config::{DaemonConfig, Mode, Selection},
    observer::{Asked, BackOff, NoObserver, Observer, Poll, Work},
    outcome::{FailureReason, Outcome, PostponeReason},
    poll_failure::PollFailure,
    prepared::Prepared,
    tally::Tally,
    vault_watch::VaultWatch,
};

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt as _, future::join_all};
use tokio::{sync::watch, task::JoinSet};

use self::{chain_loop::ChainLoop, notice_board::NoticeBoard, transaction::Desk};
use crate::{approval::Approver, chain::Registry, cloud::Cloud, journal::Journal};

/// The daemon, ready to run.
pub struct Daemon {
    chains: Vec<ChainLoop>,
    config: Arc<DaemonConfig>,
}

/// What a daemon works with.
pub struct Parts {
    /// The chains to poll.
    pub registry: Registry,
    /// The cloud.
    pub cloud: Cloud,
    /// The vault, opened.
    pub vault: VaultWatch,
    /// Who approves transactions.
    pub approver: Arc<dyn Approver>,
    /// What remembers them.
    pub journal: Arc<dyn Journal>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
}

impl Daemon {
    /// Puts a daemon together. It stops soon after `shutdown` turns true, finishing the
    /// transactions in hand.
    pub fn new(config: DaemonConfig, parts: Parts, shutdown: &watch::Receiver<bool>) -> Self {
        let config = Arc::new(config);
        let notices = Arc::new(NoticeBoard::default());
        let chain = |plugin: &'static dyn crate::chain::ChainPlugin| {
            let desk = Desk {
                plugin,
                network: config.network,
                node: Box::new(parts.cloud.node_api(plugin.info().code, config.network)),
                cloud: parts.cloud.clone(),
                approver: Arc::clone(&parts.approver),
                journal: Arc::clone(&parts.journal),
                vault: parts.vault.clone(),
                observer: Arc::clone(&parts.observer),
                dry_run: config.dry_run,
            };
            ChainLoop::new(
                desk,
                Arc::clone(&config),
                Arc::clone(&notices),
                shutdown.clone(),
            )
        };
        Self {
            chains: parts.registry.iter().map(chain).collect(),
            config,
        }
    }

    /// Runs: one cycle of each chain, or until told to stop. Gives what a single cycle came to.
    pub async fn run(mut self) -> Tally {
        if let Mode::Once(_) = self.config.mode {
            let tallies = join_all(self.chains.iter_mut().map(ChainLoop::cycle)).await;
            return tallies.into_iter().fold(Tally::default(), Tally::and);
        }
        let mut loops = JoinSet::new();
        for mut chain in self.chains {
            loops.spawn(async move {
                if AssertUnwindSafe(chain.run()).catch_unwind().await.is_err() {
                    chain.died();
                }
            });
        }
        while loops.join_next().await.is_some() {}
        Tally::default()
    }
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}
