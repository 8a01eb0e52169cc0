//! What a transaction does, for people: read from the bytes that are signed.

use kms_core::prelude::{Amount, Network, Summary, Transfer, Unit};
use serde_json::Value;
use sha3::{Digest as _, Sha3_256};

use crate::{frozen::Frozen, plugin::FLOW_COIN, script::Script};

/// The most characters of an argument or a script that are shown.
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
            text(record, "String").map(|record| {
                // x and y stand after the headers of list and text.
                let key = record.get(8..136).unwrap_or(&record).to_owned();
                detail("public key", key);
                let weight = if script == Script::CreateAccount {
                    "1000"
                } else {
                    "0"
                };
                detail("weight", weight.to_owned());
                if script == Script::CreateAccount {
                    "account creation"
                } else {
                    "key for the account"
                }
                .to_owned()
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
            let list = |value: &Value| {
                let elements = value["value"].as_array()?;
                elements
                    .iter()
                    .map(|one| one["value"].as_str().map(str::to_owned))
                    .collect::<Option<Vec<_>>>()
            };
            match (list(recipients), list(urls), text(kind, "String")) {
                (Some(recipients), Some(urls), Some(kind)) => {
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
            summary.action = action;
            true
        }
        None => false,
    }
}

/// A script that somebody else wrote: nobody knows what it does from its arguments.
fn custom(source: &str, arguments: &[alloy_primitives::Bytes], summary: &mut Summary) {
    let hash = hex::encode(Sha3_256::digest(source.as_bytes()));
    summary.action = format!("custom script {}…", hash.get(..16).unwrap_or(&hash));
    summary.details.push(("script SHA3-256".to_owned(), hash));
    for (number, argument) in (1..).zip(arguments) {
        let text = shown(&String::from_utf8_lossy(argument));
        summary.details.push((format!("argument {number}"), text));
    }
    summary.details.push(("script".to_owned(), shown(source)));
    summary
        .warnings
        .push("what the script does is for you to know".to_owned());
}

/// In one line, shortened, without characters that do something to a terminal.
fn shown(text: &str) -> String {
    let clean = text
        .chars()
        .map(|one| if one.is_control() { ' ' } else { one });
    let mut shown: String = clean.clone().take(SHOWN).collect();
    if clean.count() > SHOWN {
        shown.push('…');
    }
    shown
}
