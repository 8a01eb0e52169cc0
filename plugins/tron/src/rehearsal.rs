//! How the sandbox plays TRON. Nothing here is shared with the signing side: transactions are
//! written byte by byte, and a broadcast one is taken apart by other parsers.

use alloy_primitives::keccak256;
use k256::ecdsa::{RecoveryId, VerifyingKey};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A recipient, and a contract that is a token.
const RECIPIENT: [u8; 21] = [0x41; 21];
const TOKEN: [u8; 21] = {
    let mut bytes = [0x11; 21];
    bytes[0] = 0x41;
    bytes
};

#[derive(Debug)]
pub(crate) struct TronRehearsal;

impl Rehearsal for TronRehearsal {
    fn transactions(
        &self,
        _network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let samples = [sample_transfer, sample_token_transfer, sample_stake];
        let first_address = |wallet: &RehearsalWallet| {
            let address = wallet.addresses.first()?.as_str();
            // Decoding takes quadratic time, and an address has 34 digits.
            let address = Some(address).filter(|address| address.len() <= 34)?;
            bs58::decode(address).with_check(None).into_vec().ok()
        };
        samples
            .iter()
            .zip(wallets.iter().cycle())
            .filter_map(|(sample, wallet)| {
                let sample = sample(&first_address(wallet)?);
                Some(RehearsalTransaction {
                    title: sample.title,
                    serialized: sample.serialized(),
                    hashes: vec![wallet.id.clone()],
                    index: wallet.mnemonic.then_some(0),
                    signatures: Vec::new(),
                })
            })
            .collect()
    }

    /// TRON's transactions come complete, nobody is asked.
    fn answer(&self, _network: Network, _call: &RehearsalCall) -> Option<Value> {
        None
    }

    fn verify(&self, _network: Network, tx_data: &str) -> Result<Verdict, String> {
        let transaction: Value =
            serde_json::from_str(tx_data).map_err(|error| format!("txData is no JSON: {error}"))?;
        let text = |name: &str| {
            let value = transaction.get(name).and_then(Value::as_str);
            value.ok_or_else(|| format!("{name} is no text"))
        };
        let raw = hex::decode(text("raw_data_hex")?)
            .map_err(|_| "raw_data_hex is not hexadecimal".to_owned())?;
        let id = Sha256::digest(&raw);
        if text("txID")? != hex::encode(id) {
            return Err("txID is not the SHA-256 of raw_data_hex".to_owned());
        }
        let signatures = transaction.get("signature").and_then(Value::as_array);
        let [signature] = signatures.map_or(&[][..], Vec::as_slice) else {
            return Err("there is not one signature".to_owned());
        };
        let signer = recover(&id, signature.as_str().unwrap_or_default())?;
        // contract -> parameter -> value. The owner is among its first fields.
        let value = [11, 2, 2]
            .iter()
            .try_fold(raw.as_slice(), |message, number| field(message, *number))
            .ok_or("raw_data_hex holds no contract")?;
        if ![1, 2]
            .iter()
            .any(|number| field(value, *number) == Some(&signer))
        {
            return Err("the contract's owner is not the signer".to_owned());
        }
        Ok(Verdict {
            transaction_id: hex::encode(id),
            signers: vec![Address::new(
                bs58::encode(signer).with_check().into_string(),
            )],
        })
    }
}

/// A transaction in both of its forms.
struct Sample {
    title: &'static str,
    contract_type: &'static str,
    number: u64,
    value: Value,
    parameter: Vec<u8>,
    fee_limit: u64,
}

fn sample_transfer(owner: &[u8]) -> Sample {
    Sample {
        title: "transfer",
        contract_type: "TransferContract",
        number: 1,
        value: json!({
            "amount": 1_250_000, "owner_address": hex::encode(owner),
            "to_address": hex::encode(RECIPIENT),
        }),
        parameter: [bytes(1, owner), bytes(2, &RECIPIENT), varint(3, 1_250_000)].concat(),
        fee_limit: 0,
    }
}

fn sample_token_transfer(owner: &[u8]) -> Sample {
    let mut data = vec![0xa9, 0x05, 0x9c, 0xbb];
    data.extend([0; 12]);
    data.extend(&RECIPIENT[1..]);
    data.extend([0; 28]);
    data.extend(1_500_000_u32.to_be_bytes());
    Sample {
        title: "TRC-20 transfer",
        contract_type: "TriggerSmartContract",
        number: 31,
        value: json!({
            "data": hex::encode(&data), "owner_address": hex::encode(owner),
            "contract_address": hex::encode(TOKEN),
        }),
        parameter: [bytes(1, owner), bytes(2, &TOKEN), bytes(4, &data)].concat(),
        fee_limit: 15_000_000,
    }
}

