//! Nothing that comes from outside makes the plugin panic.

use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_tron::TRON;
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

/// The key of the recorded case that is mutated.
fn recorded() -> (String, Vec<Signer>) {
    let vectors: Value = serde_json::from_str(include_str!("vectors/TRON.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = cases
        .iter()
        .find(|case| case["name"] == "trc20-transfer")
        .unwrap();
    let text = &case["pending"]["serializedTransaction"];
    let wallets = case["wallets"].as_object().unwrap();
    let entry = wallets.values().next().unwrap();
    let key = SecretText::new(entry["privateKey"].as_str().unwrap());
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    let key = TRON.parse_private_key(Network::Mainnet, &key).unwrap();
    keys.push(request, key);
    let signers = keys.signers(&TRON, Network::Mainnet).unwrap();
    (text.as_str().unwrap().to_owned(), signers)
}

/// Prepares `serialized`, and on success takes it through the pure steps.
fn drive(serialized: &str, signers: Vec<Signer>) -> Result<Unsigned, TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "TRON", "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(TRON.prepare(&pending, signers, &node))?;
    TRON.summarize(Network::Mainnet, &unsigned)?;
    TRON.preimages(&unsigned)?;
    Ok(unsigned)
}

#[test]
fn the_body_is_the_compact_json() {
    let (text, signers) = recorded();
    let spaced = text.replace(',', " ,\n ");
    let unsigned = drive(&spaced, signers).unwrap();
    assert_eq!(unsigned.body(), text.as_bytes());
    // The same value in another notation is not the same body.
    let spaced = Unsigned::new(unsigned.signers().to_vec(), spaced.into_bytes());
    assert!(TRON.preimages(&spaced).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        let (_, signers) = recorded();
        prop_assert!(drive(&text, signers).is_err());
    }

    /// Of all changes of one byte, only those are signed that change nothing of what is signed.
    #[test]
    fn a_changed_byte_is_noticed(position: proptest::sample::Index, byte in 0x20_u8..0x7f) {
        let (text, signers) = recorded();
        let right = drive(&text, signers.clone()).unwrap();
        let mut bytes = text.into_bytes();
        let position = position.index(bytes.len());
        bytes[position] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        if let Ok(unsigned) = drive(&changed, signers) {
            prop_assert_eq!(TRON.preimages(&unsigned).unwrap(), TRON.preimages(&right).unwrap());
            prop_assert_eq!(
                TRON.summarize(Network::Mainnet, &unsigned).unwrap(),
                TRON.summarize(Network::Mainnet, &right).unwrap()
            );
        }
    }

    #[test]
    fn no_body_panics(body: Vec<u8>) {
        let (_, signers) = recorded();
        let unsigned = Unsigned::new(signers, body);
        prop_assert!(TRON.summarize(Network::Mainnet, &unsigned).is_err());
        prop_assert!(TRON.preimages(&unsigned).is_err());
        prop_assert!(TRON.assemble(&unsigned, &[]).is_err());
    }

    #[test]
    fn no_broadcast_panics_the_judge(text in ".*", raw: Vec<u8>, signature in "[0-9a-f]{128}1[BC]") {
        use sha2::Digest as _;
        let judge = TRON.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Mainnet, &text).is_err());
        let id = hex::encode(sha2::Sha256::digest(&raw));
        let json = json!({"txID": id, "raw_data_hex": hex::encode(raw), "signature": [signature]});
        prop_assert!(judge.verify(Network::Mainnet, &json.to_string()).is_err());
    }
}
