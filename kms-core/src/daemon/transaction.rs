//! One transaction's way from the cloud's list to the network.
//!
//! Each step has a span, for traces. Their level keeps them out of the log, whose lines name the
//! transaction as their innermost span.

use std::{sync::Arc, time::Instant};

use tracing::{Instrument as _, trace_span};

use super::{
    Asked, FailureReason, Observer, Outcome, PostponeReason, Prepared, vault_watch::VaultWatch,
};
use crate::{
    approval::{Approver, Verdict},
    chain::{
        Assembled, Attempt, Broadcast, ChainPlugin, Network, NodeApi, PendingTransaction,
        SubmitError, TransactionError, Unsigned, sign,
    },
    cloud::{BroadcastBody, Cloud},
    failpoint::{Place, reach},
    journal::{Journal, JournalError, PayloadDigest, Standing, Step, TransactionKey},
    vault::VaultError,
    wallet::{self, EntryLookup},
};

/// What every transaction of a chain is worked on with.
pub(super) struct Desk {
    pub(super) plugin: &'static dyn ChainPlugin,
    pub(super) network: Network,
    pub(super) cloud: Cloud,
    pub(super) node: Box<dyn NodeApi>,
    pub(super) approver: Arc<dyn Approver>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) vault: VaultWatch,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) dry_run: bool,
}

impl Desk {
    /// Takes `pending` from where the journal has it as far as it goes.
    pub(super) async fn work(&self, pending: &PendingTransaction) -> Outcome {
        self.try_work(pending)
            .await
            .unwrap_or_else(|stop| match stop {
                Stop::Transaction(error) if error.is_transient() => Outcome::Postponed {
                    reason: PostponeReason::Node,
                    why: error.to_string(),
                },
                Stop::Transaction(error) => Outcome::Failed {
                    reason: FailureReason::from(&error),
                    text: error.report_text(),
                },
                Stop::Journal(error) => Outcome::Postponed {
                    reason: PostponeReason::Journal,
                    why: error.to_string(),
                },
                Stop::Vault(error) => Outcome::Postponed {
                    reason: PostponeReason::Vault,
                    why: error.to_string(),
                },
                Stop::Declined(why) => Outcome::Declined(why),
            })
    }

    async fn try_work(&self, pending: &PendingTransaction) -> Result<Outcome, Stop> {
        let key = self.key(&pending.id);
        let standing = self
            .journal
            .receive(&key, PayloadDigest::of(pending))
            .instrument(trace_span!("journal", step = "receipt"))
            .await?;
        reach(Place::Received);
        let outcome = match standing {
            Standing::Open => self.begin(&key, pending).await,
            Standing::Frozen(unsigned) => self.resume(&key, pending, &unsigned).await,
            Standing::Signed {
                unsigned,
                assembled,
                maybe_sent,
            } => {
                let attempt = if maybe_sent {
                    Attempt::Repeat
                } else {
                    Attempt::First
                };
                // Approved, signed and perhaps sent already: that another version of the program
                // cannot tell what it does must not make it a failure, which could be signed anew.
                let summary = self.summary(&unsigned);
                let summary = summary.unwrap_or_else(|error| error.to_string());
                self.send(&key, pending, &unsigned, assembled, attempt, summary)
                    .await
            }
            Standing::Done => Ok(Outcome::AlreadyDone),
            Standing::Failed(text) => Ok(Outcome::Failed {
                reason: FailureReason::Earlier,
                text,
            }),
            Standing::Conflict => Ok(Outcome::Failed {
                reason: FailureReason::Conflict,
                text: format!(
                    "Error: refused: transaction {} came again with another content",
                    pending.id
                ),
            }),
        };
        if let Err(Stop::Transaction(error)) = &outcome
            && !error.is_transient()
        {
            self.fail(&key, &error.report_text(), false).await?;
        }
        if let Err(Stop::Declined(why)) = &outcome {
            self.remember(&key, Step::Declined(why.clone())).await?;
        }
        outcome
    }

