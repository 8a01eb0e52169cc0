//! Nothing that comes from outside makes the plugin panic.

use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_vechain::VECHAIN;
use proptest::prelude::*;
use serde_json::{json, value::RawValue};

fn signers() -> Vec<Signer> {
    let mut keys = KeySet::default();
    let key = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(key, SecretKey::secp256k1(&[0x46; 32]).unwrap());
    keys.signers(&VECHAIN, Network::Testnet).unwrap()
}

/// Prepares `serialized` with a node that answers, and on success takes it through the pure
/// steps.
fn drive(serialized: &str) -> Result<(), TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "VET", "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let id = format!("0x{:0>64}", "27");
    let calls = [
        json!({"method": "POST", "path": "/accounts/*?revision=best", "response": [{"gasUsed": 7}]}),
        json!({"method": "GET", "path": "/blocks/0", "response": {"id": id}}),
        json!({"method": "GET", "path": "/blocks/best", "response": {"id": id}}),
    ];
    let node = ScriptedNode::new(Network::Testnet, &calls);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(VECHAIN.prepare(&pending, signers(), &node))?;
    VECHAIN.summarize(Network::Testnet, &unsigned)?;
    VECHAIN.preimages(&unsigned).map(|_| ())
}

/// JSON values of the right and of the wrong kind.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("\"\"".to_owned()),
        Just("true".to_owned()),
        Just("[]".to_owned()),
        Just("39".to_owned()),
        Just("\"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| json!(number).to_string()),
        "0x[0-9a-f]{0,80}".prop_map(|text| json!(text).to_string()),
        "[0-9]{0,80}".prop_map(|text| json!(text).to_string()),
        ".{0,40}".prop_map(|text| json!(text).to_string()),
    ]
}

proptest! {
    #[test]
    fn no_request_panics(text in ".*") {
        prop_assert!(drive(&text).is_err());
    }

    #[test]
    fn no_member_panics(
        members in proptest::collection::btree_map(
            proptest::sample::select(vec![
                "to", "from", "value", "data", "gas", "gasPrice", "nonce", "chainTag", "blockRef",
                "expiration", "gasPriceCoef", "dependsOn", "other",
            ]),
            values(),
            0..6,
        )
    ) {
        let members = members.iter().map(|(name, value)| format!(r#""{name}":{value}"#));
        let _ = drive(&format!("{{{}}}", members.collect::<Vec<_>>().join(",")));
    }

    #[test]
    fn no_body_panics(body: Vec<u8>) {
        let unsigned = Unsigned::new(signers(), body);
        prop_assert!(VECHAIN.summarize(Network::Testnet, &unsigned).is_err());
        prop_assert!(VECHAIN.preimages(&unsigned).is_err());
        prop_assert!(VECHAIN.assemble(&unsigned, &[]).is_err());
    }

    #[test]
    fn no_call_data_panics(data: Vec<u8>, known in proptest::bool::ANY) {
        let data = if known { [&[0xa9, 0x05, 0x9c, 0xbb], &data[..]].concat() } else { data };
        let request = json!({
            "to": "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "data": hex::encode(data),
        });
        prop_assert!(drive(&request.to_string()).is_ok());
    }

    #[test]
    fn no_broadcast_panics_the_judge(bytes: Vec<u8>) {
        let judge = VECHAIN.rehearsal().unwrap();
        let tx_data = format!("0x{}", hex::encode(bytes));
        prop_assert!(judge.verify(Network::Testnet, &tx_data).is_err());
    }
}
