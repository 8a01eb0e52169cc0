//! A complete transaction: the JSON that is signed, and the protobuf that is hashed to its id.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use blake2::{Blake2b, Digest as _, digest::consts::U32};
use kms_core::prelude::{Network, TransactionError};
use prost::Message as _;
use ruint::aliases::U256;
use serde::{Deserialize, Serialize};

use crate::account::Account;

/// Everything that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) nonce: u64,
    /// In units of 10^-18 EGLD.
    pub(crate) value: U256,
    pub(crate) receiver: Account,
    pub(crate) sender: Account,
    /// In units of 10^-18 EGLD for one unit of gas.
    pub(crate) gas_price: u64,
    /// In units of gas.
    pub(crate) gas_limit: u64,
    /// Text; empty is none.
    pub(crate) data: String,
    pub(crate) chain_id: ChainId,
    pub(crate) version: u32,
}

impl Transaction {
    /// The JSON that is signed, which is also the frozen body: compact, its members in the order
    /// of the protocol, `data` only where there is some.
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&self.to_json()).expect("numbers and text are JSON")
    }

    /// Reads what [`encode`](Self::encode) has written, and nothing else.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, TransactionError> {
        let json: Json = serde_json::from_slice(body).map_err(malformed)?;
        let account = |text: &str| Account::parse(text).map_err(malformed);
        let data = match &json.data {
            Some(base64) => BASE64_STANDARD.decode(base64).map_err(malformed)?,
            None => Vec::new(),
        };
        let transaction = Self {
            nonce: json.nonce,
            value: U256::from_str_radix(&json.value, 10).map_err(malformed)?,
            receiver: account(&json.receiver)?,
            sender: account(&json.sender)?,
            gas_price: json.gas_price,
            gas_limit: json.gas_limit,
            data: String::from_utf8(data).map_err(malformed)?,
            chain_id: ChainId::parse(&json.chain_id)
                .ok_or_else(|| malformed("the chain id is not known"))?,
            version: json.version,
        };
        if transaction.encode() != body {
            return Err(malformed("it is not written as it is signed"));
        }
        Ok(transaction)
    }

    /// The JSON as it is shown to a node that estimates gas: the gas limit is 0.
    pub(crate) fn without_gas(&self) -> serde_json::Value {
        let json = Json {
            gas_limit: 0,
            ..self.to_json()
        };
        serde_json::to_value(json).expect("numbers and text are JSON")
    }

    /// The JSON with the signature as its last member.
    pub(crate) fn with_signature(&self, signature: &[u8; 64]) -> String {
        let signed = SignedJson {
            transaction: self.to_json(),
            signature: hex::encode(signature),
        };
        serde_json::to_string(&signed).expect("numbers and text are JSON")
    }

    /// The id: BLAKE2b with 32 bytes of output over the protobuf form.
    pub(crate) fn id(&self, signature: &[u8; 64]) -> [u8; 32] {
        let protobuf = Protobuf {
            nonce: self.nonce,
            value: sign_and_magnitude(&self.value),
            receiver: self.receiver.0.to_vec(),
            sender: self.sender.0.to_vec(),
            gas_price: self.gas_price,
            gas_limit: self.gas_limit,
            data: self.data.clone().into_bytes(),
            chain_id: self.chain_id.as_str().as_bytes().to_vec(),
            version: self.version,
            signature: signature.to_vec(),
        };
        Blake2b::<U32>::digest(protobuf.encode_to_vec()).into()
    }

    fn to_json(&self) -> Json {
        Json {
            nonce: self.nonce,
            value: self.value.to_string(),
            receiver: self.receiver.to_string(),
            sender: self.sender.to_string(),
            gas_price: self.gas_price,
            gas_limit: self.gas_limit,
            data: (!self.data.is_empty()).then(|| BASE64_STANDARD.encode(&self.data)),
            chain_id: self.chain_id.as_str().to_owned(),
            version: self.version,
        }
    }
}

/// The networks there are. The same signature is good on one of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainId {
    /// `1`.
    Mainnet,
    /// `T`.
    Testnet,
    /// `D`: another test network.
    Devnet,
}

