//! What a pending transaction asks for: its `serializedTransaction`, read strictly and exactly.

use std::{collections::BTreeMap, fmt};

use alloy_primitives::{Address, B256, Bytes, U256};
use kms_core::prelude::TransactionError;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use thiserror::Error;

use crate::{
    address::{self, AddressError},
    quantity::{self, QuantityError},
};

/// A transaction as the cloud describes it, with what it lacks still missing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// The recipient or contract; none to create a contract.
    pub(crate) to: Option<Address>,
    /// The amount in units of 10^-18 VET.
    pub(crate) value: Option<U256>,
    /// Call data or creation code.
    pub(crate) data: Bytes,
    /// A gas limit, which is shown to the node and not signed.
    pub(crate) gas: Option<u64>,
    /// A price of gas, which is shown to the node and not signed.
    pub(crate) gas_price: Option<Value>,
    /// The last byte of the genesis id; 0 is none.
    pub(crate) chain_tag: Option<u8>,
    /// The first 8 bytes of a block's id.
    pub(crate) block_ref: Option<u64>,
    /// In blocks.
    pub(crate) expiration: Option<u32>,
    pub(crate) gas_price_coef: Option<u8>,
    /// The transaction that must come first.
    pub(crate) depends_on: Option<B256>,
    pub(crate) nonce: Option<u64>,
}

impl Request {
    /// Reads `serializedTransaction`.
    pub(crate) fn parse(json: &str) -> Result<Self, RequestError> {
        let members: Members =
            serde_json::from_str(json).map_err(|error| RequestError::NotAnObject {
                reason: error.to_string(),
            })?;
        // Signing without them would sign something else than was asked for.
        for name in ["clauses", "reserved", "input"] {
            if members.some(name).is_some() {
                return Err(RequestError::NotSupported { name });
            }
        }
        let gas_price = members.some("gasPrice");
        Ok(Self {
            to: members.address("to")?,
            value: members.integer("value")?,
            data: members.data()?,
            gas: members.integer("gas")?,
            gas_price: gas_price.and_then(|json| serde_json::from_str(json.get()).ok()),
            chain_tag: members.integer("chainTag")?.filter(|tag| *tag != 0),
            block_ref: members.fixed("blockRef")?.map(u64::from_be_bytes),
            expiration: members.integer("expiration")?,
            gas_price_coef: members.integer("gasPriceCoef")?,
            depends_on: members.fixed("dependsOn")?.map(B256::new),
            nonce: members.integer("nonce")?,
        })
    }
}

