//! The questions to a MultiversX node behind the cloud, and its answers, read strictly.

use kms_core::chain::{NodeApi, NodeAuth, NodeError, NodeRequest};
use serde_json::Value;

use crate::{
    account::Account,
    transaction::{ChainId, Transaction},
};

/// What a unit of gas costs where the network does not say, in units of 10^-18 EGLD.
const USUAL_GAS_PRICE: u64 = 1_000_000_000;

/// What is true of the network, and goes into every transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkConfig {
    pub(crate) chain_id: ChainId,
    /// In units of 10^-18 EGLD.
    pub(crate) gas_price: u64,
    pub(crate) version: u32,
}

/// Asks for the network's configuration.
pub(crate) async fn network_config(node: &dyn NodeApi) -> Result<NetworkConfig, NodeError> {
    let answer = get(node, "network/config").await?;
    let config = |name: &str| answer.pointer("/data/config")?.get(name);
    let chain_id = config("erd_chain_id").and_then(Value::as_str);
    let chain_id = chain_id.ok_or_else(|| unexpected("a chain id"))?;
    let version = config("erd_min_transaction_version").and_then(Value::as_u64);
    let gas_price = match config("erd_min_gas_price") {
        None | Some(Value::Null) => 0,
        Some(price) => price.as_u64().ok_or_else(|| unexpected("a gas price"))?,
    };
    Ok(NetworkConfig {
        chain_id: ChainId::parse(chain_id).ok_or_else(|| {
            let id: String = chain_id.chars().take(40).collect();
            NodeError::Unexpected(format!("the node is of an unknown network, {id:?}"))
        })?,
        gas_price: if gas_price == 0 {
            USUAL_GAS_PRICE
        } else {
            gas_price
        },
        version: version
            .and_then(|version| u32::try_from(version).ok())
            .filter(|version| *version > 0)
            .ok_or_else(|| unexpected("a transaction version"))?,
    })
}

/// Asks for the nonce of the account's next transaction.
pub(crate) async fn nonce(node: &dyn NodeApi, account: Account) -> Result<u64, NodeError> {
    let answer = get(node, &format!("address/{account}/nonce")).await?;
    answer
        .pointer("/data/nonce")
        .and_then(Value::as_u64)
        .ok_or_else(|| unexpected("a nonce"))
}

/// Asks how much gas the transaction needs; its own gas limit is not shown.
pub(crate) async fn gas_limit(
    node: &dyn NodeApi,
    transaction: &Transaction,
) -> Result<u64, NodeError> {
    let request = NodeRequest::post(path("transaction/cost"), transaction.without_gas());
    let answer = node.call(request.with_auth(NodeAuth::InPath)).await?;
    let gas = answer.pointer("/data/txGasUnits").and_then(Value::as_u64);
    gas.filter(|gas| *gas > 0).ok_or_else(|| {
        let reason = answer.pointer("/data/returnMessage");
        let reason = reason.and_then(Value::as_str).unwrap_or_default();
        NodeError::Unexpected(match reason {
            "" => "egld.gasLimit.error".to_owned(),
            reason => reason.chars().take(1000).collect(),
        })
    })
}

async fn get(node: &dyn NodeApi, what: &str) -> Result<Value, NodeError> {
    node.call(NodeRequest::get(path(what)).with_auth(NodeAuth::InPath))
        .await
}

fn path(what: &str) -> String {
    format!("/v3/egld/node/{{apiKey}}/{what}")
}

fn unexpected(what: &str) -> NodeError {
    NodeError::Unexpected(format!("the node's answer does not say {what}"))
}
