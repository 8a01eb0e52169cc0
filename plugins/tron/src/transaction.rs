//! A pending transaction, checked: the JSON that is sent, and the protobuf that is signed.

use kms_core::prelude::TransactionError;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::{
    address::TronAddress,
    contract::Contract,
    fields::{FieldError, Fields, Names},
    json::{Json, JsonError, Object},
    message::{Any, ContractEnvelope, Raw},
};

/// A transaction as a full node described it, whose owner, bytes and id are right.
///
/// Its JSON is what [`Unsigned::body`](kms_core::chain::Unsigned::body) holds: everything that is
/// signed and everything that is sent. Reading it checks it again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Transaction {
    json: String,
    raw: Raw,
    contract: Contract,
    id: [u8; 32],
    unsigned_contracts: usize,
}

impl Transaction {
    /// Reads and checks `serializedTransaction`, which `owner` signs.
    pub(crate) fn check(serialized: &str, owner: TronAddress) -> Result<Self, CheckError> {
        let json = Json::parse(serialized)?;
        let Json::Object(object) = &json else {
            return Err(CheckError::NotAnObject);
        };
        if object.contains("signature") {
            return Err(CheckError::AlreadySigned);
        }
        let parts = Parts::of(object)?;
        if !parts.is_owned_by(owner) {
            return Err(CheckError::NotTheOwner);
        }
        if !Contract::is_type(&parts.contract_type) {
            let shown = parts.contract_type.chars().take(80).collect();
            return Err(CheckError::UnsupportedType(shown));
        }
        let (raw, contract) = parts.rebuild()?;
        let id: [u8; 32] = Sha256::digest(raw.encode_to_vec()).into();
        if parts.id != hex::encode(id) {
            return Err(CheckError::Mismatch);
        }
        let unsigned_contracts = parts.unsigned_contracts;
        Ok(Self {
            json: json.to_string(),
            raw,
            contract,
            id,
            unsigned_contracts,
        })
    }

    /// Reads what [`encode`](Self::encode) wrote, and nothing else.
    pub(crate) fn decode(body: &[u8], owner: TronAddress) -> Result<Self, TransactionError> {
        let json = std::str::from_utf8(body).map_err(|_| not_ours())?;
        let transaction = Self::check(json, owner)?;
        if transaction.json != json {
            return Err(not_ours());
        }
        Ok(transaction)
    }

    /// The JSON in compact form.
    pub(crate) fn encode(&self) -> Vec<u8> {
        self.json.clone().into_bytes()
    }

    /// The JSON with `signature` as its last member.
    pub(crate) fn with_signature(&self, signature: &str) -> String {
        let members = self.json.strip_suffix('}').unwrap_or(&self.json);
        format!("{members},\"signature\":[\"{signature}\"]}}")
    }

    /// The SHA-256 of the protobuf: the transaction's id, and what is signed.
    pub(crate) fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// What is signed besides the contract.
    pub(crate) fn raw(&self) -> &Raw {
        &self.raw
    }

    /// What it does.
    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The number in `Permission_id`: 0 for the owner's keys.
    pub(crate) fn permission_id(&self) -> i32 {
        let envelope = self.raw.contract.as_ref();
        envelope.map_or(0, |envelope| envelope.permission_id)
    }

    /// How many contracts the JSON lists beyond the one that is signed.
    pub(crate) fn unsigned_contracts(&self) -> usize {
        self.unsigned_contracts
    }
}

/// The members that matter, not yet believed.
struct Parts<'a> {
    raw_data: &'a Object,
    envelope: &'a Object,
    value: &'a Object,
    contract_type: String,
    raw_data_hex: String,
    id: String,
    visible: bool,
    unsigned_contracts: usize,
}

