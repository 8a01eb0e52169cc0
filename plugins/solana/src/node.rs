//! What a Solana node is asked (JSON-RPC), and what its answers say.

use kms_core::prelude::{NodeApi, NodeError};
use serde_json::{Value, json};

use crate::{json::at, pubkey::Pubkey};

const PATH: &str = "/v3/blockchain/node/SOL/{apiKey}";

/// A Solana node behind the cloud.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a>(pub(crate) &'a dyn NodeApi);

/// A block hash, and how long it is good for.
pub(crate) struct LatestBlockhash {
    pub(crate) blockhash: [u8; 32],
    pub(crate) last_valid_block_height: u64,
}

/// How far the finalized chain is: one look, so both belong to the same block.
#[derive(Clone, Copy)]
pub(crate) struct Finalized {
    pub(crate) slot: u64,
    pub(crate) block_height: u64,
}

/// What a node knows of a transaction.
pub(crate) struct Status {
    /// How far the node was when it looked.
    pub(crate) slot: u64,
    pub(crate) seen: Seen,
}

/// Where a transaction stands.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    /// The node does not know it.
    Never,
    /// It is in a block that may yet be dropped.
    Processed,
    /// It is in a block that most of the stake has confirmed, and was executed.
    Executed,
    /// The same, and it failed: the node's words.
    Failed(Value),
}

impl Node<'_> {
    pub(crate) async fn latest_blockhash(self) -> Result<LatestBlockhash, NodeError> {
        let method = "getLatestBlockhash";
        let answer = self
            .ask(method, json!([{"commitment": "finalized"}]))
            .await?;
        let blockhash = at(&answer, "/value/blockhash").as_str();
        let blockhash = blockhash.and_then(Pubkey::parse);
        Ok(LatestBlockhash {
            blockhash: blockhash.ok_or_else(|| unexpected(method))?.0,
            last_valid_block_height: number(method, at(&answer, "/value/lastValidBlockHeight"))?,
        })
    }

    /// Sends signed bytes; gives what the node says of them.
    pub(crate) async fn send_transaction(self, wire: &str) -> Result<Value, NodeError> {
        let options = json!({"encoding": "base64", "preflightCommitment": "confirmed"});
        self.ask("sendTransaction", json!([wire, options])).await
    }

    /// Whether the transaction is confirmed: never [`Seen::Processed`].
    pub(crate) async fn transaction(self, id: &str) -> Result<Seen, NodeError> {
        let answer = self
            .ask("getTransaction", json!([id, {"commitment": "confirmed"}]))
            .await?;
        Ok(match answer.pointer("/meta/err") {
            None => Seen::Never,
            Some(Value::Null) => Seen::Executed,
            Some(error) => Seen::Failed(error.clone()),
        })
    }

    /// The status of the transaction, in all of the node's history.
    pub(crate) async fn signature_status(self, id: &str) -> Result<Status, NodeError> {
        let method = "getSignatureStatuses";
        let params = json!([[id], {"searchTransactionHistory": true}]);
        let answer = self.ask(method, params).await?;
        let seen = match at(&answer, "/value").as_array().map(Vec::as_slice) {
            Some([Value::Null]) => Seen::Never,
            Some([status @ Value::Object(_)]) => {
                let level = at(status, "/confirmationStatus").as_str();
                match (level, at(status, "/err")) {
                    (Some("confirmed" | "finalized"), Value::Null) => Seen::Executed,
                    (Some("confirmed" | "finalized"), error) => Seen::Failed(error.clone()),
                    // Nothing that is not confirmed is believed, a failure least of all: in
                    // another block the same bytes may succeed.
                    _ => Seen::Processed,
                }
            }
            _ => return Err(unexpected(method)),
        };
        let slot = number(method, at(&answer, "/context/slot"))?;
        Ok(Status { slot, seen })
    }

    pub(crate) async fn finalized(self) -> Result<Finalized, NodeError> {
        let method = "getEpochInfo";
        let answer = self
            .ask(method, json!([{"commitment": "finalized"}]))
            .await?;
        Ok(Finalized {
            slot: number(method, at(&answer, "/absoluteSlot"))?,
            block_height: number(method, at(&answer, "/blockHeight"))?,
        })
    }

    /// The height of the oldest block in the node's history.
    pub(crate) async fn oldest_block_height(self) -> Result<u64, NodeError> {
        let method = "getFirstAvailableBlock";
        let slot = number(method, &self.ask(method, json!([])).await?)?;
        if slot == 0 {
            return Ok(0);
        }
        let method = "getBlock";
        let options = json!({
            "commitment": "finalized",
            "transactionDetails": "none",
            "rewards": false,
            "maxSupportedTransactionVersion": 0,
        });
        let block = self.ask(method, json!([slot, options])).await?;
        number(method, at(&block, "/blockHeight"))
    }

    async fn ask(self, method: &'static str, params: Value) -> Result<Value, NodeError> {
        self.0.json_rpc(PATH, method, params).await
    }
}

fn number(method: &str, value: &Value) -> Result<u64, NodeError> {
    value.as_u64().ok_or_else(|| unexpected(method))
}

fn unexpected(method: &str) -> NodeError {
    NodeError::Unexpected(format!(
        "the answer to {method} does not say what it should"
    ))
}
