//! Keys, transactions and wallets that others have published.

use kms_core::{
    chain::{KeyRequest, KeySet, sign},
    prelude::*,
    testkit::{published_wallets, tally},
};
use kms_multiversx::MULTIVERSX;
use serde_json::{Value, json};

const KEYS: &str = include_str!("vectors/published/keys.json");
const TRANSACTIONS: &str = include_str!("vectors/published/transactions.json");

fn cases(file: &str, member: &str, count: usize) -> Vec<Value> {
    let mut published: Value = serde_json::from_str(file).unwrap();
    let cases: Vec<Value> = serde_json::from_value(published[member].take()).unwrap();
    assert_eq!(cases.len(), count);
    tally("published", count, "vectors of MultiversX");
    cases
}

fn key(case: &Value) -> SecretKey {
    let text = SecretText::new(case["secret"].as_str().unwrap());
    MULTIVERSX
        .parse_private_key(Network::Testnet, &text)
        .unwrap()
}

/// The keys of Alice, who sends all that is published.
fn alice() -> KeySet {
    let published: Value = serde_json::from_str(KEYS).unwrap();
    let request = KeyRequest {
        id: "alice".to_owned(),
        index: None,
    };
    let mut keys = KeySet::default();
    keys.push(request, key(&published["keys"][0]));
    keys
}

fn unsigned(keys: &KeySet, message: &str) -> Unsigned {
    let signers = keys.signers(&MULTIVERSX, Network::Testnet).unwrap();
    Unsigned::new(signers, message.as_bytes().to_vec())
}

#[test]
fn keys_have_their_addresses() {
    for case in cases(KEYS, "keys", 6) {
        let public = key(&case).public_key();
        assert_eq!(case["public"], hex::encode(public.encoded()));
        let address = MULTIVERSX.address(Network::Testnet, &public).unwrap();
        assert_eq!(case["address"], address.as_str());
    }
}

#[test]
fn messages_are_read_and_signed_as_they_are() {
    let keys = alice();
    for case in cases(TRANSACTIONS, "messages", 2) {
        let message = case.as_str().unwrap();
        let preimages = MULTIVERSX.preimages(&unsigned(&keys, message)).unwrap();
        assert_eq!(preimages[0].payload, message.as_bytes());
    }
}

#[test]
fn a_transaction_has_its_signature_and_id() {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let keys = alice();
    for case in cases(TRANSACTIONS, "signed", 1) {
        let data = BASE64_STANDARD.encode(case["data"].as_str().unwrap());
        let message = json!({
            "nonce": case["nonce"], "value": case["value"], "receiver": case["receiver"],
            "sender": case["sender"], "gasPrice": case["gasPrice"], "gasLimit": case["gasLimit"],
            "data": data, "chainID": case["chainID"], "version": case["version"],
        });
        let unsigned = unsigned(&keys, &message.to_string());
        let signed = sign(&MULTIVERSX, &unsigned, &keys).unwrap();
        let posted: Value = serde_json::from_str(&signed.tx_data).unwrap();
        assert_eq!(posted["signature"], case["signature"]);
        assert_eq!(case["hash"], signed.transaction_id);
    }
}

#[test]
fn wallets() {
    published_wallets(&MULTIVERSX, include_str!("vectors/published/bip44.json"));
}
