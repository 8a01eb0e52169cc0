//! The work on the transactions of one signer.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, watch};
use tracing::Instrument as _;

use super::{Outcome, PostponeReason, Work, arrivals::Arrived, transaction::Desk};
use crate::chain::PendingTransaction;

/// What the transactions of one signer are worked on with.
pub(super) struct Worker {
    pub(super) desk: Arc<Desk>,
    /// Limits how many transactions are worked on at a time.
    pub(super) permits: Arc<Semaphore>,
    pub(super) shutdown: watch::Receiver<bool>,
}

impl Worker {
    fn chain(&self) -> &'static str {
        self.desk.plugin.info().code
    }

    /// Works on them in their order, up to one that must not be overtaken.
    pub(super) async fn work_queue(&self, queue: Vec<Arrived>) -> Vec<(String, Outcome)> {
        let mut finished = Vec::with_capacity(queue.len());
        for Arrived { pending, at } in queue {
            // Nobody closes the semaphore.
            let _permit = self.permits.acquire().await;
            if *self.shutdown.borrow() {
                break;
            }
            let began = Instant::now();
            let span = span(self.chain(), &pending.id);
            let outcome = AssertUnwindSafe(self.desk.work(&pending))
                .catch_unwind()
                .instrument(span.clone())
                .await
                .unwrap_or_else(|_| Outcome::Postponed {
                    reason: PostponeReason::Internal,
                    why: "an internal error, please report it".to_owned(),
                });
            span.in_scope(|| tell(&pending, &outcome));
            self.desk.observer.worked(&Work {
                chain: self.chain(),
                transaction: &pending.id,
                outcome: &outcome,
                elapsed: began.elapsed(),
                since_listed: at.elapsed(),
            });
            let stuck = matches!(outcome, Outcome::Postponed { .. } | Outcome::Uncertain(_));
            finished.push((pending.id, outcome));
            if stuck {
                break;
            }
        }
        finished
    }
}

/// What the log says of a transaction carries its chain and id, however little is logged: hence
/// the level.
fn span(chain: &'static str, transaction: &str) -> tracing::Span {
    tracing::error_span!(parent: None, "transaction", chain, transaction)
}

fn tell(pending: &PendingTransaction, outcome: &Outcome) {
    let wallets = || pending.hashes.join(",");
    match outcome {
        Outcome::Sent {
            transaction_id,
            summary,
        } => tracing::info!(transaction_id, summary, "signed and sent"),
        Outcome::AlreadyDone => tracing::debug!("sent before"),
        Outcome::Rehearsed(summary) => {
            tracing::info!(summary, "dry run: would be signed and sent");
        }
        Outcome::Declined(why) => tracing::warn!(why, "not approved, not signed"),
        Outcome::Failed { text, .. } => tracing::error!(
            wallets = wallets(),
            error = text,
            "failed, reported to the cloud"
        ),
        Outcome::Postponed { why, .. } => tracing::warn!(
            wallets = wallets(),
            why,
            "not signed yet, tried again later"
        ),
        Outcome::Uncertain(why) => {
            tracing::error!(wallets = wallets(), why, "outcome unknown");
        }
    }
}
