//! What a transaction does, for people: read from the bytes that are signed.

use kms_core::prelude::{Amount, Network, Summary, Transfer, Unit};
use serde_json::Value;
use sha3::{Digest as _, Sha3_256};

use crate::{frozen::Frozen, plugin::FLOW_COIN, request::key_record, script::Script};

/// The most characters of a text or a script that are shown.
const SHOWN: usize = 400;

/// Describes `frozen`.
pub(crate) fn summarize(network: Network, frozen: &Frozen) -> Summary {
    let payload = &frozen.payload;
    let source = String::from_utf8_lossy(&payload.script);
    let arguments: Vec<Value> = payload
        .arguments
        .iter()
        .map(|one| serde_json::from_slice(one).unwrap_or(Value::Null))
        .collect();
    let mut summary = Summary {
        chain: "FLOW".to_owned(),
        network,
        action: String::new(),
        from: payload
            .authorizers
            .iter()
            .map(ToString::to_string)
            .collect(),
        transfers: Vec::new(),
        fee: None,
        nonce: None,
        details: Vec::new(),
        warnings: Vec::new(),
    };
    let known = Script::of_source(network, &source)
        .is_some_and(|script| describe(script, &arguments, &mut summary));
    if !known {
        custom(&source, payload.arguments.as_slice(), &mut summary);
    }
    let detail = |name: &str, value: String| (name.to_owned(), value);
    summary.details.extend([
        detail("paid by", format!("{} of the platform", payload.payer)),
        detail(
            "proposed by",
            format!(
                "{} of the platform, key {}, sequence number {}",
                payload.proposer, payload.proposer_key, payload.sequence_number
            ),
        ),
        detail(
            "reference block",
            format!(
                "{} at height {}",
                hex::encode(payload.reference_block),
                frozen.height
            ),
        ),
    ]);
    summary
}

/// Describes a built-in transaction; whether its arguments are what the script takes.
fn describe(script: Script, arguments: &[Value], summary: &mut Summary) -> bool {
    let text = |value: &Value, kind: &str| {
        let value = (value["type"] == kind).then(|| value["value"].as_str())?;
        value.map(str::to_owned)
    };
    let mut detail = |name: &str, value: String| {
        summary.details.push((name.to_owned(), shown(&value)));
    };
    let described = match (script, arguments) {
        (Script::CreateAccount | Script::AddKey, [record]) => {
            let (weight, action) = match script {
                Script::CreateAccount => (1000, "account creation"),
                _ => (0, "key for the account"),
            };
            let record = text(record, "String");
            record.and_then(|it| recorded_key(&it, weight)).map(|key| {
                detail("public key", key);
                detail("weight", weight.to_string());
                action.to_owned()
            })
        }
        (Script::TransferFlow | Script::TransferFusd, [amount, to]) => {
            let unit = match script {
                Script::TransferFlow => FLOW_COIN,
                _ => Unit::new("FUSD", FLOW_COIN.decimals),
            };
            let amount = text(amount, "UFix64").and_then(|it| Amount::parse(&it, unit).ok());
            amount.zip(text(to, "Address")).map(|(amount, to)| {
                summary.transfers.push(Transfer {
                    to,
                    amount,
                    change: false,
                });
                "transfer".to_owned()
            })
        }
        (Script::MintNft, [to, url, kind]) => {
            let parts = (
                text(to, "Address"),
                text(url, "String"),
                text(kind, "String"),
            );
            match parts {
                (Some(to), Some(url), Some(kind)) => {
                    detail("recipient", to.clone());
                    detail("URL", url);
                    detail("token type", kind.clone());
                    Some(format!("mint an NFT of {kind} for {to}"))
                }
                _ => None,
            }
        }
        (Script::MintSeveralNfts, [recipients, urls, kind]) => {
            let list = |value: &Value, kind: &str| {
                let elements = value["value"].as_array()?;
                let texts = elements.iter().map(|one| text(one, kind));
                texts.collect::<Option<Vec<_>>>()
            };
            let lists = (list(recipients, "Address"), list(urls, "String"));
            match (lists.0, lists.1, text(kind, "String")) {
                (Some(recipients), Some(urls), Some(kind)) if recipients.len() == urls.len() => {
                    for (to, url) in recipients.iter().zip(urls) {
                        detail(to, url);
                    }
                    Some(format!("mint {} NFTs of {kind}", recipients.len()))
                }
                _ => None,
            }
        }
        (Script::BurnNft, [token, kind]) => text(token, "UInt64")
            .zip(text(kind, "String"))
            .map(|(token, kind)| format!("burn NFT {token} of {kind}")),
        (Script::TransferNft, [to, token]) => text(to, "Address")
            .zip(text(token, "UInt64"))
            .map(|(to, token)| format!("transfer NFT {token} to {to}")),
        _ => None,
    };
    match described {
        Some(action) => {
            summary.action = shown(&action);
            true
        }
        None => false,
    }
}

/// The key of a record that [`Request`](crate::request::Request) makes for this weight; nothing
/// for any other, which the script may read in another way.
fn recorded_key(record: &str, weight: u64) -> Option<String> {
    let key = record.get(8..136)?;
    let same = key_record(key, weight).ok()?;
    (same == record).then(|| key.to_owned())
}

/// A script that somebody else wrote: nobody knows what it does from its arguments.
fn custom(source: &str, arguments: &[alloy_primitives::Bytes], summary: &mut Summary) {
    let hash = hex::encode(Sha3_256::digest(source.as_bytes()));
    summary.action = format!("custom script {}…", hash.get(..16).unwrap_or(&hash));
    summary.details.push(("script SHA3-256".to_owned(), hash));
    for (number, argument) in (1..).zip(arguments) {
        let text = plain(&String::from_utf8_lossy(argument));
        summary.details.push((format!("argument {number}"), text));
    }
    summary.details.push(("script".to_owned(), shown(source)));
    summary
        .warnings
        .push("what the script does is for you to know".to_owned());
}

/// In one line, shortened.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", plain(text.get(..end).unwrap_or_default())),
        None => plain(text),
    }
}

/// In one line, without characters that are not seen or that do something to a terminal.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '"' | '\'' | '\\' => plain.push(one),
            '\n' | '\r' | '\t' => plain.push(' '),
            other => plain.extend(other.escape_debug()),
        }
    }
    plain
}
