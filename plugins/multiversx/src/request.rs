//! What a pending transaction asks for: its `serializedTransaction`, read strictly and exactly.

use std::{collections::BTreeMap, fmt};

use kms_core::prelude::TransactionError;
use ruint::aliases::U256;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::{
    account::{Account, AccountError},
    value::{self, ValueError},
};

/// A transaction as the cloud describes it. `gasPrice`, `gasLimit` and `nonce` may stand there
/// too; they are asked for anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Who sends; nothing when the key says it.
    pub(crate) from: Option<Account>,
    /// The receiver.
    pub(crate) to: Account,
    /// In units of 10^-18 EGLD. Token operations come without it, which is zero.
    pub(crate) value: U256,
    /// A message, or the call of a contract or built-in function.
    pub(crate) data: String,
}

impl Request {
    /// Reads `serializedTransaction`.
    pub(crate) fn parse(json: &str) -> Result<Self, RequestError> {
        let members: Members =
            serde_json::from_str(json).map_err(|error| RequestError::NotAnObject {
                reason: error.to_string(),
            })?;
        // Signing without them would sign something else than was asked for.
        for name in ["guardian", "relayer", "options"] {
            if members.some(name).is_some_and(|json| json.get() != "0") {
                return Err(RequestError::NotSupported { name });
            }
        }
        let from = match members.some("from") {
            Some(json) if json.get() == "0" => None,
            _ => members.account("from")?,
        };
        let value = match members.some("value") {
            Some(json) => value::read(json)?,
            None => U256::ZERO,
        };
        Ok(Self {
            from,
            to: members.account("to")?.ok_or(RequestError::NoReceiver)?,
            value,
            data: members.text("data")?.unwrap_or_default(),
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

    /// Text that is not empty; absent, `null` and `""` are none.
    fn text(&self, name: &'static str) -> Result<Option<String>, RequestError> {
        let Some(json) = self.some(name) else {
            return Ok(None);
        };
        let text: String =
            serde_json::from_str(json.get()).map_err(|_| RequestError::NotText { name })?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn account(&self, name: &'static str) -> Result<Option<Account>, RequestError> {
        let parse = |text: String| {
            Account::parse(&text).map_err(|source| RequestError::Account {
                name,
                text: excerpt(&text),
                source,
            })
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
    #[error("{name} is not supported: the sender alone signs and pays")]
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
    /// `to` is absent or empty.
    #[error("there is no receiver")]
    NoReceiver,
    /// A member that should be an address is not.
    #[error("{name} {text} {source}")]
    Account {
        /// The member.
        name: &'static str,
        /// What it says.
        text: String,
        /// What is wrong with it.
        source: AccountError,
    },
    /// The amount is none.
    #[error("value {0}")]
    Value(#[from] ValueError),
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

    const TO: &str = r#""to":"erd157y5yjjrurz2jmhztpexcxfgmfdxqzqydy77hd3ptaljw2sgaauqevpy26""#;

    #[test]
    fn what_is_absent_null_or_empty_is_nothing() {
        let plain = Request::parse(&format!("{{{TO}}}")).unwrap();
        assert_eq!(plain.from, None);
        assert_eq!(plain.value, U256::ZERO);
        assert!(plain.data.is_empty());
        for more in [
            r#""from":0,"gasPrice":5,"gasLimit":"x","nonce":-1"#,
            r#""from":null,"value":null,"data":null,"guardian":null,"relayer":null,"options":0"#,
            r#""from":"","value":"0","data":"""#,
        ] {
            assert_eq!(Request::parse(&format!("{{{TO},{more}}}")).unwrap(), plain);
        }
    }

    #[test]
    fn what_is_no_request_is_refused_with_the_reason() {
        for (json, reason) in [
            ("erd1".to_owned(), "not a JSON object: expected value"),
            ("[]".to_owned(), "not a JSON object: invalid type"),
            (
                format!("{{{TO}}} {{}}"),
                "not a JSON object: trailing characters",
            ),
            (format!("{{{TO},{TO}}}"), r#""to" is there twice"#),
            ("{}".to_owned(), "there is no receiver"),
            (r#"{"to":""}"#.to_owned(), "there is no receiver"),
            (r#"{"to":5}"#.to_owned(), "to is not text"),
            (
                r#"{"to":"erd1xyz"}"#.to_owned(),
                r#"to "erd1xyz" is no address"#,
            ),
            (format!(r#"{{{TO},"from":1}}"#), "from is not text"),
            (
                format!(r#"{{{TO},"from":"me"}}"#),
                r#"from "me" is no address"#,
            ),
            (
                format!(r#"{{{TO},"value":"abc"}}"#),
                "value is no decimal number",
            ),
            (
                format!(r#"{{{TO},"value":1e-19}}"#),
                "value has more than 18",
            ),
            (format!(r#"{{{TO},"data":["x"]}}"#), "data is not text"),
            (format!(r#"{{{TO},"data":"\ud800"}}"#), "data is not text"),
            (
                format!(r#"{{{TO},"guardian":"erd1"}}"#),
                "guardian is not supported",
            ),
            (
                format!(r#"{{{TO},"relayer":"erd1"}}"#),
                "relayer is not supported",
            ),
            (
                format!(r#"{{{TO},"options":2}}"#),
                "options is not supported",
            ),
        ] {
            let error = Request::parse(&json).unwrap_err().to_string();
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
