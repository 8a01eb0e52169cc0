//! The platform's signatures, the access node, and giving the lent key back.
//!
//! ```text
//! First:   send ─────────────────────────────────────────┐
//! Repeat:  look it up ─ sealed ──> executed, or failed   │
//!               │                                        v
//!               ├─ on its way ──────────────────> wait until it is sealed
//!               └─ unknown ─ sealed height <= reference block + 600 ─ send the same bytes
//!                                 └─ passed ─ look it up again ─ still unknown ─ prove it ──> expired
//! ```
//!
//! Other bytes are signed only after *expired*. That a node does not know the transaction is no
//! proof: it forgets, at each upgrade of the network for instance, or lags behind. The proof is
//! the sequence number of the lent key, which is part of the state of the chain: when it is still
//! ours in a sealed block that came too late to take the bytes, they were never executed.

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
            Status::Expired => return Err(self.prove_expired().await),
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
        let height = self.node.sealed_height().await;
        if height.map_err(SubmitError::Unknown)? <= expiry {
            return Ok(status);
        }
        // It may have come into one of the last blocks that could take it.
        match ask().await? {
            Status::Unknown => Err(self.prove_expired().await),
            known => Ok(known),
        }
    }

    /// [`SubmitError::Expired`] if it was not executed and never will be, else
    /// [`SubmitError::Unknown`].
    async fn prove_expired(&self) -> SubmitError {
        let unproven = |why: &str| {
            SubmitError::Unknown(NodeError::Unexpected(format!(
                "transaction {}: {why}",
                self.assembled.transaction_id
            )))
        };
        let lent = self.signed.lent_key();
        let Some((expiry, (lent, sequence_number))) = self.assembled.expiry.zip(lent) else {
            return unproven("it is not recorded until when it is good, or who proposed it");
        };
        let height = match self.node.sealed_height().await {
            Ok(height) => height,
            Err(error) => return SubmitError::Unknown(error),
        };
        if height <= expiry {
            return unproven("it is said to be expired, which is not sealed yet");
        }
        match self.node.sequence_number_after(height, lent).await {
            Ok(number) if number == sequence_number => self.expired(height, expiry),
            Ok(_) => unproven(
                "the access node does not know it, but the lent key has been used: it may have been executed",
            ),
            Err(error) => SubmitError::Unknown(error),
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
            Err(error) => Err(self.refused(SubmitError::from_node(error)).await),
        }
    }

    /// What a refusal means of bytes that never left before: where they are too old, others may
    /// be signed in their place.
    async fn refused(&self, refusal: SubmitError) -> SubmitError {
        if let (SubmitError::Rejected(_), Some(expiry)) = (&refusal, self.assembled.expiry)
            && let Ok(latest) = self.node.latest_block().await
            && latest.height > expiry
        {
            return self.expired(latest.height, expiry);
        }
        refusal
    }

    async fn wait(&self) -> Result<(), SubmitError> {
        let mut trouble = None;
        for poll in 1..=POLLS {
            match self.node.status(&self.assembled.transaction_id).await {
                Ok(Status::Sealed) => return Ok(()),
                Ok(Status::Failed(said)) => return Err(self.reverted(&said)),
                Ok(Status::Expired) => return Err(self.prove_expired().await),
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

    fn expired(&self, height: u64, expiry: u64) -> SubmitError {
        SubmitError::Expired(NodeError::Unexpected(format!(
            "transaction {}: the chain is at height {height}, it was good until {expiry}",
            self.assembled.transaction_id
        )))
    }
}
