//! The calls of the cloud's Rosetta node that build a transaction (Rosetta Construction API).

use kms_core::prelude::{Network, NodeApi, NodeAuth, NodeError, NodeRequest, TransactionError};
use serde_json::{
    Map, Value, json,
    value::{RawValue, to_raw_value},
};

/// For how many slots, of a second each, the node is to make a transaction valid.
const RELATIVE_TTL: u64 = 1000;

/// What the node made of the operations. Not to be believed before it is checked.
pub(crate) struct Payloads {
    /// The envelope of the body.
    pub(crate) unsigned_transaction: String,
    /// What it wants to have signed, by whom.
    pub(crate) payloads: Vec<Box<RawValue>>,
}

/// Has the node turn operations into a transaction.
pub(crate) async fn payloads(
    node: &dyn NodeApi,
    operations: &Value,
) -> Result<Payloads, NodeError> {
    let preprocess = json!({
        "operations": operations,
        "metadata": {"relative_ttl": RELATIVE_TTL},
    });
    let options = call(node, "construction/preprocess", preprocess).await?;
    let metadata = call(node, "construction/metadata", Value::Object(options)).await?;
    let mut payloads = Map::new();
    payloads.insert("operations".to_owned(), operations.clone());
    for (name, value) in metadata {
        payloads.entry(name).or_insert(value);
    }
    let mut answer = call(node, "construction/payloads", Value::Object(payloads)).await?;
    let lacks =
        |what: &str| NodeError::Unexpected(format!("the node's answer to payloads has no {what}"));
    let Some(Value::String(unsigned_transaction)) = answer.remove("unsigned_transaction") else {
        return Err(lacks("unsigned_transaction"));
    };
    let Some(Value::Array(payloads)) = answer.remove("payloads") else {
        return Err(lacks("payloads"));
    };
    let written = payloads.iter().map(to_raw_value).collect::<Result<_, _>>();
    Ok(Payloads {
        unsigned_transaction,
        payloads: written.map_err(|error| NodeError::Unexpected(error.to_string()))?,
    })
}

/// Has the node put signatures into the transaction: gives the envelope of the signed one, or
/// nothing when there is none in the answer.
pub(crate) async fn combine(
    node: &dyn NodeApi,
    unsigned_transaction: &str,
    signatures: &[Value],
) -> Result<Option<String>, NodeError> {
    let body = json!({
        "unsigned_transaction": unsigned_transaction,
        "signatures": signatures,
    });
    let mut answer = call(node, "construction/combine", body).await?;
    match answer.remove("signed_transaction") {
        Some(Value::String(signed)) => Ok(Some(signed)),
        _ => Ok(None),
    }
}

/// A call of the Rosetta API. Every body begins with the network that is meant; the API key is
/// part of the path, where `{apiKey}` stands for it.
pub(crate) async fn call(
    node: &dyn NodeApi,
    step: &str,
    body: Value,
) -> Result<Map<String, Value>, NodeError> {
    let network = match node.network() {
        Network::Mainnet => "mainnet",
        Network::Testnet => "preprod",
    };
    let mut members = Map::new();
    let identifier = json!({"blockchain": "cardano", "network": network});
    members.insert("network_identifier".to_owned(), identifier);
    if let Value::Object(body) = body {
        for (name, value) in body {
            members.entry(name).or_insert(value);
        }
    }
    let path = format!("/v3/blockchain/node/cardano-{network}/{{apiKey}}/{step}");
    let request = NodeRequest::post(path, Value::Object(members));
    match node
        .call(request.with_auth(NodeAuth::HeaderAndPath))
        .await?
    {
        Value::Object(answer) => Ok(answer),
        _ => Err(NodeError::Unexpected(format!(
            "the node's answer to {step} is no object"
        ))),
    }
}

/// Whether the node has decided: asking again would give the same answer. Rosetta answers every
/// error with status 500 and says in the body which ones are worth another try.
pub(crate) fn is_decided(error: &NodeError) -> bool {
    match error {
        NodeError::Status { status: 500, body } => body["retriable"] == Value::Bool(false),
        NodeError::Status { .. } => !error.is_transient(),
        _ => false,
    }
}

/// The error of a call before the signature, whose words in the batch report are part of the
/// protocol.
pub(crate) fn refusal(error: NodeError) -> TransactionError {
    match &error {
        NodeError::Status { body, .. } if is_decided(&error) => {
            TransactionError::Verbatim(format!("ApiError: {body}"))
        }
        _ => TransactionError::Node(error),
    }
}
