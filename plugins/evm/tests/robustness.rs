//! Nothing that comes from outside makes the plugin panic.

use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_evm::{CELO, ETHEREUM, EvmChain, KLAY, ONE, XDC};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

fn signers() -> Vec<Signer> {
    let mut keys = KeySet::default();
    let key = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(key, SecretKey::secp256k1(&[0x46; 32]).unwrap());
    keys.signers(&ETHEREUM, Network::Testnet).unwrap()
}

/// The rows that read requests each in a way of its own.
const DIALECTS: [&EvmChain; 4] = [&CELO, &KLAY, &ONE, &XDC];

/// Prepares `serialized` without any node, and on success takes it through the pure steps.
fn drive(serialized: &str) -> Result<(), TransactionError> {
    for chain in DIALECTS {
        // The same for that chain, so that it gets as far.
        let chain_id = chain.chain_ids().testnet[0];
        let mut text = serialized.replace("11155111", &chain_id.to_string());
        if chain.info().code == "CELO" {
            text = text.replace("\"gas\":", "\"gasLimit\":");
        }
        let node = ScriptedNode::new(Network::Testnet, &answers(chain_id));
        let _ = drive_on(chain, &text, node);
        if chain.info().code == "CELO" {
            let node = ScriptedNode::new(Network::Testnet, &answers(chain_id));
            let _ = drive_on(chain, &text, node.with_option("layout", "cip64"));
        }
    }
    let silent = ScriptedNode::new(Network::Testnet, &[]);
    drive_on(&ETHEREUM, serialized, silent)
}

/// For the chains that ask whatever is given.
fn answers(chain_id: u64) -> Vec<Value> {
    let answer = |(method, result): (&str, u64)| {
        json!({
            "method": "POST", "path": "/", "body": {"jsonrpc": "2.0", "method": method},
            "response": {"jsonrpc": "2.0", "id": 1, "result": format!("{result:#x}")},
        })
    };
    let answers = [
        ("eth_chainId", chain_id),
        ("eth_gasPrice", 7),
        ("eth_getTransactionCount", 7),
        ("eth_estimateGas", 90_000),
    ];
    answers.map(answer).to_vec()
}

fn drive_on(
    chain: &EvmChain,
    serialized: &str,
    node: ScriptedNode,
) -> Result<(), TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": chain.info().code, "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(chain.prepare(&pending, signers(), &node))?;
    chain.summarize(Network::Testnet, &unsigned)?;
    chain.preimages(&unsigned).map(|_| ())
}

/// JSON values of the right and of the wrong kind.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("\"\"".to_owned()),
        Just("true".to_owned()),
        Just("[]".to_owned()),
        Just("1e21".to_owned()),
        Just("\"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        (0_u32..100_000).prop_map(|number| number.to_string()),
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
                "to", "from", "value", "data", "input", "gas", "gasLimit", "gasPrice", "nonce",
                "type", "accessList", "maxFeePerGas", "maxPriorityFeePerGas", "other",
                "feeCurrency", "gatewayFee", "gatewayFeeRecipient",
            ]),
            values(),
            0..8,
        )
    ) {
        // What would be asked of the node is given, so that many of these go all the way.
        let mut json = r#"{"chainId":11155111"#.to_owned();
        for name in ["gas", "gasPrice", "nonce"] {
            if !members.contains_key(name) && !members.contains_key("maxFeePerGas") {
                json.push_str(&format!(r#","{name}":"90000""#));
            }
        }
        for (name, value) in &members {
            json.push_str(&format!(r#","{name}":{value}"#));
        }
        json.push('}');
        let _ = drive(&json);
    }

    #[test]
    fn no_body_panics(body: Vec<u8>) {
        let unsigned = Unsigned::new(signers(), body);
        prop_assert!(ETHEREUM.summarize(Network::Testnet, &unsigned).is_err());
        prop_assert!(ETHEREUM.preimages(&unsigned).is_err());
        prop_assert!(ETHEREUM.assemble(&unsigned, &[]).is_err());
    }

    #[test]
    fn no_call_data_panics(data: Vec<u8>, known in proptest::bool::ANY) {
        let data = if known { [&[0xa9, 0x05, 0x9c, 0xbb], &data[..]].concat() } else { data };
        let data = hex::encode(data);
        let request = json!({
            "to": "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "data": data,
            "gas": 9_000_000, "gasPrice": 1, "nonce": 1, "chainId": 5,
        });
        prop_assert!(drive(&request.to_string()).is_ok());
    }
}
