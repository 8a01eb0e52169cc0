//! Sending, and knowing what became of it: a machine that cannot pay twice.
//!
//! ```text
//! First:   send ──────────────────────────────────────────────┐
//! Repeat:  look it up ─ confirmed ──> executed, or failed     │
//!               │                                             v
//!               ├─ in a block ──────────────────────────> wait until it is confirmed
//!               │                                             ^
//!               └─ unknown ─ height <= last valid ─ send the same bytes
//!                                 │
//!                              passed ─ look it up again ─ still unknown ──> expired
//! ```
//!
//! The same bytes are executed at most once, so they can be sent at any time. Other bytes are
//! signed only after *expired*, which therefore takes a proof and not an impression:
//!
//! 1. the *finalized* chain is higher than the last valid block height: no block that can still
//!    be added takes the bytes;
//! 2. after that, a node which is at least as far does not know the signature, neither in its
//!    recent blocks nor in its history (another node, or one that lags behind, proves nothing);
//! 3. that history reaches back to before the block hash was made: a node forgets old blocks, and
//!    the look-up may come days later.
//!
//! Where the proof is not to be had, the outcome stays unknown and nothing is signed anew.

use std::time::Duration;

use kms_core::prelude::{Assembled, Attempt, Broadcast, NodeApi, NodeError, SubmitError};
use serde_json::Value;

use crate::{
    json::at,
    node::{Node, Seen},
};

/// How often a confirmation is asked for. After the n-th time that it is not there, n seconds
/// pass: 36 in all.
const POLLS: u64 = 9;

/// The most blocks for which a block hash is good (`MAX_PROCESSING_AGE` of the network).
const BLOCKHASH_LIFE: u64 = 150;

/// JSON-RPC: the node tried the transaction and refuses it.
const PREFLIGHT_FAILURE: i64 = -32002;
/// JSON-RPC: what the node never took for a transaction. It is not JSON-RPC, or the method or
/// the parameters are wrong, or a signature is.
const NOT_TAKEN: [i64; 5] = [-32700, -32600, -32601, -32602, -32003];

/// Has the network execute `assembled`.
pub(crate) async fn submit(
    assembled: &Assembled,
    attempt: Attempt,
    node: &dyn NodeApi,
) -> Result<Broadcast, SubmitError> {
    let submission = Submission {
        assembled,
        node: Node(node),
    };
    let next = match attempt {
        Attempt::First => Next::Send,
        Attempt::Repeat => submission.look_up().await?,
    };
    match next {
        Next::Nothing => {}
        Next::Wait => submission.confirm().await?,
        Next::Send => {
            submission.send().await?;
            submission.confirm().await?;
        }
    }
    Ok(Broadcast::executed(assembled.transaction_id.as_str()))
}

/// What remains to be done with bytes that may have arrived.
enum Next {
    Send,
    Wait,
    Nothing,
}

struct Submission<'a> {
    assembled: &'a Assembled,
    node: Node<'a>,
}

impl Submission<'_> {
    fn id(&self) -> &str {
        &self.assembled.transaction_id
    }

    /// What became of the bytes that may have arrived.
    async fn look_up(&self) -> Result<Next, SubmitError> {
        if let Some(next) = self.status(0).await? {
            return Ok(next);
        }
        let Some(last_valid) = self.assembled.expiry else {
            return Err(self.unproven("it is not recorded until when it is good"));
        };
        let finalized = self.node.finalized().await.map_err(SubmitError::Unknown)?;
        if finalized.block_height <= last_valid {
            return Ok(Next::Send);
        }
        if let Some(next) = self.status(finalized.slot).await? {
            return Ok(next);
        }
        let oldest = self.node.oldest_block_height().await;
        if oldest.map_err(SubmitError::Unknown)? > last_valid.saturating_sub(BLOCKHASH_LIFE) {
            return Err(self.unproven(
                "it is good no more, and the history of the node does not go back to its time",
            ));
        }
        Err(SubmitError::Expired(NodeError::Unexpected(format!(
            "the chain is at block height {}, the transaction was good until {last_valid}",
            finalized.block_height
        ))))
    }

    /// What the network knows of the signature; nothing when it is unknown to a node that has
    /// come to `slot`.
    async fn status(&self, slot: u64) -> Result<Option<Next>, SubmitError> {
        let status = self.node.signature_status(self.id()).await;
        let status = status.map_err(SubmitError::Unknown)?;
        match status.seen {
            Seen::Executed => Ok(Some(Next::Nothing)),
            Seen::Processed => Ok(Some(Next::Wait)),
            Seen::Failed(error) => Err(self.reverted(&error)),
            Seen::Never if status.slot < slot => {
                Err(self.unproven("the node that was asked is behind the others"))
            }
            Seen::Never => Ok(None),
        }
    }

    async fn send(&self) -> Result<(), SubmitError> {
        let error = match self.node.send_transaction(&self.assembled.tx_data).await {
            Ok(id) => {
                if id != self.id() {
                    tracing::warn!(
                        ours = self.id(),
                        theirs = %id,
                        "the node names another transaction id than ours"
                    );
                }
                return Ok(());
            }
            Err(error) => json_rpc_error(error),
        };
        let NodeError::Rpc { code, message } = &error else {
            return Err(match &error {
                NodeError::Status { status: 429, .. } => SubmitError::NotSent(error),
                _ => SubmitError::from_node(error),
            });
        };
        match code {
            Some(PREFLIGHT_FAILURE) if message.contains("already been processed") => Ok(()),
            // The node is behind the one that gave the block hash.
            Some(PREFLIGHT_FAILURE) if message.contains("Blockhash not found") => {
                Err(SubmitError::Unknown(error))
            }
            Some(PREFLIGHT_FAILURE) => Err(SubmitError::Rejected(error)),
            Some(code) if NOT_TAKEN.contains(code) => Err(SubmitError::Rejected(error)),
            _ => Err(SubmitError::Unknown(error)),
        }
    }

    /// Waits until the network has executed it.
    async fn confirm(&self) -> Result<(), SubmitError> {
        let mut trouble = None;
        for poll in 1..=POLLS {
            match self.node.transaction(self.id()).await {
                Ok(Seen::Executed) => return Ok(()),
                Ok(Seen::Failed(error)) => return Err(self.reverted(&error)),
                Ok(Seen::Never | Seen::Processed) => trouble = None,
                // It has been sent: a node that does not answer is asked again.
                Err(error) => trouble = Some(error),
            }
            if poll < POLLS {
                tokio::time::sleep(Duration::from_secs(poll)).await;
            }
        }
        Err(match trouble {
            Some(error) => SubmitError::Unknown(error),
            None => self.unproven("it has been sent, and is not confirmed yet"),
        })
    }

    fn reverted(&self, error: &Value) -> SubmitError {
        SubmitError::Reverted(NodeError::Unexpected(format!(
            "transaction {}: {error}",
            self.id()
        )))
    }

    fn unproven(&self, why: &str) -> SubmitError {
        SubmitError::Unknown(NodeError::Unexpected(format!(
            "transaction {}: {why}",
            self.id()
        )))
    }
}

/// Some nodes answer a JSON-RPC error with an HTTP status that is one too.
fn json_rpc_error(error: NodeError) -> NodeError {
    if let NodeError::Status { body, .. } = &error
        && let (Some(code), Some(message)) = (
            at(body, "/error/code").as_i64(),
            at(body, "/error/message").as_str(),
        )
    {
        return NodeError::Rpc {
            code: Some(code),
            message: message.to_owned(),
        };
    }
    error
}