impl<'a> Parts<'a> {
    fn of(transaction: &'a Object) -> Result<Self, FieldError> {
        let raw_data = object(transaction.some("raw_data"), "raw_data")?;
        let contracts = match raw_data.some("contract") {
            Some(Json::List(contracts)) => contracts.as_slice(),
            _ => return Err(FieldError::NotAList { name: "contract" }),
        };
        let envelope = object(contracts.first(), "contract")?;
        let parameter = object(envelope.some("parameter"), "parameter")?;
        let members = Fields::new(transaction, Names::Hex);
        Ok(Self {
            raw_data,
            envelope,
            value: object(parameter.some("value"), "value")?,
            contract_type: Fields::new(envelope, Names::Hex).text("type")?,
            raw_data_hex: members.text("raw_data_hex")?,
            id: members.text("txID")?,
            visible: members.boolean("visible")?,
            unsigned_contracts: contracts.len().saturating_sub(1),
        })
    }

    fn is_owned_by(&self, owner: TronAddress) -> bool {
        match self.value.some("owner_address") {
            Some(Json::Text(text)) => TronAddress::parse(text) == Ok(owner),
            _ => false,
        }
    }

    /// The protobuf that the JSON stands for and that `raw_data_hex` holds.
    ///
    /// Where `visible` is set, names should be text. The original took them for hexadecimal all
    /// the same, and so do some that it signed for: whichever reading gives the bytes that are
    /// signed is right, and what is displayed comes from those bytes.
    fn rebuild(&self) -> Result<(Raw, Contract), CheckError> {
        let readings: &[Names] = if self.visible {
            &[Names::Text, Names::Hex]
        } else {
            &[Names::Hex]
        };
        let mut failure = None;
        for names in readings {
            let fields = Fields::new(self.value, *names);
            let contract = match Contract::read(&self.contract_type, fields) {
                Some(Ok(contract)) => contract.complete(),
                Some(Err(error)) => {
                    failure.get_or_insert(error);
                    continue;
                }
                None => continue,
            };
            let sorted = contract.clone().with_sorted_map();
            for contract in std::iter::once(contract).chain(sorted) {
                let raw = self.raw(&contract)?;
                let hex = hex::encode(raw.encode_to_vec());
                if hex.eq_ignore_ascii_case(&self.raw_data_hex) {
                    return Ok((raw, contract));
                }
            }
        }
        Err(failure.map_or(CheckError::Mismatch, CheckError::Field))
    }

    fn raw(&self, contract: &Contract) -> Result<Raw, FieldError> {
        let raw_data = Fields::new(self.raw_data, Names::Hex);
        let envelope = Fields::new(self.envelope, Names::Hex);
        Ok(Raw {
            ref_block_bytes: raw_data.hex("ref_block_bytes")?,
            ref_block_hash: raw_data.hex("ref_block_hash")?,
            expiration: raw_data.int64("expiration")?,
            data: raw_data.hex("data")?,
            contract: Some(ContractEnvelope {
                contract_type: contract.number(),
                parameter: Some(Any {
                    type_url: format!("type.googleapis.com/protocol.{}", contract.name()),
                    value: contract.encode(),
                }),
                permission_id: envelope.int32("Permission_id")?,
            }),
            timestamp: raw_data.int64("timestamp")?,
            fee_limit: raw_data.int64("fee_limit")?,
        })
    }
}

fn object<'a>(json: Option<&'a Json>, name: &'static str) -> Result<&'a Object, FieldError> {
    match json {
        Some(Json::Object(object)) => Ok(object),
        _ => Err(FieldError::NotAnObject { name }),
    }
}

/// Why a transaction is not signed, in the order in which it is found out.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum CheckError {
    /// No JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON, but no object.
    #[error("Invalid transaction provided")]
    NotAnObject,
    /// It carries signatures, or a list for them.
    #[error("Transaction is already signed")]
    AlreadySigned,
    /// The contract's owner is not the key that signs.
    #[error("Private key does not match address in transaction")]
    NotTheOwner,
    /// The contract's type is not in the table.
    #[error("Error: Unsupported transaction type: {0}")]
    UnsupportedType(String),
    /// A member cannot be the value of its field.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The JSON, `raw_data_hex` and `txID` do not stand for the same transaction.
    #[error("Invalid transaction")]
    Mismatch,
}