    /// From nothing to the frozen value: no signature exists yet.
    async fn begin(
        &self,
        key: &TransactionKey,
        pending: &PendingTransaction,
    ) -> Result<Outcome, Stop> {
        let wallets = self.vault.known_keyring().await?;
        let node = self.node.as_ref();
        let prepared = Prepared::new(self.plugin, pending, &*wallets, node)
            .instrument(trace_span!("prepare"))
            .await?;
        reach(Place::Prepared);
        tracing::debug!(summary = %prepared.summary, "ready to be signed");
        let began = Instant::now();
        let check = self.approver.check(pending, &prepared.summary);
        let verdict = check.instrument(trace_span!("approve")).await;
        self.observer.asked(&Asked {
            chain: self.plugin.info().code,
            verdict: &verdict,
            elapsed: began.elapsed(),
        });
        match verdict {
            Verdict::Approved => {}
            refused => {
                tracing::info!(summary = %prepared.summary, "what was not approved");
                self.plugin
                    .abandon(&prepared.unsigned, self.node.as_ref())
                    .await;
                return Err(Stop::Declined(refused.to_string()));
            }
        }
        reach(Place::Approved);
        if self.dry_run {
            self.plugin
                .abandon(&prepared.unsigned, self.node.as_ref())
                .await;
            return Ok(Outcome::Rehearsed(prepared.summary.to_string()));
        }
        let summary = prepared.summary.to_string();
        let step = Step::Frozen {
            unsigned: prepared.unsigned.clone(),
            summary: summary.clone(),
        };
        self.remember(key, step).await?;
        reach(Place::Frozen);
        self.sign_and_send(key, pending, &prepared.unsigned, summary)
            .await
    }

    /// From a value that was frozen earlier.
    async fn resume(
        &self,
        key: &TransactionKey,
        pending: &PendingTransaction,
        unsigned: &Unsigned,
    ) -> Result<Outcome, Stop> {
        match self.summary(unsigned) {
            Ok(summary) => self.sign_and_send(key, pending, unsigned, summary).await,
            // What cannot be told is not signed.
            Err(error) => {
                self.plugin.abandon(unsigned, self.node.as_ref()).await;
                Err(error.into())
            }
        }
    }

    /// What it does, in words.
    fn summary(&self, unsigned: &Unsigned) -> Result<String, TransactionError> {
        let summary = self.plugin.summarize(self.network, unsigned)?;
        Ok(summary.to_string())
    }

    async fn sign_and_send(
        &self,
        key: &TransactionKey,
        pending: &PendingTransaction,
        unsigned: &Unsigned,
        summary: String,
    ) -> Result<Outcome, Stop> {
        // The latest vault: a wallet removed while others were asked must not sign any more.
        let wallets = self.vault.keyring().await?;
        let began = Instant::now();
        let sign = || self.sign(pending, unsigned, &*wallets);
        let assembled = match trace_span!("sign").in_scope(sign) {
            Ok(assembled) => assembled,
            Err(error) => {
                self.plugin.abandon(unsigned, self.node.as_ref()).await;
                return Err(error.into());
            }
        };
        self.observer
            .signed(self.plugin.info().code, began.elapsed());
        reach(Place::Signing);
        self.remember(key, Step::Signed(assembled.clone())).await?;
        reach(Place::Signed);
        self.send(key, pending, unsigned, assembled, Attempt::First, summary)
            .await
    }

    /// Records that the cloud knows of the failure of `id`.
    pub(super) async fn reported(&self, id: &str) {
        let key = self.key(id);
        // What was unreadable is in no journal, and what finds no room is reported once more.
        if let Err(error) = self.journal.advance(&key, Step::Reported).await {
            tracing::debug!(chain = key.chain, transaction = id, %error, "report not recorded");
        }
    }

    fn key(&self, id: &str) -> TransactionKey {
        TransactionKey {
            chain: self.plugin.info().code.to_owned(),
            network: self.network,
            id: id.to_owned(),
        }
    }

    async fn fail(
        &self,
        key: &TransactionKey,
        reason: &str,
        executed: bool,
    ) -> Result<(), JournalError> {
        let reason = reason.to_owned();
        self.remember(key, Step::Failed { reason, executed }).await
    }

    /// Has the journal remember a step.
    async fn remember(&self, key: &TransactionKey, step: Step) -> Result<(), JournalError> {
        let span = trace_span!("journal", step = step.name());
        self.journal.advance(key, step).instrument(span).await
    }

    fn sign(
        &self,
        pending: &PendingTransaction,
        unsigned: &Unsigned,
        lookup: EntryLookup<'_>,
    ) -> Result<Assembled, TransactionError> {
        let requests: Vec<_> = unsigned
            .signers()
            .iter()
            .map(|signer| signer.key_request())
            .collect();
        let keys = wallet::keys(self.plugin, self.network, pending, &requests, lookup)?;
        sign(self.plugin, unsigned, &keys)
    }