/// The members of a JSON object, none of them twice.
struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    /// The JSON of a member, unless it is absent or `null`.
    fn some(&self, name: &str) -> Option<&RawValue> {
        let json = self.0.get(name)?;
        (json.get() != "null").then_some(json)
    }

    fn integer<T: TryFrom<U256>>(&self, name: &'static str) -> Result<Option<T>, RequestError> {
        let error = |source| RequestError::Quantity { name, source };
        let Some(json) = self.some(name) else {
            return Ok(None);
        };
        quantity::read(json)
            .map_err(error)?
            .map(|value| T::try_from(value).map_err(|_| error(QuantityError::TooLarge)))
            .transpose()
    }

    /// Text that is not empty; absent, `null` and `""` are none.
    fn text(&self, name: &'static str) -> Result<Option<String>, RequestError> {
        let Some(json) = self.some(name) else {
            return Ok(None);
        };
        let text: String =
            serde_json::from_str(json.get()).map_err(|_| RequestError::NotText { name })?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn address(&self, name: &'static str) -> Result<Option<Address>, RequestError> {
        let parse = |text: String| {
            address::parse(&text).map_err(|source| RequestError::Address {
                name,
                text: excerpt(&text),
                source,
            })
        };
        self.text(name)?.map(parse).transpose()
    }

    fn data(&self) -> Result<Bytes, RequestError> {
        let text = self.text("data")?.unwrap_or_default();
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        hex::decode(digits)
            .map(Bytes::from)
            .map_err(|_| RequestError::NotHex { name: "data" })
    }

    /// `0x` and twice as many hexadecimal digits as there are bytes.
    fn fixed<const N: usize>(&self, name: &'static str) -> Result<Option<[u8; N]>, RequestError> {
        let parse = |text: String| {
            let mut bytes = [0; N];
            let digits = text.strip_prefix("0x").unwrap_or_default();
            hex::decode_to_slice(digits, &mut bytes)
                .map(|()| bytes)
                .map_err(|_| RequestError::NotBytes { name, length: N })
        };
        self.text(name)?.map(parse).transpose()
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

/// As much of a foreign text as an error needs to show.
fn excerpt(text: &str) -> String {
    format!("{:?}", text.chars().take(80).collect::<String>())
}

/// Why a request is not readable.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// Not a JSON object, or a member is there twice.
    #[error("not a JSON object: {reason}")]
    NotAnObject {
        /// The parser's words.
        reason: String,
    },
    /// A member that asks for what is not done here.
    #[error(
        "{name} is not supported: one clause is signed, of to, value and data, without fee delegation"
    )]
    NotSupported {
        /// The member.
        name: &'static str,
    },
    /// A member that should be text is not.
    #[error("{name} is not text")]
    NotText {
        /// The member.
        name: &'static str,
    },
    /// A member that should be an address is not.
    #[error("{name} {text} {source}")]
    Address {
        /// The member.
        name: &'static str,
        /// What it says.
        text: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// A member that should be a number is not, or is too large.
    #[error("{name} {source}")]
    Quantity {
        /// The member.
        name: &'static str,
        /// What is wrong with it.
        source: QuantityError,
    },
    /// A member is not hexadecimal.
    #[error("{name} is not hexadecimal, or has an odd number of digits")]
    NotHex {
        /// The member.
        name: &'static str,
    },
    /// A member has another length than it should.
    #[error("{name} is not 0x and the hexadecimal digits of {length} bytes")]
    NotBytes {
        /// The member.
        name: &'static str,
        /// How many bytes it should have.
        length: usize,
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

    #[test]
    fn what_is_absent_null_or_empty_is_nothing() {
        let nothing = Request::parse("{}").unwrap();
        assert_eq!(nothing.to, None);
        assert_eq!(nothing.value, None);
        assert!(nothing.data.is_empty());
        for json in [
            r#"{"from":0,"chainTag":0}"#,
            r#"{"to":null,"value":null,"data":null,"gas":null,"gasPrice":null,"chainTag":null,"blockRef":null,"expiration":null,"gasPriceCoef":null,"dependsOn":null,"nonce":null,"clauses":null}"#,
            r#"{"to":"","value":"","data":"0x","blockRef":"","dependsOn":"","nonce":"","from":"x"}"#,
        ] {
            assert_eq!(Request::parse(json).unwrap(), nothing, "{json}");
        }
    }

    #[test]
    fn zero_counts_as_given() {
        let json = r#"{"value":0,"gas":"0x0","expiration":0,"gasPriceCoef":0,"nonce":0,"blockRef":"0x0000000000000000"}"#;
        let request = Request::parse(json).unwrap();
        assert_eq!(request.value, Some(U256::ZERO));
        assert_eq!(request.gas, Some(0));
        assert_eq!(request.expiration, Some(0));
        assert_eq!(request.gas_price_coef, Some(0));
        assert_eq!(request.nonce, Some(0));
        assert_eq!(request.block_ref, Some(0));
    }

    #[test]
    fn nonces_are_exact_in_all_64_bits() {
        for text in [
            "18446744073709551615",
            "\"18446744073709551615\"",
            "\"0xffffffffffffffff\"",
        ] {
            let request = Request::parse(&format!("{{\"nonce\":{text}}}")).unwrap();
            assert_eq!(request.nonce, Some(u64::MAX));
        }
    }

    #[test]
    fn what_is_no_request_is_refused_with_the_reason() {
        for (json, reason) in [
            ("", "not a JSON object: EOF"),
            ("[]", "not a JSON object: invalid type"),
            ("{} {}", "not a JSON object: trailing characters"),
            (r#"{"to":"","to":""}"#, r#""to" is there twice"#),
            (r#"{"to":1}"#, "to is not text"),
            (r#"{"to":"0x12"}"#, r#"to "0x12" is no address"#),
            (
                r#"{"to":"0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}"#,
                "wrong EIP-55 checksum",
            ),
            (r#"{"value":1.5}"#, "value has a fraction"),
            (r#"{"value":-1}"#, "value is negative"),
            (r#"{"gas":true}"#, "gas is neither"),
            (r#"{"gas":18446744073709551616}"#, "gas is too large"),
            (r#"{"chainTag":256}"#, "chainTag is too large"),
            (r#"{"gasPriceCoef":256}"#, "gasPriceCoef is too large"),
            (r#"{"expiration":4294967296}"#, "expiration is too large"),
            (r#"{"nonce":"0x10000000000000000"}"#, "nonce is too large"),
            (r#"{"blockRef":"00fb2c3a1122aabb"}"#, "blockRef is not 0x"),
            (r#"{"blockRef":"0x00fb2c3a1122aa"}"#, "of 8 bytes"),
            (r#"{"dependsOn":"0x00"}"#, "of 32 bytes"),
            (r#"{"data":"0xqq"}"#, "data is not hexadecimal"),
            (r#"{"data":"0xabc"}"#, "odd number of digits"),
            (r#"{"clauses":[]}"#, "clauses is not supported"),
            (r#"{"input":"0x00"}"#, "input is not supported"),
            (
                r#"{"reserved":{"features":1}}"#,
                "reserved is not supported",
            ),
        ] {
            let error = Request::parse(json).unwrap_err().to_string();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = Request::parse(&text);
        }
    }
}