impl From<CheckError> for TransactionError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Json(_) | CheckError::Field(_) => Self::Malformed(error.to_string()),
            told => Self::Verbatim(told.to_string()),
        }
    }
}

fn not_ours() -> TransactionError {
    TransactionError::Malformed("the body is no transaction in compact JSON".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::tests::values;
    use proptest::prelude::*;

    /// The JSON of a transaction with this contract, its bytes and id made by `prost` alone.
    fn transaction(contract_type: &str, value: &str, visible: bool, parameter: Vec<u8>) -> String {
        let (number, _) = Contract::TYPES
            .iter()
            .find(|(_, name)| *name == contract_type)
            .unwrap();
        let raw = Raw {
            ref_block_bytes: vec![0x3f, 0x1c],
            ref_block_hash: vec![1; 8],
            expiration: 1_714_557_660_000,
            contract: Some(ContractEnvelope {
                contract_type: *number,
                parameter: Some(Any {
                    type_url: format!("type.googleapis.com/protocol.{contract_type}"),
                    value: parameter,
                }),
                permission_id: 0,
            }),
            ..Raw::default()
        };
        let bytes = raw.encode_to_vec();
        format!(
            r#"{{"visible":{visible},"txID":"{}","raw_data_hex":"{}","raw_data":{{"contract":[{{"parameter":{{"value":{value}}},"type":"{contract_type}"}}],"ref_block_bytes":"3f1c","ref_block_hash":"0101010101010101","expiration":1714557660000}}}}"#,
            hex::encode(Sha256::digest(&bytes)),
            hex::encode(&bytes),
        )
    }

    fn owner() -> TronAddress {
        TronAddress::of_account([7; 20])
    }

    fn owner_hex() -> String {
        hex::encode(owner().as_bytes())
    }

    #[test]
    fn integers_beyond_the_doubles_are_exact() {
        for amount in [9_007_199_254_740_993, i64::MAX] {
            let message = crate::message::TransferContract {
                owner_address: owner().as_bytes().to_vec(),
                to_address: Vec::new(),
                amount,
            };
            let value = format!(r#"{{"amount":{amount},"owner_address":"{}"}}"#, owner_hex());
            let json = transaction("TransferContract", &value, false, message.encode_to_vec());
            let checked = Transaction::check(&json, owner()).unwrap();
            assert_eq!(*checked.contract(), Contract::Transfer(message));
            assert!(checked.with_signature("s").contains(&amount.to_string()));
        }
    }

    #[test]
    fn a_negative_integer_takes_ten_bytes() {
        let message = crate::message::TransferContract {
            amount: -1,
            ..Default::default()
        };
        assert_eq!(
            hex::encode(message.encode_to_vec()),
            "18ffffffffffffffffff01"
        );
    }

    #[test]
    fn names_are_text_where_addresses_are_visible() {
        let message = crate::message::TransferAssetContract {
            asset_name: b"1002000".to_vec(),
            owner_address: owner().as_bytes().to_vec(),
            to_address: owner().as_bytes().to_vec(),
            amount: 77,
        };
        let json = |name: &str, visible| {
            let value = format!(
                r#"{{"amount":77,"asset_name":"{name}","owner_address":"{0}","to_address":"{0}"}}"#,
                owner()
            );
            transaction(
                "TransferAssetContract",
                &value,
                visible,
                message.encode_to_vec(),
            )
        };
        for (name, visible, right) in [
            ("1002000", true, true),
            ("31303032303030", true, true),
            ("31303032303030", false, true),
            ("1002000", false, false),
            ("1002001", true, false),
        ] {
            let checked = Transaction::check(&json(name, visible), owner());
            assert_eq!(checked.is_ok(), right, "{name} {visible}");
        }
    }

    #[test]
    fn a_map_may_be_listed_or_sorted_by_text() {
        let value = |entries: &[i64]| {
            let entries = entries
                .iter()
                .map(|key| format!(r#"{{"key":{key},"value":0}}"#));
            let entries = entries.collect::<Vec<_>>().join(",");
            format!(
                r#"{{"owner_address":"{}","parameters":[{entries}]}}"#,
                owner_hex()
            )
        };
        let bytes = |keys: &[i64]| {
            let mut bytes = vec![0x0a, 21];
            bytes.extend(owner().as_bytes());
            for key in keys {
                let key = u8::try_from(*key).unwrap();
                bytes.extend([0x12, 4, 0x08, key, 0x10, 0]);
            }
            bytes
        };
        for (listed, written, right) in [
            (&[9, 10], &[9, 10], true),
            (&[9, 10], &[10, 9], true),
            (&[10, 9], &[10, 9], true),
            (&[10, 9], &[9, 10], false),
        ] {
            let json = transaction(
                "ProposalCreateContract",
                &value(listed),
                false,
                bytes(written),
            );
            let checked = Transaction::check(&json, owner());
            assert_eq!(checked.is_ok(), right, "{listed:?} {written:?}");
        }
    }

    /// Protobuf messages of all types, from random bytes: those that are read are the
    /// parameters they stand for.
    fn parameters() -> impl Strategy<Value = (i32, Vec<u8>)> {
        let types = Contract::TYPES
            .iter()
            .map(|(number, _)| *number)
            .collect::<Vec<_>>();
        let field = (
            1_u8..16,
            prop_oneof![
                any::<u32>().prop_map(|number| (0, u64::from(number))),
                (0_u64..25).prop_map(|length| (2, length)),
            ],
        );
        let fields = proptest::collection::vec(field, 0..6).prop_map(|fields| {
            let mut bytes = Vec::new();
            for (tag, (wire_type, number)) in fields {
                bytes.push(tag << 3 | wire_type);
                prost::encoding::encode_varint(number, &mut bytes);
                if wire_type == 2 {
                    bytes.extend(vec![0x41; usize::try_from(number).unwrap()]);
                }
            }
            bytes
        });
        (proptest::sample::select(types), fields)
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded((number, bytes) in parameters()) {
            if let Some(contract) = Contract::decode(number, &bytes) {
                prop_assert_eq!(contract.number(), number);
                prop_assert_eq!(Contract::decode(number, &contract.encode()), Some(contract));
            }
        }

        #[test]
        fn unknown_members_and_order_are_kept(before in values(), after in values()) {
            let message = crate::message::WithdrawBalanceContract {
                owner_address: owner().as_bytes().to_vec(),
            };
            let value = format!(r#"{{"owner_address":"{}"}}"#, owner());
            let json = transaction("WithdrawBalanceContract", &value, true, message.encode_to_vec());
            let inner = json.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
            let json = format!(r#"{{"before":{before},{inner},"after":{after}}}"#);
            let checked = Transaction::check(&json, owner()).unwrap();
            let body = checked.encode();
            prop_assert_eq!(std::str::from_utf8(&body).unwrap(), &json);
            prop_assert_eq!(Transaction::decode(&body, owner()).unwrap(), checked);
        }

        #[test]
        fn no_member_panics(
            contract_type in proptest::sample::select(Contract::TYPES),
            values in proptest::collection::vec(values(), 8),
        ) {
            let names = ["amount", "votes", "new_contract", "owner", "actives", "parameters", "resource", "data"];
            let mut members = format!(r#""owner_address":"{}""#, owner());
            for (name, value) in names.iter().zip(&values) {
                members.push_str(&format!(r#","{name}":{value}"#));
            }
            let json = transaction(contract_type.1, &format!("{{{members}}}"), true, Vec::new());
            prop_assert!(Transaction::check(&json, owner()).is_err());
        }
    }
}