fn sample_stake(owner: &[u8]) -> Sample {
    Sample {
        title: "stake for energy",
        contract_type: "FreezeBalanceV2Contract",
        number: 54,
        value: json!({
            "resource": "ENERGY", "frozen_balance": 5_000_000, "owner_address": hex::encode(owner),
        }),
        parameter: [bytes(1, owner), varint(2, 5_000_000), varint(3, 1)].concat(),
        fee_limit: 0,
    }
}

impl Sample {
    fn serialized(&self) -> String {
        let type_url = format!("type.googleapis.com/protocol.{}", self.contract_type);
        let (expiration, timestamp) = (1_714_557_660_000_u64, 1_714_557_600_000_u64);
        let block = ([0x3f, 0x1c], [0xa1; 8]);
        let any = [bytes(1, type_url.as_bytes()), bytes(2, &self.parameter)].concat();
        let contract = [varint(1, self.number), bytes(2, &any)].concat();
        let mut raw = [
            bytes(1, &block.0),
            bytes(4, &block.1),
            varint(8, expiration),
            bytes(11, &contract),
            varint(14, timestamp),
        ]
        .concat();
        let mut raw_data = json!({
            "contract": [{
                "parameter": {"value": self.value, "type_url": type_url},
                "type": self.contract_type,
            }],
            "ref_block_bytes": hex::encode(block.0),
            "ref_block_hash": hex::encode(block.1),
            "expiration": expiration,
            "timestamp": timestamp,
        });
        if self.fee_limit != 0 {
            raw.extend(varint(18, self.fee_limit));
            if let Some(members) = raw_data.as_object_mut() {
                members.insert("fee_limit".to_owned(), self.fee_limit.into());
            }
        }
        json!({
            "visible": false, "txID": hex::encode(Sha256::digest(&raw)), "raw_data": raw_data,
            "raw_data_hex": hex::encode(&raw),
        })
        .to_string()
    }
}

/// A length-delimited field.
fn bytes(number: u64, value: &[u8]) -> Vec<u8> {
    let mut field = varint(number, u64::try_from(value.len()).unwrap_or(u64::MAX));
    // The key's low bits: length-delimited instead of varint.
    if let Some(key) = field.first_mut() {
        *key |= 2;
    }
    field.extend(value);
    field
}

/// A varint field.
fn varint(number: u64, value: u64) -> Vec<u8> {
    let mut field = Vec::new();
    for mut rest in [number << 3, value] {
        loop {
            let [low, ..] = (rest & 0x7f).to_le_bytes();
            rest >>= 7;
            if rest == 0 {
                field.push(low);
                break;
            }
            field.push(low | 0x80);
        }
    }
    field
}

/// The first length-delimited field with this number.
fn field(mut message: &[u8], wanted: u64) -> Option<&[u8]> {
    while !message.is_empty() {
        let key = read_varint(&mut message)?;
        let value = read_varint(&mut message)?;
        match key & 7 {
            0 => {}
            2 => {
                let (field, rest) = message.split_at_checked(usize::try_from(value).ok()?)?;
                if key >> 3 == wanted {
                    return Some(field);
                }
                message = rest;
            }
            _ => return None,
        }
    }
    None
}

fn read_varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The address whose key made `signature` of `digest`.
fn recover(digest: &[u8], signature: &str) -> Result<[u8; 21], String> {
    let wrong = |_| "the signature recovers to no key".to_owned();
    let (rs, v) = signature
        .split_at_checked(128)
        .ok_or("a signature has 130 hexadecimal digits")?;
    let odd = match v {
        "1B" => false,
        "1C" => true,
        _ => return Err("a signature ends with 1B or 1C".to_owned()),
    };
    let rs = hex::decode(rs).map_err(|_| "the signature is not hexadecimal".to_owned())?;
    let rs = k256::ecdsa::Signature::from_slice(&rs).map_err(wrong)?;
    if rs.normalize_s() != rs {
        return Err("the S of the signature is in the upper half".to_owned());
    }
    let recovery_id = RecoveryId::new(odd, false);
    let key = VerifyingKey::recover_from_prehash(digest, &rs, recovery_id).map_err(wrong)?;
    let point = k256::PublicKey::from(&key);
    let point = k256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&point, false);
    let coordinates = point.as_bytes().get(1..).unwrap_or_default();
    let mut address = [0x41; 21];
    address[1..].copy_from_slice(&keccak256(coordinates).0[12..]);
    Ok(address)
}