impl ChainId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::Mainnet),
            "T" => Some(Self::Testnet),
            "D" => Some(Self::Devnet),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Mainnet => "1",
            Self::Testnet => "T",
            Self::Devnet => "D",
        }
    }

    pub(crate) fn network(self) -> Network {
        match self {
            Self::Mainnet => Network::Mainnet,
            Self::Testnet | Self::Devnet => Network::Testnet,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Json {
    nonce: u64,
    value: String,
    receiver: String,
    sender: String,
    gas_price: u64,
    gas_limit: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(rename = "chainID")]
    chain_id: String,
    version: u32,
}

#[derive(Serialize)]
struct SignedJson {
    #[serde(flatten)]
    transaction: Json,
    signature: String,
}

/// `Transaction` of the protocol (`mx-chain-core-go/data/transaction/transaction.proto`), without
/// the fields for user names, options, guardians and relayers, which stay empty here.
#[derive(Clone, PartialEq, prost::Message)]
struct Protobuf {
    #[prost(uint64, tag = "1")]
    nonce: u64,
    #[prost(bytes, tag = "2")]
    value: Vec<u8>,
    #[prost(bytes, tag = "3")]
    receiver: Vec<u8>,
    #[prost(bytes, tag = "5")]
    sender: Vec<u8>,
    #[prost(uint64, tag = "7")]
    gas_price: u64,
    #[prost(uint64, tag = "8")]
    gas_limit: u64,
    #[prost(bytes, tag = "9")]
    data: Vec<u8>,
    #[prost(bytes, tag = "10")]
    chain_id: Vec<u8>,
    #[prost(uint32, tag = "11")]
    version: u32,
    #[prost(bytes, tag = "12")]
    signature: Vec<u8>,
}

/// A big integer as the protocol writes it: a byte for the sign, and the magnitude in as few
/// bytes as it takes, but at least one.
fn sign_and_magnitude(value: &U256) -> Vec<u8> {
    let magnitude = value.to_be_bytes_trimmed_vec();
    let magnitude = if magnitude.is_empty() {
        vec![0]
    } else {
        magnitude
    };
    [vec![0], magnitude].concat()
}

pub(crate) fn malformed(error: impl std::fmt::Display) -> TransactionError {
    TransactionError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn any_transaction()(
            (nonce, gas_price, gas_limit) in any::<(u64, u64, u64)>(),
            limbs: [u64; 4],
            (receiver, sender) in any::<([u8; 32], [u8; 32])>(),
            data in ".*",
            chain_id in prop::sample::select(vec![
                ChainId::Mainnet, ChainId::Testnet, ChainId::Devnet,
            ]),
            version: u32,
        ) -> Transaction {
            Transaction {
                nonce,
                value: U256::from_limbs(limbs),
                receiver: Account(receiver),
                sender: Account(sender),
                gas_price,
                gas_limit,
                data,
                chain_id,
                version,
            }
        }
    }

    #[test]
    fn zero_is_a_sign_and_a_byte() {
        assert_eq!(sign_and_magnitude(&U256::ZERO), [0, 0]);
        assert_eq!(sign_and_magnitude(&U256::from(255)), [0, 255]);
        assert_eq!(sign_and_magnitude(&U256::from(256)), [0, 1, 0]);
    }

    proptest! {
        /// A node that is asked for the gas limit must not take the present one for a bound.
        #[test]
        fn only_the_gas_limit_is_hidden_from_an_estimate(transaction in any_transaction()) {
            let mut expected = serde_json::to_value(transaction.to_json()).unwrap();
            expected["gasLimit"] = 0.into();
            prop_assert_eq!(transaction.without_gas(), expected);
        }

        #[test]
        fn decoding_undoes_encoding(transaction in any_transaction()) {
            let body = transaction.encode();
            prop_assert_eq!(Transaction::decode(&body).unwrap(), transaction);
        }

        /// The signature is appended, and nothing else changes.
        #[test]
        fn the_signed_json_is_the_message_and_the_signature(
            transaction in any_transaction(),
            signature in prop::array::uniform32(any::<u8>()),
        ) {
            let signature: [u8; 64] = [signature, signature].concat().try_into().unwrap();
            let message = String::from_utf8(transaction.encode()).unwrap();
            let expected = format!(
                "{},\"signature\":\"{}\"}}",
                message.strip_suffix('}').unwrap(),
                hex::encode(signature)
            );
            prop_assert_eq!(transaction.with_signature(&signature), expected);
        }

        #[test]
        fn no_body_panics(body: Vec<u8>, text in ".*") {
            prop_assert!(Transaction::decode(&body).is_err());
            prop_assert!(Transaction::decode(text.as_bytes()).is_err());
        }
    }
}
