//! Nothing that comes from outside makes the plugin panic, and only signatures are added.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_stellar::STELLAR;
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

/// Every recorded `serializedTransaction`, and a key.
fn recorded() -> (Vec<String>, KeySet) {
    let vectors: Value = serde_json::from_str(include_str!("vectors/XLM.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let texts = cases
        .iter()
        .map(|case| case["pending"]["serializedTransaction"].as_str().unwrap())
        .map(str::to_owned)
        .collect();
    let text = SecretText::new(vectors["keys"][0]["privateKey"].as_str().unwrap());
    let key = STELLAR.parse_private_key(Network::Mainnet, &text).unwrap();
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(request, key);
    (texts, keys)
}

fn prepare(serialized: &str, keys: &KeySet) -> Result<Unsigned, TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "XLM", "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let signers = keys.signers(&STELLAR, Network::Mainnet).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(STELLAR.prepare(&pending, signers, &node))
}

#[test]
fn a_second_signature_of_the_same_key_is_left_out_and_told() {
    let (texts, keys) = recorded();
    for text in texts {
        let once = prepare(&text, &keys).unwrap();
        let summary = STELLAR.summarize(Network::Mainnet, &once).unwrap();
        assert!(!summary.warnings.iter().any(|it| it.contains("already")));
        let once = sign(&STELLAR, &once, &keys).unwrap();
        let twice = prepare(&once.tx_data, &keys).unwrap();
        assert_eq!(sign(&STELLAR, &twice, &keys).unwrap(), once);
        let summary = STELLAR.summarize(Network::Mainnet, &twice).unwrap();
        assert!(summary.warnings.iter().any(|it| it.contains("already")));
    }
}

#[test]
fn the_network_is_frozen_with_the_body() {
    let (texts, keys) = recorded();
    let unsigned = prepare(&texts[0], &keys).unwrap();
    assert!(STELLAR.summarize(Network::Mainnet, &unsigned).is_ok());
    assert!(STELLAR.summarize(Network::Testnet, &unsigned).is_err());
}

#[test]
fn a_payment_is_told_with_its_memo_and_fee() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/XLM.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let (_, keys) = recorded();
    let case = cases
        .iter()
        .find(|it| it["name"] == "payment-native")
        .unwrap();
    let text = case["pending"]["serializedTransaction"].as_str().unwrap();
    let summary = STELLAR
        .summarize(Network::Mainnet, &prepare(text, &keys).unwrap())
        .unwrap();
    assert_eq!(
        summary.to_string(),
        "payment: 10 XLM to GB7FCJWSW6O74ZIOUQU5WKT7EWVCWK3NLJAFAUESJFFRFGIAPAQ3BFDX, fee at most 0.00001 XLM"
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        let (_, keys) = recorded();
        prop_assert!(prepare(&text, &keys).is_err());
    }

    /// What is read is broadcast as it came, save the signatures.
    #[test]
    fn changed_bytes_are_kept_or_refused(
        case: prop::sample::Index,
        position: prop::sample::Index,
        byte: u8,
    ) {
        let (texts, keys) = recorded();
        let mut bytes = BASE64_STANDARD.decode(case.get(&texts)).unwrap();
        *position.get_mut(&mut bytes) = byte;
        if let Ok(unsigned) = prepare(&BASE64_STANDARD.encode(&bytes), &keys) {
            // What cannot be told (an amount below zero) is refused before it is signed.
            if STELLAR.summarize(Network::Mainnet, &unsigned).is_err() {
                return Ok(());
            }
            let signed = sign(&STELLAR, &unsigned, &keys).unwrap();
            let signed = BASE64_STANDARD.decode(signed.tx_data).unwrap();
            prop_assert_eq!(signed.len(), bytes.len() + 72);
            prop_assert_eq!(&unsigned.body()[32..], &bytes);
        }
    }

    #[test]
    fn no_body_and_no_broadcast_panics(body: Vec<u8>) {
        let (_, keys) = recorded();
        let signers = keys.signers(&STELLAR, Network::Mainnet).unwrap();
        let judge = STELLAR.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Mainnet, &BASE64_STANDARD.encode(&body)).is_err());
        let unsigned = Unsigned::new(signers, body);
        prop_assert!(STELLAR.summarize(Network::Mainnet, &unsigned).is_err());
        prop_assert!(STELLAR.preimages(&unsigned).is_err());
        prop_assert!(STELLAR.assemble(&unsigned, &[]).is_err());
    }
}
