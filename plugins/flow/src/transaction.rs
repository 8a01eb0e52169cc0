//! The transaction, what is signed of it, and its id.

use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Encodable as _, RlpDecodable, RlpEncodable};
use sha3::{Digest as _, Sha3_256};

use crate::account::Account;

/// The most computation, the same for all transactions.
pub(crate) const GAS_LIMIT: u64 = 9999;
/// How many blocks after its reference block a transaction is taken.
pub(crate) const LIFE: u64 = 600;
/// The key of the owner's account that signs.
pub(crate) const AUTHORIZER_KEY: u64 = 0;

/// What stands before every message that is signed, padded with zeros to 32 bytes.
const TAG: &[u8; 21] = b"FLOW-V0.0-transaction";

/// What all roles agree on.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct Payload {
    /// Cadence source, UTF-8.
    pub(crate) script: Bytes,
    /// JSON-Cadence, UTF-8.
    pub(crate) arguments: Vec<Bytes>,
    pub(crate) reference_block: B256,
    pub(crate) gas_limit: u64,
    pub(crate) proposer: Account,
    pub(crate) proposer_key: u64,
    pub(crate) sequence_number: u64,
    pub(crate) payer: Account,
    pub(crate) authorizers: Vec<Account>,
}

/// A signature of one key of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeySignature {
    pub(crate) account: Account,
    pub(crate) key: u64,
    /// `r ‖ s`.
    pub(crate) signature: [u8; 64],
}

/// As it stands in the encoding: the account by its position.
#[derive(RlpEncodable)]
struct EncodedSignature {
    signer: u64,
    key: u64,
    signature: Bytes,
}

impl Payload {
    /// What proposer and authorizer sign.
    pub(crate) fn message(&self) -> Vec<u8> {
        tagged(&alloy_rlp::encode(self))
    }

    /// SHA3-256 of the message.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha3_256::digest(self.message()).into()
    }

    /// What the payer signs.
    pub(crate) fn envelope_message(&self, payload_signatures: &[KeySignature]) -> Vec<u8> {
        tagged(&self.list(&[payload_signatures]))
    }

    /// The id of the whole transaction.
    pub(crate) fn id(
        &self,
        payload_signatures: &[KeySignature],
        envelope_signatures: &[KeySignature],
    ) -> [u8; 32] {
        Sha3_256::digest(self.list(&[payload_signatures, envelope_signatures])).into()
    }

    /// `[payload, signatures, …]`.
    fn list(&self, signatures: &[&[KeySignature]]) -> Vec<u8> {
        let mut content = Vec::new();
        self.encode(&mut content);
        for list in signatures {
            self.encoded(list).encode(&mut content);
        }
        let mut bytes = Vec::new();
        alloy_rlp::Header {
            list: true,
            payload_length: content.len(),
        }
        .encode(&mut bytes);
        bytes.extend_from_slice(&content);
        bytes
    }

    /// Sorted by position and key.
    fn encoded(&self, signatures: &[KeySignature]) -> Vec<EncodedSignature> {
        let mut encoded: Vec<_> = signatures
            .iter()
            .map(|one| EncodedSignature {
                signer: self.position(one.account),
                key: one.key,
                signature: Bytes::copy_from_slice(&one.signature),
            })
            .collect();
        encoded.sort_by_key(|one| (one.signer, one.key));
        encoded
    }

    /// The place of an account in the list proposer, payer, authorizers without repetitions.
    fn position(&self, account: Account) -> u64 {
        let mut accounts = Vec::new();
        for one in [self.proposer, self.payer]
            .into_iter()
            .chain(self.authorizers.iter().copied())
        {
            if !accounts.contains(&one) {
                accounts.push(one);
            }
        }
        (0..)
            .zip(accounts)
            .find(|(_, one)| *one == account)
            .map_or(u64::MAX, |(position, _)| position)
    }
}

fn tagged(encoded: &[u8]) -> Vec<u8> {
    let mut message = TAG.to_vec();
    message.resize(32, 0);
    message.extend_from_slice(encoded);
    message
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What Flow's own SDK writes, and reads back.
    #[test]
    fn published_payloads() {
        let file = include_str!("../tests/vectors/published/encode.json");
        let published: Value = serde_json::from_str(file).unwrap();
        let cases = published["payloads"].as_array().unwrap();
        assert_eq!(cases.len(), 8);
        kms_core::testkit::tally("published", 9_u64, "vectors of Flow");
        // There an address may lack its leading zeros.
        let account = |digits: &Value| {
            Account::parse_loose(&format!("{:0>16}", digits.as_str().unwrap())).unwrap()
        };
        let mut envelopes = Vec::new();
        for case in cases {
            let number = |member: &str| case[member].as_u64().unwrap();
            let script = case["script"].as_str().unwrap();
            let payload = Payload {
                script: Bytes::copy_from_slice(script.as_bytes()),
                arguments: Vec::new(),
                reference_block: case["refBlock"]
                    .as_str()
                    .map_or(B256::ZERO, |block| block.parse().unwrap()),
                gas_limit: number("gasLimit"),
                proposer: account(&case["proposer"]),
                proposer_key: number("keyId"),
                sequence_number: number("sequenceNum"),
                payer: account(&case["payer"]),
                authorizers: case["authorizers"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(account)
                    .collect(),
            };
            assert_eq!(case["arguments"], Value::Array(Vec::new()));
            let encoded = alloy_rlp::encode(&payload);
            assert_eq!(case["payload"], hex::encode(&encoded), "{}", case["name"]);
            assert_eq!(payload.message()[32..], encoded);
            assert_eq!(
                alloy_rlp::decode_exact::<Payload>(&encoded).unwrap(),
                payload
            );
            envelopes.push(hex::encode(&payload.envelope_message(&[])[32..]));
        }
        assert_eq!(published["emptyPayloadSigs"], envelopes[0]);
    }
}
