//! The contract every plugin must keep, with the recorded transactions of VeChain.

use std::collections::BTreeMap;

use kms_core::{
    chain::{NodeHost, PendingTransaction},
    prelude::*,
    testkit::{Pipeline, ScriptedNode, contract},
};
use kms_vechain::VECHAIN;
use serde_json::{Value, json, value::RawValue};

const VECTORS: &str = include_str!("vectors/VET.json");

#[test]
fn keeps_the_contract() {
    contract(&VECHAIN, VECTORS);
}

/// Not only the signed bytes: the questions on the way to them are the recorded ones as well.
#[test]
fn asks_nodes_what_was_recorded() {
    for case in cases("transactions") {
        let calls = case["calls"].as_array().unwrap();
        let (node, outcome) = run(&case, None, calls);
        outcome.unwrap();
        let asked = node.seen().into_iter().map(|call| {
            let NodeHost::Outside(host) = call.host else {
                panic!("the cloud was asked: {}", call.path);
            };
            (format!("{host}{}", call.path), call.body)
        });
        let recorded = calls.iter().map(|call| {
            let path = call["path"].as_str().unwrap().to_owned();
            (path, call.get("body").cloned())
        });
        let recorded = recorded.collect::<Vec<_>>();
        assert_eq!(asked.collect::<Vec<_>>(), recorded, "{}", case["name"]);
    }
}

/// Where the original drew a nonce, its bytes come out with that nonce.
#[test]
fn signs_the_recorded_bytes_with_the_recorded_nonce() {
    let mut drawn = 0;
    for case in cases("transactions") {
        let nonce = &case["random"]["nonce"];
        if nonce.is_null() {
            continue;
        }
        let calls = case["calls"].as_array().unwrap();
        let signed = run(&case, Some(nonce), calls).1.unwrap().assembled;
        assert_eq!(signed.tx_data, case["signed"], "{}", case["name"]);
        assert_eq!(signed.transaction_id, case["txId"], "{}", case["name"]);
        drawn += 1;
    }
    assert!(drawn > 0);
}

#[test]
fn a_missing_nonce_is_drawn_anew_each_time() {
    let case = case("transactions", "transfer-only-recipient-and-value");
    let calls = case["calls"].as_array().unwrap();
    let sign = || run(&case, None, calls).1.unwrap().assembled.transaction_id;
    assert_ne!(sign(), sign());
}

/// A mnemonic named in `hashes` with an index: the original asks for a key of another chain.
#[test]
fn signs_where_the_original_failed_without_need() {
    let case = case("errors", "mnemonic-wallet-with-index");
    let estimate = json!({
        "method": "POST", "path": "https://sync-testnet.vechain.org/accounts/*?revision=best",
        "response": [{"data": "0x", "gasUsed": 0, "reverted": false, "vmError": ""}],
    });
    let signed = run(&case, None, &[estimate]).1.unwrap();
    let verdict = VECHAIN
        .rehearsal()
        .unwrap()
        .verify(Network::Testnet, &signed.assembled.tx_data)
        .unwrap();
    let wallets: BTreeMap<String, Value> = serde_json::from_value(case["wallets"].clone()).unwrap();
    let entry = wallets.values().next().unwrap();
    let entry = kms_core::vault::Entry::parse(&entry.to_string()).unwrap();
    let address = kms_core::wallet::address(&VECHAIN, &entry, 1).unwrap();
    assert_eq!(verdict.signers, [address]);
}

/// The reason of a failed simulation, in the original's words.
#[test]
fn a_failed_simulation_is_reported_with_its_reason() {
    for name in ["estimate-reverts", "estimate-vm-error"] {
        let case = case("errors", name);
        let calls = case["calls"].as_array().unwrap();
        let error = run(&case, None, calls).1.unwrap_err();
        assert_eq!(error.report_text(), case["error"]);
        assert!(!error.is_transient());
    }
}

fn cases(list: &str) -> Vec<Value> {
    let mut vectors: Value = serde_json::from_str(VECTORS).unwrap();
    match vectors[list].take() {
        Value::Array(cases) => cases,
        _ => panic!("no list {list}"),
    }
}

fn case(list: &str, name: &str) -> Value {
    let mut cases = cases(list).into_iter();
    cases.find(|case| case["name"] == name).unwrap()
}

/// Takes the recorded case through everything, with its nonce set where one is given.
fn run(
    case: &Value,
    nonce: Option<&Value>,
    calls: &[Value],
) -> (ScriptedNode, Result<Pipeline, TransactionError>) {
    let mut pending = case["pending"].clone();
    if let Some(nonce) = nonce {
        let text = pending["serializedTransaction"].as_str().unwrap();
        let mut request: Value = serde_json::from_str(text).unwrap();
        request["nonce"] = nonce.clone();
        pending["serializedTransaction"] = request.to_string().into();
    }
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let wallets: BTreeMap<String, Value> = serde_json::from_value(case["wallets"].clone()).unwrap();
    let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
    let node = ScriptedNode::new(network, calls);
    let outcome = Pipeline::run(&VECHAIN, &pending, &wallets, &node);
    (node, outcome)
}
