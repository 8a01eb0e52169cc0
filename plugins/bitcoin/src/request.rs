//! `serializedTransaction`: a complete unsigned transaction as JSON.

use std::collections::HashSet;

use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    absolute::LockTime, transaction::Version,
};
use kms_core::chain::TransactionError;
use serde::Deserialize;
use thiserror::Error;

use crate::{
    input_type::InputType,
    unsigned::{Spending, SpendingError},
};

/// Reads the transaction, with the coins it spends.
///
/// # Errors
/// [`RequestError`].
pub(crate) fn parse(text: &str, allowed: &[InputType]) -> Result<Spending, RequestError> {
    let wire: Wire = serde_json::from_str(text).map_err(|error| RequestError::Json {
        line: error.line(),
        column: error.column(),
        reason: reason(&error),
    })?;
    let mut coins = Vec::with_capacity(wire.inputs.len());
    let mut input = Vec::with_capacity(wire.inputs.len());
    let mut seen = HashSet::with_capacity(wire.inputs.len());
    for (index, wire) in wire.inputs.into_iter().enumerate() {
        let outpoint = OutPoint::new(wire.prev_tx_id, wire.output_index);
        if !seen.insert(outpoint) {
            return Err(RequestError::SpentTwice(outpoint));
        }
        let coin = wire.output.ok_or(RequestError::UnknownCoin { index })?;
        let kind = InputType::of(&coin.script);
        if !kind.is_some_and(|kind| allowed.contains(&kind)) {
            return Err(RequestError::UnsupportedInput {
                index,
                script: hex::encode(coin.script.as_bytes()),
            });
        }
        coins.push(coin.into());
        input.push(TxIn {
            previous_output: outpoint,
            script_sig: wire.script,
            sequence: wire.sequence_number.map_or(Sequence::MAX, Sequence),
            witness: Witness::new(),
        });
    }
    let mut transaction = Transaction {
        version: Version(wire.version),
        lock_time: LockTime::from_consensus(wire.n_lock_time),
        input,
        output: wire.outputs.into_iter().map(TxOut::from).collect(),
    };
    if let Some(declared) = wire.hash {
        let txid = transaction.compute_txid();
        if declared != txid {
            return Err(RequestError::Hash { declared, txid });
        }
    }
    // Every input will be signed by us or the transaction refused, so nothing stays of them.
    for input in &mut transaction.input {
        input.script_sig = ScriptBuf::new();
    }
    Ok(Spending::new(transaction, coins)?)
}

/// Why `serializedTransaction` is not signed.
#[derive(Debug, Error)]
pub(crate) enum RequestError {
    /// No JSON, or a member is missing or of another type. Amounts are whole numbers.
    #[error("line {line}, column {column}: {reason}")]
    Json {
        line: usize,
        column: usize,
        reason: String,
    },
    /// An input does not say what it spends.
    #[error("input {index} has no output: not all coins that are spent are known")]
    UnknownCoin { index: usize },
    /// The coin is of a kind that no key of this chain spends alone.
    #[error("unsupported script type of input {index}: {script}")]
    UnsupportedInput { index: usize, script: String },
    /// Two inputs name the same coin.
    #[error("the coin {0} is spent twice")]
    SpentTwice(OutPoint),
    /// The transaction is not the one that the cloud says it is.
    #[error("hash is {declared}, but this is the transaction {txid}")]
    Hash { declared: Txid, txid: Txid },
    /// What it spends and what it pays do not go together.
    #[error(transparent)]
    Spending(#[from] SpendingError),
}

impl From<RequestError> for TransactionError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Json { .. } => Self::Malformed(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}

/// The parser's message without its position, which stands in the error already.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "optional_txid")]
    hash: Option<Txid>,
    version: i32,
    n_lock_time: u32,
    inputs: Vec<WireInput>,
    outputs: Vec<WireOutput>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireInput {
    #[serde(deserialize_with = "txid")]
    prev_tx_id: Txid,
    output_index: u32,
    sequence_number: Option<u32>,
    #[serde(default, deserialize_with = "script")]
    script: ScriptBuf,
    output: Option<WireOutput>,
}

#[derive(Deserialize)]
struct WireOutput {
    satoshis: u64,
    #[serde(deserialize_with = "script")]
    script: ScriptBuf,
}

impl From<WireOutput> for TxOut {
    fn from(wire: WireOutput) -> Self {
        Self {
            value: Amount::from_sat(wire.satoshis),
            script_pubkey: wire.script,
        }
    }
}

fn txid<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Txid, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| serde::de::Error::custom("a transaction id is 64 hexadecimal digits"))
}

/// An empty text says as little as none.
fn optional_txid<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Txid>, D::Error> {
    match Option::<std::borrow::Cow<'_, str>>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            serde::de::Error::custom("hash is a transaction id, 64 hexadecimal digits")
        }),
    }
}

fn script<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ScriptBuf, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    hex::decode(text.as_ref())
        .map(ScriptBuf::from_bytes)
        .map_err(|_| serde::de::Error::custom("a script is written in hexadecimal digits"))
}
