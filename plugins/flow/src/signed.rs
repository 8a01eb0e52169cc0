//! The transaction between our signature and the last one, and as an access node takes it.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::prelude::{Assembled, NodeError, SubmitError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    account::Account,
    frozen::Frozen,
    node::PlatformKey,
    transaction::{AUTHORIZER_KEY, GAS_LIMIT, KeySignature},
};

/// What [`Assembled::tx_data`] holds, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signed {
    /// Our signature, hexadecimal.
    pub(crate) authorizer_signature: String,
    /// The lent key, to be given back.
    pub(crate) proposal_key: u64,
    /// The whole transaction for the access node, once the platform has signed.
    pub(crate) transaction: Option<Value>,
}

impl Signed {
    pub(crate) fn parse(assembled: &Assembled) -> Result<Self, SubmitError> {
        serde_json::from_str(&assembled.tx_data).map_err(|error| {
            SubmitError::Unknown(NodeError::Unexpected(format!(
                "the signed transaction is not readable: {error}"
            )))
        })
    }

    /// The lent key and its sequence number in the transaction.
    pub(crate) fn lent_key(&self) -> Option<(PlatformKey, u64)> {
        let proposal = self.transaction.as_ref()?.get("proposal_key")?;
        let text = |member: &str| proposal.get(member)?.as_str();
        let lent = PlatformKey {
            account: Account::parse_loose(text("address")?)?,
            key: text("key_index")?.parse().ok()?,
        };
        Some((lent, text("sequence_number")?.parse().ok()?))
    }

    pub(crate) fn to_text(&self) -> String {
        json!(self).to_string()
    }
}

/// The transaction as an access node takes it: numbers as text, addresses without `0x`.
pub(crate) fn for_access_node(
    frozen: &Frozen,
    payload_signatures: &[KeySignature],
    envelope_signatures: &[KeySignature],
) -> Value {
    let payload = &frozen.payload;
    let base64 = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    let signatures = |list: &[KeySignature]| -> Vec<Value> {
        list.iter()
            .map(|one| {
                json!({
                    "address": one.account.digits(),
                    "key_index": one.key.to_string(),
                    "signature": base64(&one.signature),
                })
            })
            .collect()
    };
    json!({
        "script": base64(&payload.script),
        "arguments": payload.arguments.iter().map(|one| base64(one)).collect::<Vec<_>>(),
        "reference_block_id": hex::encode(payload.reference_block),
        "gas_limit": GAS_LIMIT.to_string(),
        "payer": payload.payer.digits(),
        "proposal_key": {
            "address": payload.proposer.digits(),
            "key_index": payload.proposer_key.to_string(),
            "sequence_number": payload.sequence_number.to_string(),
        },
        "authorizers": payload.authorizers.iter().map(|one| one.digits()).collect::<Vec<_>>(),
        "payload_signatures": signatures(payload_signatures),
        "envelope_signatures": signatures(envelope_signatures),
    })
}

/// Our signature on the owner's account.
pub(crate) fn authorizer_signature(frozen: &Frozen, signature: [u8; 64]) -> Option<KeySignature> {
    Some(KeySignature {
        account: *frozen.payload.authorizers.first()?,
        key: AUTHORIZER_KEY,
        signature,
    })
}