    /// Sends the signed bytes. If they may have arrived before, a refusal proves nothing: a network
    /// that has a transaction refuses it the second time.
    async fn send(
        &self,
        key: &TransactionKey,
        pending: &PendingTransaction,
        unsigned: &Unsigned,
        assembled: Assembled,
        attempt: Attempt,
        summary: String,
    ) -> Result<Outcome, Stop> {
        let node = self.node.as_ref();
        let mut submitted = Ok(assembled.clone());
        if attempt == Attempt::First {
            let cosign = self.plugin.cosign(unsigned, assembled.clone(), node);
            submitted = cosign.instrument(trace_span!("cosign")).await;
            if let Ok(completed) = &submitted
                && *completed != assembled
            {
                self.remember(key, Step::Completed(completed.clone()))
                    .await?;
                reach(Place::Completed);
            }
        }
        let transaction_id = match &submitted {
            Ok(completed) => completed.transaction_id.clone(),
            Err(_) => assembled.transaction_id,
        };
        // Whether the chain has executed it, whatever the cloud says of it afterwards.
        let mut executed = false;
        let sent = match submitted {
            Ok(completed) => {
                self.remember(key, Step::Sending).await?;
                reach(Place::Sending);
                let submit = self.plugin.submit(&completed, attempt, node);
                match submit.instrument(trace_span!("submit")).await {
                    Ok(broadcast) => {
                        executed = broadcast.on_chain;
                        reach(Place::Submitted);
                        self.broadcast(pending, &completed, &broadcast)
                            .instrument(trace_span!("broadcast"))
                            .await
                    }
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        };
        reach(Place::Broadcast);
        let first = attempt == Attempt::First;
        match sent {
            Ok(()) => {
                self.remember(key, Step::Done).await?;
                reach(Place::Done);
                Ok(Outcome::Sent {
                    transaction_id,
                    summary,
                })
            }
            Err(error) if error.is_final() || (first && error.is_definite()) => {
                let text = error.report_text(self.plugin.refusal_style());
                let executed = executed || error.is_final();
                self.fail(key, &text, executed).await?;
                // What was executed has given back by itself.
                if !executed {
                    self.plugin.abandon(unsigned, node).await;
                }
                Ok(Outcome::Failed {
                    reason: FailureReason::from(&error),
                    text,
                })
            }
            Err(SubmitError::Expired(error)) => {
                self.remember(key, Step::Expired).await?;
                self.plugin.abandon(unsigned, node).await;
                Ok(Outcome::Postponed {
                    reason: PostponeReason::Expired,
                    why: format!(
                        "transaction {transaction_id} expired without having been executed, it will be prepared and signed anew: {error}"
                    ),
                })
            }
            // Only of bytes that the chain has not executed: otherwise the next attempt would send
            // them as if for the first time, and believe it when they are refused.
            Err(error @ SubmitError::NotSent(_)) if first && !executed => {
                self.remember(key, Step::NotSent).await?;
                Ok(Outcome::Postponed {
                    reason: PostponeReason::NotSent,
                    why: error.to_string(),
                })
            }
            Err(error) => Ok(Outcome::Uncertain(format!(
                "{error}; transaction {transaction_id} is signed and may have arrived, the same bytes will be sent again"
            ))),
        }
    }

    async fn broadcast(
        &self,
        pending: &PendingTransaction,
        assembled: &Assembled,
        broadcast: &Broadcast,
    ) -> Result<(), SubmitError> {
        let info = self.plugin.info();
        let body = match &pending.withdrawal_id {
            Some(withdrawal_id) if info.offchain_withdrawals => BroadcastBody::OffChain {
                currency: info.code,
                signature_id: &pending.id,
                withdrawal_id,
                tx_data: &broadcast.tx_data,
            },
            _ => BroadcastBody::OnChain {
                path: info.broadcast_path,
                signature_id: &pending.id,
                tx_data: &broadcast.tx_data,
            },
        };
        let receipt = self.cloud.broadcast(&body).await?;
        if let Some(id) = receipt.tx_id
            && id != assembled.transaction_id
        {
            tracing::warn!(
                ours = assembled.transaction_id,
                theirs = id,
                "the cloud names another transaction id than ours"
            );
        }
        Ok(())
    }
}

/// Why the work stops before anything was sent.
enum Stop {
    Transaction(TransactionError),
    Journal(JournalError),
    Vault(VaultError),
    Declined(String),
}

impl From<TransactionError> for Stop {
    fn from(error: TransactionError) -> Self {
        Self::Transaction(error)
    }
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}
