//! What a pending transaction asks for: its `serializedTransaction`, read strictly and exactly.

use std::{collections::BTreeMap, fmt};

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, U256};
use kms_core::prelude::TransactionError;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::{
    address::{AddressError, Notation},
    quantity::{Field, QuantityError},
};

/// A transaction as the cloud describes it, with what it lacks still missing.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Recipient or contract; none to create a contract.
    pub(crate) to: Option<Address>,
    /// The sender it names. Never part of what is signed.
    pub(crate) from: Option<Address>,
    /// The amount in wei.
    pub(crate) value: U256,
    /// Call data or creation code.
    pub(crate) data: Bytes,
    pub(crate) gas: Field,
    pub(crate) gas_limit: Field,
    pub(crate) gas_price: Field,
    pub(crate) max_fee_per_gas: Field,
    pub(crate) max_priority_fee_per_gas: Field,
    pub(crate) nonce: Field,
    /// The EIP-155 chain id, when it is given.
    pub(crate) chain_id: Option<u64>,
    /// The EIP-2718 type, when it is given.
    pub(crate) transaction_type: Option<U256>,
    pub(crate) access_list: Option<AccessList>,
    /// Every member as it was written.
    pub(crate) members: Members,
}

/// What a chain accepts in a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// How it writes addresses.
    pub(crate) addresses: Notation,
    /// Whether call data with an odd number of digits is read, as if it began with a zero.
    pub(crate) odd_data: bool,
    /// The members that there may be; any where nothing is said.
    pub(crate) members: Option<&'static [&'static str]>,
}

impl Dialect {
    /// What most chains accept.
    pub(crate) const COMMON: Self = Self {
        addresses: Notation::ETHEREUM,
        odd_data: true,
        members: None,
    };
}

impl Request {
    /// Reads `serializedTransaction`.
    pub(crate) fn parse(json: &str, dialect: &Dialect) -> Result<Self, RequestError> {
        let members: Members =
            serde_json::from_str(json).map_err(|error| RequestError::NotAnObject {
                reason: error.to_string(),
            })?;
        if let Some(allowed) = dialect.members
            && let Some((name, _)) = members.iter().find(|(name, _)| !allowed.contains(name))
        {
            let name = excerpt(name);
            return Err(RequestError::UnknownMember { name });
        }
        let notation = dialect.addresses;
        Ok(Self {
            to: members.address("to", notation)?,
            from: members.sender(notation),
            value: members.field("value")?.value().unwrap_or_default(),
            data: members.data(dialect.odd_data)?,
            gas: members.field("gas")?,
            gas_limit: members.field("gasLimit")?,
            gas_price: members.field("gasPrice")?,
            max_fee_per_gas: members.field("maxFeePerGas")?,
            max_priority_fee_per_gas: members.field("maxPriorityFeePerGas")?,
            nonce: members.field("nonce")?,
            chain_id: members.chain_id()?,
            transaction_type: members.field("type")?.value(),
            access_list: members.access_list(notation)?,
            members,
        })
    }
}

