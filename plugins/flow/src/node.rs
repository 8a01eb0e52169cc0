//! What is asked of the platform and of an access node.

use kms_core::prelude::{Network, NodeApi, NodeError, NodeRequest};
use serde_json::{Value, json};

use crate::{account::Account, json::at};

const MAINNET: &str = "https://rest-mainnet.onflow.org";
const TESTNET: &str = "https://rest-testnet.onflow.org";
/// Base URLs of access nodes.
pub(crate) const ACCESS_NODES: &[&str] = &[MAINNET, TESTNET];
/// The path of the broadcast call, and of the call that gives a lent key back.
pub(crate) const BROADCAST: &str = "/v3/flow/broadcast";

/// The way to both.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a>(pub(crate) &'a dyn NodeApi);

/// A key of the platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlatformKey {
    pub(crate) account: Account,
    pub(crate) key: u64,
}

/// A finalized block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) id: [u8; 32],
    pub(crate) height: u64,
}

/// Where a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The node does not know it.
    Unknown,
    /// It is on its way.
    Pending,
    /// It was executed, and its block is sealed.
    Sealed,
    /// The same, and it failed: the node's words.
    Failed(String),
    /// It can no longer be executed.
    Expired,
}

impl Node<'_> {
    /// Who pays.
    pub(crate) async fn payer(self) -> Result<PlatformKey, NodeError> {
        self.platform_key("/v3/flow/proposal/true").await
    }

    /// Who proposes. The key is lent from here on, until it is given back.
    pub(crate) async fn lend(self) -> Result<PlatformKey, NodeError> {
        self.platform_key("/v3/flow/proposal/false").await
    }

    async fn platform_key(self, path: &str) -> Result<PlatformKey, NodeError> {
        let answer = self.0.call(NodeRequest::get(path)).await?;
        let account = at(&answer, "/address")
            .as_str()
            .and_then(Account::parse_loose);
        let key = at(&answer, "/keyId").as_u64();
        account
            .zip(key)
            .map(|(account, key)| PlatformKey { account, key })
            .ok_or_else(|| unexpected("no account and key id of the platform"))
    }

    /// Gives the lent key back; `id` is that of the executed transaction, or empty. As in the
    /// original, a failure is not the transaction's.
    pub(crate) async fn give_back(self, key: u64, id: &str) {
        let body = json!({"txData": id, "proposalKey": key});
        if let Err(error) = self.0.call(NodeRequest::post(BROADCAST, body)).await {
            tracing::warn!(chain = "FLOW", key, %error, "the lent proposal key could not be given back");
        }
    }

    /// Has the platform sign a message.
    pub(crate) async fn sign(self, message: &[u8], is_payer: bool) -> Result<[u8; 64], NodeError> {
        let body = json!({"data": hex::encode(message), "isPayer": is_payer});
        let answer = self
            .0
            .call(NodeRequest::post("/v3/flow/sign", body))
            .await?;
        let mut signature = [0; 64];
        let text = at(&answer, "/signature").as_str().unwrap_or_default();
        hex::decode_to_slice(text, &mut signature)
            .map_err(|_| unexpected("no signature of the platform"))?;
        Ok(signature)
    }

    /// The latest finalized block.
    pub(crate) async fn latest_block(self) -> Result<Block, NodeError> {
        let answer = self.get("/v1/blocks?height=final&expand=payload").await?;
        let header = at(&answer, "/0/header");
        let mut id = [0; 32];
        hex::decode_to_slice(at(header, "/id").as_str().unwrap_or_default(), &mut id)
            .map_err(|_| unexpected("no id of a block"))?;
        let height =
            number(at(header, "/height")).ok_or_else(|| unexpected("no height of a block"))?;
        Ok(Block { id, height })
    }

    /// The height of the latest block whose execution is sealed.
    pub(crate) async fn sealed_height(self) -> Result<u64, NodeError> {
        let answer = self.get("/v1/blocks?height=sealed").await?;
        number(at(&answer, "/0/header/height")).ok_or_else(|| unexpected("no height of a block"))
    }

    /// The sequence number of a key, in the latest block.
    pub(crate) async fn sequence_number(self, key: PlatformKey) -> Result<u64, NodeError> {
        self.sequence_number_at("final", key).await
    }

    /// The sequence number of a key in the block of this height. Each transaction that the key
    /// proposes and that is executed, failed or not, adds one to it.
    pub(crate) async fn sequence_number_after(
        self,
        height: u64,
        key: PlatformKey,
    ) -> Result<u64, NodeError> {
        self.sequence_number_at(&height.to_string(), key).await
    }

    async fn sequence_number_at(self, block: &str, key: PlatformKey) -> Result<u64, NodeError> {
        let path = format!(
            "/v1/accounts/{}?block_height={block}&expand=contracts,keys",
            key.account.digits()
        );
        let answer = self.get(&path).await?;
        let mut keys = at(&answer, "/keys").as_array().into_iter().flatten();
        let found = keys.find(|one| number(at(one, "/index")) == Some(key.key));
        found
            .and_then(|one| number(at(one, "/sequence_number")))
            .ok_or_else(|| unexpected("no sequence number of the lent key"))
    }

    /// Sends a transaction; gives the id the node has for it.
    pub(crate) async fn send(self, transaction: Value) -> Result<Option<String>, NodeError> {
        let request = NodeRequest::post("/v1/transactions", transaction).outside(self.base());
        let answer = self.0.call(request).await?;
        Ok(at(&answer, "/id").as_str().map(str::to_owned))
    }

    /// What became of a transaction.
    pub(crate) async fn status(self, id: &str) -> Result<Status, NodeError> {
        let answer = match self.get(&format!("/v1/transaction_results/{id}")).await {
            Ok(answer) => answer,
            Err(NodeError::Status { status: 404, .. }) => return Ok(Status::Unknown),
            Err(error) => return Err(error),
        };
        let said = at(&answer, "/error_message").as_str().unwrap_or_default();
        Ok(match at(&answer, "/status").as_str() {
            Some("Sealed") if said.is_empty() && at(&answer, "/execution") != "Failure" => {
                Status::Sealed
            }
            Some("Sealed") => Status::Failed(said.to_owned()),
            Some("Expired") => Status::Expired,
            Some("Pending" | "Finalized" | "Executed") => Status::Pending,
            Some("Unknown" | "") => Status::Unknown,
            _ => return Err(unexpected("no status of a transaction")),
        })
    }

    async fn get(self, path: &str) -> Result<Value, NodeError> {
        let request = NodeRequest::get(path).outside(self.base());
        self.0.call(request).await
    }

    fn base(self) -> &'static str {
        match self.0.network() {
            Network::Mainnet => MAINNET,
            Network::Testnet => TESTNET,
        }
    }
}

/// Access nodes write numbers as text.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

fn unexpected(what: &str) -> NodeError {
    NodeError::Unexpected(format!("the answer has {what}"))
}
