//! How the sandbox plays MultiversX. Nothing here is shared with the signing side: a broadcast
//! transaction is taken apart as text, and its id is computed from bytes written one by one.

use blake2::{Blake2b256, Digest as _};
use ed25519_dalek::{Signature, VerifyingKey};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use serde_json::{Value, json};

/// A recipient, and the contract that administers tokens.
const RECIPIENT: &str = "erd157y5yjjrurz2jmhztpexcxfgmfdxqzqydy77hd3ptaljw2sgaauqevpy26";
const TOKENS: &str = "erd1qqqqqqqqqqqqqqqpqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzllls8a5w6u";

#[derive(Debug)]
pub(crate) struct MultiversXRehearsal;

impl Rehearsal for MultiversXRehearsal {
    fn transactions(
        &self,
        _network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let requests = [
            (
                "transfer with a message",
                json!({"to": RECIPIENT, "value": "1.25", "data": "invoice 7"}),
            ),
            (
                "ESDT transfer",
                json!({
                    "from": 0, "to": RECIPIENT, "value": "0",
                    "data": "ESDTTransfer@544f4b2d316132623363@0f4240",
                }),
            ),
            (
                "pause of a token",
                json!({"to": TOKENS, "data": "pause@544f4b2d316132623363"}),
            ),
        ];
        requests
            .into_iter()
            .zip(wallets.iter().cycle())
            .map(|((title, request), wallet)| RehearsalTransaction {
                title,
                serialized: request.to_string(),
                hashes: vec![wallet.id.clone()],
                index: wallet.mnemonic.then_some(0),
                signatures: Vec::new(),
            })
            .collect()
    }

    fn answer(&self, network: Network, call: &RehearsalCall) -> Option<Value> {
        let question = call.path.strip_prefix("/v3/egld/node/{apiKey}/")?;
        let data = match (call.method.as_str(), question) {
            ("GET", "network/config") => json!({"config": {
                "erd_chain_id": chain_id(network), "erd_min_gas_price": 1_000_000_000,
                "erd_min_transaction_version": 1,
            }}),
            ("GET", path) if path.starts_with("address/") && path.ends_with("/nonce") => {
                json!({"nonce": 7})
            }
            ("POST", "transaction/cost") => {
                let data = call.body.as_ref()?.get("data").and_then(Value::as_str);
                let gas = if data.is_some() { 500_000 } else { 50_000 };
                json!({"txGasUnits": gas, "returnMessage": ""})
            }
            _ => return None,
        };
        Some(json!({"data": data, "error": "", "code": "successful"}))
    }

    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String> {
        let members: Value =
            serde_json::from_str(tx_data).map_err(|error| format!("txData is no JSON: {error}"))?;
        let text = |name: &str| {
            let value = members.get(name).and_then(Value::as_str);
            value.ok_or_else(|| format!("{name} is no text"))
        };
        let number = |name: &str| {
            let value = members.get(name).and_then(Value::as_u64);
            value.ok_or_else(|| format!("{name} is no number"))
        };
        if text("chainID")? != chain_id(network) {
            return Err(format!("the chain id is not that of {network}"));
        }
        let (message, signature) = tx_data
            .rsplit_once(",\"signature\":\"")
            .ok_or("there is no signature")?;
        let signature = signature
            .strip_suffix("\"}")
            .and_then(|digits| hex::decode(digits).ok())
            .ok_or("the signature is not the last member, or not hexadecimal")?;
        let sender = bytes_of(text("sender")?)?;
        let receiver = bytes_of(text("receiver")?)?;
        let key =
            VerifyingKey::from_bytes(&sender).map_err(|_| "the sender is no key".to_owned())?;
        let proof = Signature::from_slice(&signature)
            .map_err(|_| "the signature has not 64 bytes".to_owned())?;
        key.verify_strict(format!("{message}}}").as_bytes(), &proof)
            .map_err(|_| "the sender has not signed it".to_owned())?;

        let value: u128 = text("value")?
            .parse()
            .map_err(|_| "the value is no number, or more than the sandbox plays".to_owned())?;
        let magnitude = value.to_be_bytes();
        let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
        let magnitude = magnitude.get(zeros.min(15)..).unwrap_or_default();
        let data = match members.get("data") {
            Some(_) => from_base64(text("data")?).ok_or("data is not base64")?,
            None => Vec::new(),
        };
        let protobuf = [
            varint(1, number("nonce")?),
            bytes(2, &[&[0], magnitude].concat()),
            bytes(3, &receiver),
            bytes(5, &sender),
            varint(7, number("gasPrice")?),
            varint(8, number("gasLimit")?),
            bytes(9, &data),
            bytes(10, text("chainID")?.as_bytes()),
            varint(11, number("version")?),
            bytes(12, &signature),
        ];
        Ok(Verdict {
            transaction_id: hex::encode(Blake2b256::digest(protobuf.concat())),
            signers: vec![Address::new(text("sender")?)],
        })
    }
}

fn chain_id(network: Network) -> &'static str {
    match network {
        Network::Mainnet => "1",
        Network::Testnet => "T",
    }
}

/// The 32 bytes of an address.
fn bytes_of(address: &str) -> Result<[u8; 32], String> {
    bech32::decode(address)
        .ok()
        .filter(|(prefix, _)| prefix.as_str() == "erd")
        .and_then(|(_, bytes)| bytes.try_into().ok())
        .ok_or_else(|| format!("{address:?} is no address"))
}

/// RFC 4648 §4, with its padding.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let mut bits = Vec::new();
    for digit in digits.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == digit)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    let byte = |bits: &[bool]| {
        bits.iter()
            .fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit))
    };
    text.len()
        .is_multiple_of(4)
        .then(|| bits.chunks_exact(8).map(byte).collect())
}

/// A length-delimited field, unless it is empty.
fn bytes(number: u64, value: &[u8]) -> Vec<u8> {
    if value.is_empty() {
        return Vec::new();
    }
    let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
    [base128(number << 3 | 2), base128(length), value.to_vec()].concat()
}

/// A varint field, unless it is zero.
fn varint(number: u64, value: u64) -> Vec<u8> {
    if value == 0 {
        return Vec::new();
    }
    [base128(number << 3), base128(value)].concat()
}

fn base128(mut rest: u64) -> Vec<u8> {
    let mut written = Vec::new();
    loop {
        let [low, ..] = (rest & 0x7f).to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            written.push(low);
            return written;
        }
        written.push(low | 0x80);
    }
}