/// The members of a JSON object, none of them twice.
#[derive(Clone, Debug)]
pub(crate) struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    /// Every member as it was written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, json)| (name.as_str(), &**json))
    }

    /// The JSON of a member, unless it is absent or `null`.
    pub(crate) fn some(&self, name: &str) -> Option<&RawValue> {
        let json = self.0.get(name)?;
        (json.get() != "null").then_some(json)
    }

    /// A number; see [`Field`] for the ways there may be none.
    pub(crate) fn field(&self, name: &'static str) -> Result<Field, RequestError> {
        self.0.get(name).map_or(Ok(Field::Absent), |json| {
            Field::read(json).map_err(|source| RequestError::Quantity { name, source })
        })
    }

    /// Text that is not empty; absent, `null` and `""` are none.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, RequestError> {
        let Some(json) = self.some(name) else {
            return Ok(None);
        };
        let text: String =
            serde_json::from_str(json.get()).map_err(|_| RequestError::NotText { name })?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// An address; absent, `null` and `""` are none.
    pub(crate) fn address(
        &self,
        name: &'static str,
        notation: Notation,
    ) -> Result<Option<Address>, RequestError> {
        let parse = |text: String| {
            notation
                .parse(&text)
                .map_err(|source| RequestError::Address {
                    name,
                    text: excerpt(&text),
                    source,
                })
        };
        self.text(name)?.map(parse).transpose()
    }

    /// `from` is the number 0 in most requests and never signed: what is no address is ignored.
    fn sender(&self, notation: Notation) -> Option<Address> {
        notation.parse(&self.text("from").ok()??).ok()
    }

    /// `data` or its alias `input`.
    fn data(&self, odd: bool) -> Result<Bytes, RequestError> {
        let name = match (self.some("data"), self.some("input")) {
            (Some(_), Some(_)) => return Err(RequestError::DataAndInput),
            (None, Some(_)) => "input",
            _ => "data",
        };
        let Some(text) = self.text(name)? else {
            return Ok(Bytes::new());
        };
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        let bytes = if digits.len().is_multiple_of(2) {
            hex::decode(digits)
        } else if odd {
            hex::decode(format!("0{digits}"))
        } else {
            return Err(RequestError::OddDigits { name });
        };
        bytes
            .map(Bytes::from)
            .map_err(|_| RequestError::NotHex { name })
    }

    fn chain_id(&self) -> Result<Option<u64>, RequestError> {
        let narrow = |value| {
            u64::try_from(value).map_err(|_| RequestError::Quantity {
                name: "chainId",
                source: QuantityError::TooLarge,
            })
        };
        self.field("chainId")?.value().map(narrow).transpose()
    }

    fn access_list(&self, notation: Notation) -> Result<Option<AccessList>, RequestError> {
        let Some(json) = self.some("accessList") else {
            return Ok(None);
        };
        let items: Vec<WireAccessListItem> =
            serde_json::from_str(json.get()).map_err(|error| RequestError::AccessList {
                reason: error.to_string(),
            })?;
        items
            .into_iter()
            .map(|item| item.read(notation))
            .collect::<Result<Vec<_>, _>>()
            .map(|items| Some(AccessList(items)))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique;

        impl<'de> Visitor<'de> for Unique {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    // Two parsers may pick two different ones: what one approves, another signs.
                    if members.contains_key(&name) {
                        let name = excerpt(&name);
                        return Err(A::Error::custom(format!("{name} is there twice")));
                    }
                    members.insert(name, map.next_value::<Box<RawValue>>()?);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Unique)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireAccessListItem {
    address: String,
    #[serde(default)]
    storage_keys: Vec<String>,
}

impl WireAccessListItem {
    fn read(self, notation: Notation) -> Result<AccessListItem, RequestError> {
        let address = notation
            .parse(&self.address)
            .map_err(|source| RequestError::Address {
                name: "accessList",
                text: excerpt(&self.address),
                source,
            })?;
        let key = |text: String| {
            let mut key = [0; 32];
            hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(&text), &mut key)
                .map(|()| B256::from(key))
                .map_err(|_| RequestError::AccessList {
                    reason: "a storage key has 64 hexadecimal digits".to_owned(),
                })
        };
        Ok(AccessListItem {
            address,
            storage_keys: self
                .storage_keys
                .into_iter()
                .map(key)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// As much of a foreign text as an error needs to show.
fn excerpt(text: &str) -> String {
    let mut shown = text.chars().take(80).collect::<String>();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// Why a `serializedTransaction` is no transaction.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// Not a JSON object, or one that names a member twice.
    #[error("not a JSON object: {reason}")]
    NotAnObject {
        /// The parser's message.
        reason: String,
    },
    /// A member that requests of this chain do not have.
    #[error("{name} is no member of a transaction of this chain")]
    UnknownMember {
        /// The member.
        name: String,
    },
    /// A member should be text.
    #[error("{name} is not text")]
    NotText {
        /// The member.
        name: &'static str,
    },
    /// A member is no number, or none that it can hold.
    #[error("{name} {source}")]
    Quantity {
        /// The member.
        name: &'static str,
        /// What is wrong with it.
        source: QuantityError,
    },
    /// A member is no address.
    #[error("{name} {text} {source}")]
    Address {
        /// The member.
        name: &'static str,
        /// What it says.
        text: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// `data` or `input` is not hexadecimal.
    #[error("{name} is not hexadecimal")]
    NotHex {
        /// The member.
        name: &'static str,
    },
    /// `data` or `input` ends in the middle of a byte.
    #[error("{name} has an odd number of hexadecimal digits")]
    OddDigits {
        /// The member.
        name: &'static str,
    },
    /// Both names of the call data are used.
    #[error("data and input are two names of one thing, only one can be given")]
    DataAndInput,
    /// `accessList` is no EIP-2930 access list.
    #[error("accessList is not readable: {reason}")]
    AccessList {
        /// What is wrong with it.
        reason: String,
    },
}

impl From<RequestError> for TransactionError {
    fn from(error: RequestError) -> Self {
        Self::Malformed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(json: &str) -> Result<Request, RequestError> {
        Request::parse(json, &Dialect::COMMON)
    }

    #[test]
    fn what_is_absent_null_or_empty_is_nothing() {
        for json in [
            "{}",
            r#"{"from":0}"#,
            r#"{"to":null,"value":null,"data":null,"input":null,"accessList":null,"chainId":null}"#,
            r#"{"to":"","value":"","data":"","chainId":"","from":""}"#,
            r#"{"data":"0x","from":"not an address"}"#,
        ] {
            let request = parse(json).unwrap();
            assert_eq!(request.to, None, "{json}");
            assert_eq!(request.from, None, "{json}");
            assert_eq!(request.value, U256::ZERO, "{json}");
            assert!(request.data.is_empty(), "{json}");
            assert_eq!(request.chain_id, None, "{json}");
            assert_eq!(request.access_list, None, "{json}");
        }
    }

    #[test]
    fn data_is_read_under_both_names_and_padded() {
        for (json, expected) in [
            (r#"{"data":"0xABcd"}"#, "abcd"),
            (r#"{"data":"c0ffee"}"#, "c0ffee"),
            (r#"{"data":"0xabc"}"#, "0abc"),
            (r#"{"input":"f"}"#, "0f"),
            (r#"{"data":null,"input":"0x01"}"#, "01"),
        ] {
            assert_eq!(hex::encode(parse(json).unwrap().data), expected);
        }
        let strict = Dialect {
            odd_data: false,
            ..Dialect::COMMON
        };
        assert!(Request::parse(r#"{"data":"0xabcd"}"#, &strict).is_ok());
        for json in [r#"{"data":"0xabc"}"#, r#"{"input":"f"}"#] {
            let error = Request::parse(json, &strict).unwrap_err().to_string();
            assert!(
                error.contains("odd number of hexadecimal digits"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_no_request_is_refused_with_the_reason() {
        for (json, reason) in [
            ("", "not a JSON object: EOF while parsing a value"),
            ("[]", "not a JSON object: invalid type"),
            ("{\"to\":", "not a JSON object: EOF"),
            ("{} {}", "not a JSON object: trailing characters"),
            (r#"{"to":"","to":""}"#, r#""to" is there twice"#),
            (r#"{"to":1}"#, "to is not text"),
            (r#"{"to":"0x12"}"#, r#"to "0x12" is no address"#),
            (r#"{"value":1.5}"#, "value has a fraction"),
            (r#"{"value":-1}"#, "value is negative"),
            (r#"{"value":1e21}"#, "value is too large"),
            (r#"{"gas":true}"#, "gas is neither"),
            (r#"{"data":"0xzz"}"#, "data is not hexadecimal"),
            (r#"{"data":7}"#, "data is not text"),
            (r#"{"data":"0x","input":"0x"}"#, "two names of one thing"),
            (
                r#"{"chainId":18446744073709551616}"#,
                "chainId is too large",
            ),
            (r#"{"accessList":{}}"#, "accessList is not readable"),
            (
                r#"{"accessList":[{"address":"0x1","storageKeys":[]}]}"#,
                "is no address",
            ),
            (
                r#"{"accessList":[{"address":"0x27b1fdb04752bbc536007a920d24acb045561c26","storageKeys":["0x1"]}]}"#,
                "a storage key has 64 hexadecimal digits",
            ),
        ] {
            let error = parse(json).unwrap_err().to_string();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text);
        }
    }
}
