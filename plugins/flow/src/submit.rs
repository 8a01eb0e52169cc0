//! The platform's signatures, the access node, and giving the lent key back.
//!
//! ```text
//! First:   send ─────────────────────────────────────────┐
//! Repeat:  look it up ─ sealed ──> executed, or failed   │
//!               │                                        v
//!               ├─ on its way ──────────────────> wait until it is sealed
//!               └─ unknown ─ block height <= reference block + 600 ─ send the same bytes
//!                                 └─ passed ─ look it up again ─ still unknown ──> expired
//! ```

use std::time::Duration;

use kms_core::prelude::{Assembled, Attempt, Broadcast, NodeApi, NodeError, SubmitError};

use crate::{
    frozen::Frozen,
    node::{Node, Status},
    signed::{Signed, authorizer_signature, for_access_node},
    transaction::KeySignature,
};

/// How often a seal is asked for. After the n-th time that it is not there, n seconds pass, five
/// at most: 63 in all.
const POLLS: u64 = 16;
const LONGEST_PAUSE: u64 = 5;

/// Adds the signatures of proposer and payer.
pub(crate) async fn cosign(
    frozen: &Frozen,
    assembled: Assembled,
    node: &dyn NodeApi,
) -> Result<Assembled, SubmitError> {
    let mut signed = Signed::parse(&assembled)?;
    if signed.transaction.is_some() {
        return Ok(assembled);
    }
    let unreadable = || {
        SubmitError::Unknown(NodeError::Unexpected(
            "the signed transaction holds no signature".to_owned(),
        ))
    };
    let mut own = [0; 64];
    hex::decode_to_slice(&signed.authorizer_signature, &mut own).map_err(|_| unreadable())?;
    let own = authorizer_signature(frozen, own).ok_or_else(unreadable)?;
    let node = Node(node);
    let payload = &frozen.payload;

    let message = payload.message();
    let proposer = KeySignature {
        account: payload.proposer,
        key: payload.proposer_key,
        signature: node.sign(&message, false).await.map_err(not_signed)?,
    };
    let payload_signatures = [proposer, own];
    let message = payload.envelope_message(&payload_signatures);
    let payer = KeySignature {
        account: payload.payer,
        key: frozen.payer_key,
        signature: node.sign(&message, true).await.map_err(not_signed)?,
    };
    let envelope_signatures = [payer];

    let id = hex::encode(payload.id(&payload_signatures, &envelope_signatures));
    signed.transaction = Some(for_access_node(
        frozen,
        &payload_signatures,
        &envelope_signatures,
    ));
    Ok(Assembled::new(signed.to_text(), id).with_expiry(frozen.expiry()))
}

/// Nothing has left yet, so a refusal is definite and everything else harmless.
fn not_signed(error: NodeError) -> SubmitError {
    match &error {
        NodeError::Status { .. } if !error.is_transient() => SubmitError::Rejected(error),
        _ => SubmitError::NotSent(error),
    }
}

/// Has the network execute the transaction, and gives the lent key back.
pub(crate) async fn submit(
    assembled: &Assembled,
    attempt: Attempt,
    node: &dyn NodeApi,
) -> Result<Broadcast, SubmitError> {
    let signed = Signed::parse(assembled)?;
    let submission = Submission {
        assembled,
        signed: &signed,
        node: Node(node),
    };
    let outcome = submission.run(attempt).await;
    if matches!(outcome, Ok(()) | Err(SubmitError::Reverted(_))) {
        let node = submission.node;
        node.give_back(signed.proposal_key, &assembled.transaction_id)
            .await;
    }
    outcome.map(|()| Broadcast::executed(assembled.transaction_id.as_str()))
}

struct Submission<'a> {
    assembled: &'a Assembled,
    signed: &'a Signed,
    node: Node<'a>,
}

impl Submission<'_> {
    async fn run(&self, attempt: Attempt) -> Result<(), SubmitError> {
        let known = match attempt {
            Attempt::First => Status::Unknown,
            Attempt::Repeat => self.look_up().await?,
        };
        match known {
            Status::Sealed => return Ok(()),
            Status::Failed(said) => return Err(self.reverted(&said)),
            Status::Expired => return Err(self.expired("the access node says so")),
            Status::Pending => {}
            Status::Unknown => self.send(attempt).await?,
        }
        self.wait().await
    }

    /// Where it stands, with a proof where it can stand nowhere any more.
    async fn look_up(&self) -> Result<Status, SubmitError> {
        let ask = || async {
            let status = self.node.status(&self.assembled.transaction_id).await;
            status.map_err(SubmitError::Unknown)
        };
        let status = ask().await?;
        if status != Status::Unknown {
            return Ok(status);
        }
        let Some(expiry) = self.assembled.expiry else {
            return Ok(status);
        };
        let latest = self.node.latest_block().await;
        let height = latest.map_err(SubmitError::Unknown)?.height;
        if height <= expiry {
            return Ok(status);
        }
        // It may have come into one of the last blocks that could take it.
        match ask().await? {
            Status::Unknown => Err(self.expired(&format!(
                "the chain is at height {height}, it was good until {expiry}"
            ))),
            known => Ok(known),
        }
    }

    async fn send(&self, attempt: Attempt) -> Result<(), SubmitError> {
        let Some(transaction) = self.signed.transaction.clone() else {
            return Err(SubmitError::NotSent(NodeError::Unexpected(
                "the platform has not signed yet".to_owned(),
            )));
        };
        match self.node.send(transaction).await {
            Ok(id) => {
                if id.is_some_and(|id| id != self.assembled.transaction_id) {
                    tracing::warn!(
                        chain = "FLOW",
                        ours = self.assembled.transaction_id,
                        "the access node names another transaction id than ours"
                    );
                }
                Ok(())
            }
            // A node refuses what it has.
            Err(error) if attempt == Attempt::Repeat => Err(SubmitError::Unknown(error)),
            Err(error) => Err(SubmitError::from_node(error)),
        }
    }

    async fn wait(&self) -> Result<(), SubmitError> {
        let mut trouble = None;
        for poll in 1..=POLLS {
            match self.node.status(&self.assembled.transaction_id).await {
                Ok(Status::Sealed) => return Ok(()),
                Ok(Status::Failed(said)) => return Err(self.reverted(&said)),
                Ok(Status::Expired) => return Err(self.expired("the access node says so")),
                Ok(Status::Pending | Status::Unknown) => trouble = None,
                // It has been sent: a node that does not answer is asked again.
                Err(error) => trouble = Some(error),
            }
            if poll < POLLS {
                tokio::time::sleep(Duration::from_secs(poll.min(LONGEST_PAUSE))).await;
            }
        }
        Err(SubmitError::Unknown(trouble.unwrap_or_else(|| {
            NodeError::Unexpected(format!(
                "transaction {}: it has been sent, and is not sealed yet",
                self.assembled.transaction_id
            ))
        })))
    }

    fn reverted(&self, said: &str) -> SubmitError {
        SubmitError::Reverted(NodeError::Unexpected(format!(
            "transaction {}: {said}",
            self.assembled.transaction_id
        )))
    }

    fn expired(&self, why: &str) -> SubmitError {
        SubmitError::Expired(NodeError::Unexpected(format!(
            "transaction {}: {why}",
            self.assembled.transaction_id
        )))
    }
}
