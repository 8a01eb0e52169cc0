//! How the sandbox plays Algorand. Nothing here is shared with the signing side: transactions are
//! written as text, and a broadcast one is taken apart byte by byte.

use ed25519_dalek::{Signature, VerifyingKey};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512_256};

#[derive(Debug)]
pub(crate) struct AlgorandRehearsal;

impl Rehearsal for AlgorandRehearsal {
    fn transactions(
        &self,
        network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let recipient = json!({"publicKey": typed_array(&[0x41; 32]), "checksum": {}});
        let samples = [
            (
                "payment with a note",
                json!({
                    "type": "pay", "to": recipient, "amount": 1_250_000, "flatFee": true,
                    "note": typed_array(b"invoice 7"),
                }),
            ),
            (
                "asset transfer",
                json!({
                    "type": "axfer", "to": recipient, "amount": 250, "assetIndex": 10_458_941,
                    "flatFee": false, "note": {},
                }),
            ),
            (
                "payment of a group, with a lease",
                json!({
                    "type": "pay", "to": recipient, "amount": 1, "flatFee": true, "note": {},
                    "lease": typed_array(&[0x07; 32]), "group": buffer(&[0x13; 32]),
                }),
            ),
        ];
        samples
            .into_iter()
            .zip(wallets.iter().cycle())
            .filter_map(|((title, mut transaction), wallet)| {
                let sender = key_of(wallet.addresses.first()?.as_str())?;
                let common = json!({
                    "name": "Transaction", "tag": buffer(b"TX"), "fee": 1000, "appArgs": [],
                    "from": {"publicKey": typed_array(&sender), "checksum": {}},
                    "firstRound": 30_000_000, "lastRound": 30_001_000,
                    "genesisID": format!("{network}-v1.0"),
                    "genesisHash": buffer(&genesis_hash(network)),
                });
                for (name, value) in common.as_object()? {
                    let members = transaction.as_object_mut()?;
                    members.insert(name.clone(), value.clone());
                }
                Some(RehearsalTransaction {
                    title,
                    serialized: transaction.to_string(),
                    hashes: vec![wallet.id.clone()],
                    index: None,
                    signatures: Vec::new(),
                })
            })
            .collect()
    }

    /// Algorand's transactions come complete, nobody is asked.
    fn answer(&self, _network: Network, _call: &RehearsalCall) -> Option<Value> {
        None
    }

    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String> {
        let bytes = hex::decode(tx_data).map_err(|_| "txData is not hexadecimal".to_owned())?;
        let signed = members(&bytes).ok_or("txData is no map")?;
        let names: Vec<&[u8]> = signed.iter().map(|(name, _)| *name).collect();
        if !matches!(names[..], [b"sgnr", b"sig", b"txn"] | [b"sig", b"txn"]) {
            return Err("txData is no map of sig and txn, with or without sgnr".to_owned());
        }
        let transaction = member(&signed, b"txn").ok_or("there is no txn")?;
        let terms = members(transaction).ok_or("txn is no map")?;
        let sender = array(&terms, b"snd").ok_or("snd is no account")?;
        let signature = array(&signed, b"sig").ok_or("sig has not 64 bytes")?;
        let signer = match member(&signed, b"sgnr") {
            None => sender,
            Some(_) => array(&signed, b"sgnr")
                .filter(|signer| *signer != sender)
                .ok_or("sgnr is no account, or the sender")?,
        };
        if array(&terms, b"gh") != Some(genesis_hash(network)) {
            return Err(format!("the genesis hash is not that of {network}"));
        }
        let message = [b"TX", transaction].concat();
        VerifyingKey::from_bytes(&signer)
            .map_err(|_| "the signer is no key".to_owned())?
            .verify_strict(&message, &Signature::from_bytes(&signature))
            .map_err(|_| "the signer has not signed it".to_owned())?;
        Ok(Verdict {
            transaction_id: base32(&Sha512_256::digest(message)),
            signers: vec![Address::new(address(&signer))],
        })
    }
}

