//! What the cloud asks for: script, arguments and the account that authorises them.

use alloy_primitives::Bytes;
use kms_core::prelude::{Network, TransactionError};
use serde_json::Value;

use crate::{
    account::Account,
    argument::{address, array, custom, string, ufix64, uint64},
    json::at,
    script::Script,
};

/// secp256k1 and SHA3-256 in a key record.
const ALGORITHM: u64 = 3;
/// The longest URL of an NFT.
const URL_LIMIT: usize = 256;

/// A request, checked whole before anything is asked for or lent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// The owner's account.
    pub(crate) authorizer: Account,
    /// Cadence source.
    pub(crate) script: String,
    /// JSON-Cadence values.
    pub(crate) arguments: Vec<Bytes>,
}

impl Request {
    /// Reads `serializedTransaction`.
    pub(crate) fn parse(network: Network, text: &str) -> Result<Self, TransactionError> {
        let request: Value =
            serde_json::from_str(text).map_err(|error| malformed(format!("no JSON: {error}")))?;
        let kind = match at(&request, "/type") {
            Value::Number(number) => number.as_u64(),
            _ => None,
        };
        let kind = kind.ok_or_else(|| malformed("type is no whole number"))?;
        let body = Body(at(&request, "/body"));
        let authorizer = body.account("account")?;
        let (script, arguments) = match kind {
            0 => (
                Script::CreateAccount,
                vec![string(&key_record(body.text("publicKey")?, 1000)?)],
            ),
            1 => (
                Script::AddKey,
                vec![string(&key_record(body.text("publicKey")?, 0)?)],
            ),
            2 => {
                let script = match body.text("currency")? {
                    "FLOW" => Script::TransferFlow,
                    "FUSD" => Script::TransferFusd,
                    _ => return Err(malformed("currency is neither FLOW nor FUSD")),
                };
                let amount = ufix64("amount", body.text("amount")?)?;
                (script, vec![amount, address(body.account("to")?)])
            }
            4 => (
                Script::MintNft,
                vec![
                    address(body.account("to")?),
                    string(url(body.text("url")?)?),
                    string(body.token_type()?),
                ],
            ),
            5 => {
                let recipients = body.list("to")?;
                let urls = body.list("url")?;
                if recipients.is_empty() || recipients.len() != urls.len() {
                    return Err(malformed("to and url are not lists of the same length"));
                }
                let recipients = recipients
                    .into_iter()
                    .map(|one| Ok(address(Account::parse("to", one)?)))
                    .collect::<Result<_, TransactionError>>()?;
                let urls = urls
                    .into_iter()
                    .map(|one| Ok(string(url(one)?)))
                    .collect::<Result<_, TransactionError>>()?;
                (
                    Script::MintSeveralNfts,
                    vec![array(recipients), array(urls), string(body.token_type()?)],
                )
            }
            6 => (
                Script::BurnNft,
                vec![
                    uint64("tokenId", body.text("tokenId")?)?,
                    string(body.token_type()?),
                ],
            ),
            7 => (
                Script::TransferNft,
                vec![
                    address(body.account("to")?),
                    uint64("tokenId", body.text("tokenId")?)?,
                ],
            ),
            _ => return body.custom(authorizer),
        };
        Ok(Self {
            authorizer,
            script: script.source(network),
            arguments: arguments.iter().map(encoded).collect(),
        })
    }
}

fn encoded(argument: &Value) -> Bytes {
    argument.to_string().into_bytes().into()
}

/// The `body` member.
struct Body<'a>(&'a Value);

impl<'a> Body<'a> {
    fn text(&self, member: &str) -> Result<&'a str, TransactionError> {
        self.0[member]
            .as_str()
            .ok_or_else(|| malformed(format!("{member} is no text")))
    }

    fn account(&self, member: &str) -> Result<Account, TransactionError> {
        Account::parse(member, self.text(member)?)
    }

    fn list(&self, member: &str) -> Result<Vec<&'a str>, TransactionError> {
        let list = self.0[member]
            .as_array()
            .ok_or_else(|| malformed(format!("{member} is no list")))?;
        list.iter()
            .map(|one| {
                one.as_str()
                    .ok_or_else(|| malformed(format!("{member} holds something that is no text")))
            })
            .collect()
    }

    /// The kind of token: a UUID.
    fn token_type(&self) -> Result<&'a str, TransactionError> {
        let text = self.text("contractAddress")?;
        let is_uuid = text.len() == 36
            && text.bytes().enumerate().all(|(i, byte)| match i {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if is_uuid {
            Ok(text)
        } else {
            Err(malformed("contractAddress is no UUID"))
        }
    }

    /// Any script, signed to the byte. No arguments are as good as an empty list.
    fn custom(&self, authorizer: Account) -> Result<Request, TransactionError> {
        let script = match self.0.get("transaction").and_then(Value::as_str) {
            Some(script) if !script.trim().is_empty() => script,
            _ => return Err(malformed("transaction holds no script")),
        };
        let empty = Vec::new();
        let arguments = match self.0.get("args") {
            None | Some(Value::Null) => &empty,
            Some(Value::Array(arguments)) => arguments,
            Some(_) => return Err(malformed("args is no list")),
        };
        let arguments = arguments
            .iter()
            .enumerate()
            .map(|(position, argument)| Ok(encoded(&custom(position, argument)?)))
            .collect::<Result<_, TransactionError>>()?;
        Ok(Request {
            authorizer,
            script: script.to_owned(),
            arguments,
        })
    }
}

fn url(text: &str) -> Result<&str, TransactionError> {
    if text.is_empty() || text.chars().count() > URL_LIMIT {
        return Err(malformed(format!(
            "url is empty or longer than {URL_LIMIT}"
        )));
    }
    Ok(text)
}

/// Hexadecimal RLP of a public key, its algorithms and its weight in thousandths.
pub(crate) fn key_record(public_key: &str, weight: u64) -> Result<String, TransactionError> {
    let mut key = [0; 64];
    hex::decode_to_slice(public_key, &mut key)
        .map_err(|_| malformed("publicKey is not 128 hexadecimal digits"))?;
    let record = Record {
        key: Bytes::copy_from_slice(&key),
        signature_algorithm: ALGORITHM,
        hash_algorithm: ALGORITHM,
        weight,
    };
    Ok(hex::encode(alloy_rlp::encode(record)))
}

#[derive(alloy_rlp::RlpEncodable)]
struct Record {
    key: Bytes,
    signature_algorithm: u64,
    hash_algorithm: u64,
    weight: u64,
}

fn malformed(what: impl Into<String>) -> TransactionError {
    TransactionError::Malformed(what.into())
}
