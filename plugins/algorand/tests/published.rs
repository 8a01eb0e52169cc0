//! Golden values from the tests of Algorand's own kits, which share no code with this one.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_algorand::ALGORAND;
use kms_core::{
    chain::{KeyRequest, KeySet, sign},
    prelude::*,
    testkit::tally,
};
use serde_json::Value;

/// The list `member`, which has `count` cases.
fn published(member: &str, count: usize) -> Vec<Value> {
    let mut all: Value = serde_json::from_str(include_str!("vectors/published/sdks.json")).unwrap();
    let list: Vec<Value> = serde_json::from_value(all[member].take()).unwrap();
    assert_eq!(list.len(), count, "{member}");
    tally("published", count, "vectors of Algorand's SDKs");
    list
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap()
}

fn keys_of(words: &str) -> KeySet {
    let words = SecretText::new(words);
    let secret = ALGORAND
        .private_key_from_phrase(Network::Testnet, &words)
        .unwrap();
    let key = ALGORAND
        .parse_private_key(Network::Testnet, &secret)
        .unwrap();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    let mut keys = KeySet::default();
    keys.push(request, key);
    keys
}

/// A transaction as it is frozen, with the key of these words.
fn frozen(keys: &KeySet, transaction: &[u8]) -> Unsigned {
    Unsigned::new(
        keys.signers(&ALGORAND, Network::Testnet).unwrap(),
        transaction.to_vec(),
    )
}

#[test]
fn signed_transactions_come_out_byte_for_byte() {
    for case in published("signed", 10) {
        let name = text(&case, "name");
        let golden = BASE64_STANDARD.decode(text(&case, "signed")).unwrap();
        let start = golden.windows(4).position(|window| window == b"\xa3txn");
        let transaction = &golden[start.unwrap() + 4..];

        let keys = keys_of(text(&case, "words"));
        let unsigned = frozen(&keys, transaction);
        let signed = sign(&ALGORAND, &unsigned, &keys).unwrap();
        assert_eq!(signed.tx_data, hex::encode(&golden), "{name}");
        if let Some(id) = case["txId"].as_str() {
            assert_eq!(signed.transaction_id, id, "{name}");
        }
        let summary = ALGORAND.summarize(Network::Testnet, &unsigned).unwrap();
        assert!(!summary.action.is_empty(), "{name}");
    }
}

#[test]
fn unsigned_transactions_are_read() {
    // Whose key it is does not matter here.
    let keys = keys_of(&format!("{}invest", "abandon ".repeat(24)));
    for case in published("unsigned", 3) {
        let transaction = hex::decode(text(&case, "transaction")).unwrap();
        let preimages = ALGORAND.preimages(&frozen(&keys, &transaction)).unwrap();
        assert_eq!(preimages[0].payload, [b"TX", &transaction[..]].concat());
    }
    for case in published("unsupported", 2) {
        let transaction = hex::decode(text(&case, "transaction")).unwrap();
        let error = ALGORAND.preimages(&frozen(&keys, &transaction));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("\"type\" has the wrong type"), "{error}");
    }
}

#[test]
fn phrases_give_their_seeds_and_addresses_their_checksums() {
    for case in published("phrases", 1) {
        let words = SecretText::new(text(&case, "words"));
        let secret = ALGORAND
            .private_key_from_phrase(Network::Mainnet, &words)
            .unwrap();
        let key = ALGORAND
            .parse_private_key(Network::Mainnet, &secret)
            .unwrap();
        assert_eq!(hex::encode(key.to_bytes().expose()), text(&case, "seed"));
    }
    for case in published("addresses", 1) {
        let address = text(&case, "address");
        let bytes = data_encoding::BASE32_NOPAD
            .decode(address.as_bytes())
            .unwrap();
        let key = PublicKey::Ed25519(*bytes.first_chunk().unwrap());
        let written = ALGORAND.address(Network::Mainnet, &key).unwrap();
        assert_eq!(written.as_str(), address);
    }
}

#[test]
fn keys_have_their_addresses() {
    let file = include_str!("vectors/published/addresses.json");
    let published: Value = serde_json::from_str(file).unwrap();
    let cases = published["addresses"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    tally("published", cases.len(), "vectors of Algorand");
    for case in cases {
        let key = hex::decode(text(case, "public")).unwrap();
        let key = PublicKey::Ed25519(key.try_into().unwrap());
        let address = ALGORAND.address(Network::Mainnet, &key).unwrap();
        assert_eq!(address.as_str(), text(case, "address"));
    }
}
