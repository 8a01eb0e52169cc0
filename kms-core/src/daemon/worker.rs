//! The work on the transactions of one signer.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, watch};

use super::{Observer, Outcome, Work, transaction::Desk};
use crate::chain::PendingTransaction;

/// What the transactions of one signer are worked on with.
pub(super) struct Worker {
    pub(super) desk: Arc<Desk>,
    pub(super) observer: Arc<dyn Observer>,
    /// Limits how many transactions are worked on at a time.
    pub(super) permits: Arc<Semaphore>,
    pub(super) shutdown: watch::Receiver<bool>,
}

impl Worker {
    fn chain(&self) -> &'static str {
        self.desk.plugin.info().code
    }

    /// Works on them in their order, up to one that must not be overtaken.
    pub(super) async fn work_queue(
        &self,
        queue: Vec<PendingTransaction>,
    ) -> Vec<(String, Outcome)> {
        let mut finished = Vec::with_capacity(queue.len());
        for pending in queue {
            // Nobody closes the semaphore.
            let _permit = self.permits.acquire().await;
            if *self.shutdown.borrow() {
                break;
            }
            let began = Instant::now();
            let outcome = AssertUnwindSafe(self.desk.work(&pending))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| {
                    Outcome::Postponed("an internal error, please report it".to_owned())
                });
            self.tell(&pending, &outcome);
            self.observer.worked(&Work {
                chain: self.chain(),
                transaction: &pending.id,
                outcome: &outcome,
                elapsed: began.elapsed(),
            });
            let stuck = matches!(outcome, Outcome::Postponed(_) | Outcome::Uncertain(_));
            finished.push((pending.id, outcome));
            if stuck {
                break;
            }
        }
        finished
    }

    fn tell(&self, pending: &PendingTransaction, outcome: &Outcome) {
        let (chain, transaction) = (self.chain(), &pending.id);
        let wallets = pending.hashes.join(",");
        match outcome {
            Outcome::Sent {
                transaction_id,
                summary,
            } => tracing::info!(
                chain,
                transaction,
                transaction_id,
                summary,
                "signed and sent"
            ),
            Outcome::AlreadyDone => tracing::debug!(chain, transaction, "sent before"),
            Outcome::Rehearsed(summary) => {
                tracing::info!(
                    chain,
                    transaction,
                    summary,
                    "dry run: would be signed and sent"
                );
            }
            Outcome::Declined(why) => {
                tracing::warn!(chain, transaction, why, "not approved, not signed");
            }
            Outcome::Failed(error) => {
                tracing::error!(
                    chain,
                    transaction,
                    wallets,
                    error,
                    "failed, reported to the cloud"
                );
            }
            Outcome::Postponed(why) => {
                tracing::warn!(
                    chain,
                    transaction,
                    wallets,
                    why,
                    "not signed yet, tried again later"
                );
            }
            Outcome::Uncertain(why) => {
                tracing::error!(chain, transaction, wallets, why, "outcome unknown")
            }
        }
    }
}