/// The members of a map of fewer than 16, and nothing behind it: names and encoded values.
fn members(map: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let (marker, mut rest) = map.split_first()?;
    let count = marker.checked_sub(0x80).filter(|count| *count < 16)?;
    let mut members = Vec::new();
    for _ in 0..count {
        let (name, value) = split(rest, 0)?;
        let (value, next) = split(value, 2)?;
        let (length, name) = name.split_first()?;
        (usize::from(length.checked_sub(0xa0)?) == name.len()).then_some(())?;
        members.push((name, value));
        rest = next;
    }
    rest.is_empty().then_some(members)
}

/// The first encoded value, in which maps may be nested so deep, and what follows it.
fn split(bytes: &[u8], depth: u8) -> Option<(&[u8], &[u8])> {
    let (marker, rest) = bytes.split_first()?;
    let length = |size: usize| {
        let digits = rest.get(..size)?.iter();
        digits
            .fold(0_usize, |length, digit| length << 8 | usize::from(*digit))
            .checked_add(size)
    };
    let length = match marker {
        0x00..=0x7f | 0xc3 => 0,
        0x80..=0x8f => {
            let depth = depth.checked_sub(1)?;
            let mut left = rest;
            for _ in 0..usize::from(marker & 0x0f).checked_mul(2)? {
                (_, left) = split(left, depth)?;
            }
            rest.len().checked_sub(left.len())?
        }
        0xa0..=0xbf => usize::from(marker & 0x1f),
        0xc4 | 0xd9 => length(1)?,
        0xc5 => length(2)?,
        0xcc => 1,
        0xcd => 2,
        0xce => 4,
        0xcf => 8,
        _ => return None,
    };
    bytes.split_at_checked(length.checked_add(1)?)
}

fn member<'a>(members: &[(&[u8], &'a [u8])], wanted: &[u8]) -> Option<&'a [u8]> {
    let (_, value) = members.iter().find(|(name, _)| *name == wanted)?;
    Some(value)
}

/// The bytes of a member that has as many.
fn array<const N: usize>(members: &[(&[u8], &[u8])], wanted: &[u8]) -> Option<[u8; N]> {
    let value = member(members, wanted)?.strip_prefix(b"\xc4")?;
    let (length, bytes) = value.split_first()?;
    (usize::from(*length) == N).then(|| bytes.try_into().ok())?
}

fn genesis_hash(network: Network) -> [u8; 32] {
    let digits = match network {
        Network::Mainnet => "c061c4d8fc1dbdded2d7604be4568e3f6d041987ac37bde4b620b5ab39248adf",
        Network::Testnet => "4863b518a4b3c84ec810f22d4f1081cb0f71f059a7ac20dec62f7f70e5093a22",
    };
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).expect("64 digits");
    hash
}

/// Public key and the end of its hash.
fn address(key: &[u8; 32]) -> String {
    let hash = Sha512_256::digest(key);
    let checksum = hash.last_chunk::<4>().expect("the hash has 32 bytes");
    base32(&[key.as_slice(), checksum].concat())
}

/// The public key of an address.
fn key_of(text: &str) -> Option<[u8; 32]> {
    let bits = text.bytes().map(|letter| {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        Some((0..5).rev().map(move |bit| value >> bit & 1 == 1))
    });
    let bits: Vec<bool> = bits
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let bytes: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    let key = *bytes.first_chunk::<32>()?;
    (address(&key) == text).then_some(key)
}

/// RFC 4648 §6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 without padding, bit by bit.
fn base32(bytes: &[u8]) -> String {
    let bits: Vec<bool> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    bits.chunks(5)
        .filter_map(|group| {
            let missing = 5_usize.checked_sub(group.len())?;
            let value = usize::from(byte(group)) << missing;
            ALPHABET.get(value).copied().map(char::from)
        })
        .collect()
}

fn byte(bits: &[bool]) -> u8 {
    bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))
}

/// How JavaScript writes a `Uint8Array`.
fn typed_array(bytes: &[u8]) -> Value {
    let members = (0..)
        .zip(bytes)
        .map(|(position, byte): (usize, _)| (position.to_string(), json!(byte)));
    Value::Object(members.collect())
}

/// How JavaScript writes a `Buffer`.
fn buffer(bytes: &[u8]) -> Value {
    json!({"type": "Buffer", "data": bytes})
}
