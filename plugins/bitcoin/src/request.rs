//! `serializedTransaction`: a complete unsigned transaction as JSON.

use std::collections::HashSet;

use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    absolute::LockTime, transaction::Version,
};
use kms_core::chain::TransactionError;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::{
    input_type::InputType,
    unsigned::{Spending, SpendingError},
};

/// A request, read.
#[derive(Debug)]
pub(crate) struct Request {
    /// The transaction, with the coins it spends.
    pub(crate) spending: Spending,
    /// The `fee` member. What it should be, only the checks of some chains want to know.
    pub(crate) declared_fee: Option<Value>,
    /// The `changeScript` member, in the notation of the library that wrote it.
    pub(crate) change_script: Option<Value>,
}

/// Reads the request.
///
/// # Errors
/// [`RequestError`].
pub(crate) fn parse(text: &str, allowed: &[InputType]) -> Result<Request, RequestError> {
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
    Ok(Request {
        spending: Spending::new(transaction, coins)?,
        declared_fee: wire.fee,
        change_script: wire.change_script,
    })
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
    fee: Option<Value>,
    change_script: Option<Value>,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::testing::{HASH, STRANGER, run, spend};

    fn one_coin() -> Value {
        spend(&[(100_000, &format!("0014{HASH}"))], &[(99_000, STRANGER)])
    }

    fn refusal(transaction: &Value) -> String {
        run(&transaction.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn a_missing_sequence_number_is_final() {
        let mut transaction = one_coin();
        let with = run(&transaction.to_string()).unwrap().assembled;
        let input = transaction["inputs"][0].as_object_mut().unwrap();
        input.remove("sequenceNumber");
        assert_eq!(run(&transaction.to_string()).unwrap().assembled, with);
    }

    #[test]
    fn a_hash_is_compared_with_the_transaction() {
        let mut transaction = one_coin();
        transaction["hash"] = json!("");
        assert!(run(&transaction.to_string()).is_ok());
        transaction["hash"] = json!("00".repeat(32));
        let refusal = refusal(&transaction);
        assert!(refusal.starts_with("refused: hash is 0000"), "{refusal}");
        let txid = refusal.rsplit(' ').next().unwrap();
        transaction["hash"] = json!(txid);
        assert!(run(&transaction.to_string()).is_ok());
        transaction["hash"] = json!(txid.to_uppercase());
        assert!(run(&transaction.to_string()).is_ok());
    }

    #[test]
    fn a_script_that_is_there_already_counts_for_the_hash_and_is_replaced() {
        let mut transaction = spend(
            &[(100_000, &format!("76a914{HASH}88ac"))],
            &[(99_000, STRANGER)],
        );
        let expected = run(&transaction.to_string()).unwrap().assembled;
        transaction["inputs"][0]["script"] = json!("51");
        assert_eq!(run(&transaction.to_string()).unwrap().assembled, expected);
        transaction["hash"] = json!("00".repeat(32));
        let with = refusal(&transaction);
        transaction["inputs"][0]["script"] = json!("");
        assert_ne!(refusal(&transaction), with);
    }

    #[test]
    fn amounts_are_whole_numbers() {
        for amount in [json!(99000.0), json!("99000"), json!(-1), json!(1e30)] {
            let mut transaction = one_coin();
            transaction["outputs"][0]["satoshis"] = amount.clone();
            assert!(
                matches!(
                    run(&transaction.to_string()),
                    Err(TransactionError::Malformed(_))
                ),
                "{amount}"
            );
        }
    }

    #[test]
    fn large_amounts_are_exact() {
        let sat = (1 << 53) - 1;
        let transaction = spend(&[(sat, &format!("0014{HASH}"))], &[(sat - 1000, STRANGER)]);
        let done = run(&transaction.to_string()).unwrap();
        assert!(
            done.summary.contains("90071992.5473999"),
            "{}",
            done.summary
        );
    }

    #[test]
    fn what_cannot_be_signed_is_refused_with_its_reason() {
        let coin = format!("0014{HASH}");
        let p2wsh = format!("0020{}", "ab".repeat(32));
        let mut twice = spend(&[(9_000, &coin), (9_000, &coin)], &[(9_000, STRANGER)]);
        twice["inputs"][1]["outputIndex"] = json!(0);
        let mut unknown = one_coin();
        unknown["inputs"][0]["output"] = Value::Null;
        let most = u64::MAX;
        let cases = [
            (twice, "is spent twice"),
            (unknown, "input 0 has no output"),
            (spend(&[], &[(1, STRANGER)]), "at least one input"),
            (spend(&[(1, &coin)], &[]), "at least one input"),
            (
                spend(&[(1_000, &p2wsh)], &[(1, STRANGER)]),
                "unsupported script type of input 0: 0020abab",
            ),
            (
                spend(&[(1_000, &coin)], &[(1_001, STRANGER)]),
                "it pays 1001 but spends only 1000",
            ),
            (
                spend(&[(most, &coin), (most, &coin)], &[(1, STRANGER)]),
                "2^64",
            ),
        ];
        for (transaction, expected) in cases {
            let refusal = refusal(&transaction);
            assert!(refusal.starts_with("refused: "), "{refusal}");
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn inputs_that_nobody_signs_are_named() {
        let refusal = refusal(&spend(
            &[
                (9_000, STRANGER),
                (9_000, &format!("0014{HASH}")),
                (9_000, &format!("a914{HASH}87")),
            ],
            &[(26_000, STRANGER)],
        ));
        let id = "5f".repeat(32);
        assert_eq!(
            refusal,
            format!(
                "refused: none of the named wallets can sign input \
                 0 ({id}:0, bc1qqqqsyqcyq5rqwzqfpg9scrgwpugpzysn4v0345), \
                 2 ({id}:2, 3CNHUhP3uyB9EUtRLsmvFUmvGdjGdkTxJw)"
            )
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = run(&text);
        }

        #[test]
        fn no_changed_text_panics(position: prop::sample::Index, text in "[\\PC]{0,4}") {
            let mut characters: Vec<char> = one_coin().to_string().chars().collect();
            let position = position.index(characters.len());
            characters.splice(position..=position, text.chars());
            let _ = run(&characters.into_iter().collect::<String>());
        }

        #[test]
        fn no_numbers_panic(
            numbers in prop::array::uniform5(any::<u64>()),
            script in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut transaction = one_coin();
            transaction["version"] = json!(numbers[0]);
            transaction["nLockTime"] = json!(numbers[1] >> 31);
            transaction["inputs"][0]["sequenceNumber"] = json!(numbers[2] >> 31);
            transaction["inputs"][0]["output"]["satoshis"] = json!(numbers[3]);
            transaction["outputs"][0]["satoshis"] = json!(numbers[4]);
            transaction["outputs"][0]["script"] = json!(hex::encode(script));
            let _ = run(&transaction.to_string());
        }
    }
}
