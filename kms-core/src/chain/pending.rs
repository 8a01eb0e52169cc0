//! A pending transaction as the cloud hands it out.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, value::RawValue};

/// A transaction that waits for a signature.
///
/// Everything in it comes from outside and is believed only after the plugin has read it.
#[derive(Clone, Debug)]
pub struct PendingTransaction {
    /// The cloud's id of this transaction, 24 hexadecimal digits. Later calls call it
    /// `signatureId`.
    pub id: String,
    /// Code of the chain it is for.
    pub chain: String,
    /// The transaction in the chain's own form, which the plugin reads.
    pub serialized_transaction: String,
    /// Signature ids of the vault entries that sign, in order.
    pub hashes: Vec<String>,
    /// The derivation index for a mnemonic named in `hashes`.
    pub index: Option<u32>,
    /// Mnemonic entries with their index.
    pub signatures: Vec<SignatureRef>,
    /// The off-chain withdrawal that this transaction completes.
    pub withdrawal_id: Option<String>,
    /// The inputs of an off-chain UTXO withdrawal.
    pub withdrawal_responses: Option<Vec<WithdrawalResponse>>,
    raw: Box<RawValue>,
}

impl PendingTransaction {
    /// Reads one element of the cloud's answer.
    ///
    /// # Errors
    /// The parser's message when a member has the wrong type or `id`, `chain`,
    /// `serializedTransaction` or `hashes` is missing.
    pub fn from_raw(raw: &RawValue) -> Result<Self, serde_json::Error> {
        let wire: Wire = serde_json::from_str(raw.get())?;
        Ok(Self {
            id: wire.id,
            chain: wire.chain,
            serialized_transaction: wire.serialized_transaction,
            hashes: wire.hashes,
            index: wire.index,
            signatures: wire.signatures.unwrap_or_default(),
            withdrawal_id: wire.withdrawal_id.filter(|id| !id.is_empty()),
            withdrawal_responses: wire.withdrawal_responses,
            raw: raw.to_owned(),
        })
    }

    /// The JSON exactly as received, which is what the 4-eye check is shown.
    pub fn raw(&self) -> &RawValue {
        &self.raw
    }
}

/// A vault entry with a mnemonic, and the index of the key that signs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignatureRef {
    /// The signature id.
    pub id: String,
    /// The derivation index.
    #[serde(default, deserialize_with = "index")]
    pub index: Option<u32>,
}

/// One input of an off-chain UTXO withdrawal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawalResponse {
    /// Transaction id of the coin, or `-1` for the change output.
    pub v_in: String,
    /// Whose coin it is; absent for the pool address, whose index is 0.
    #[serde(default)]
    pub address: Option<WithdrawalAddress>,
}

/// Whose coin an off-chain withdrawal spends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawalAddress {
    /// The address.
    #[serde(default)]
    pub address: Option<String>,
    /// The derivation index; 0 when absent.
    #[serde(default, deserialize_with = "index")]
    pub derivation_key: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    chain: String,
    serialized_transaction: String,
    hashes: Vec<String>,
    #[serde(default, deserialize_with = "index")]
    index: Option<u32>,
    #[serde(default)]
    signatures: Option<Vec<SignatureRef>>,
    #[serde(default)]
    withdrawal_id: Option<String>,
    #[serde(default)]
    withdrawal_responses: Option<Vec<WithdrawalResponse>>,
}

/// A derivation index: a number below 2^31, or nothing. What is neither is refused, never
/// rounded: another index is another key.
fn index<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    use serde::de::Error as _;
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Number(number) => number
            .as_u64()
            .and_then(|index| u32::try_from(index).ok())
            .filter(|index| *index < 1 << 31)
            .map(Some)
            .ok_or_else(|| D::Error::custom(format!("{number} is not a derivation index"))),
        _ => Err(D::Error::custom("a derivation index is a number")),
    }
}
