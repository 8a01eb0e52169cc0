//! The contract every plugin must keep, with the recorded vectors of each chain.

use std::collections::BTreeMap;

use kms_core::{
    chain::PendingTransaction,
    prelude::Network,
    testkit::{Pipeline, ScriptedNode, contract},
};
use serde_json::{Value, value::RawValue};

const ETH: &str = include_str!("vectors/ETH.json");

#[test]
fn ethereum_keeps_the_contract() {
    contract(&kms_evm::ETHEREUM, ETH);
}

/// Not only the signed bytes: the questions on the way to them are the recorded ones as well.
#[test]
fn nodes_are_asked_what_was_recorded() {
    let vectors: Value = serde_json::from_str(ETH).unwrap();
    for case in vectors["transactions"].as_array().unwrap() {
        let raw = RawValue::from_string(case["pending"].to_string()).unwrap();
        let pending = PendingTransaction::from_raw(&raw).unwrap();
        let wallets: BTreeMap<String, Value> =
            serde_json::from_value(case["wallets"].clone()).unwrap();
        let calls = case["calls"].as_array().unwrap();
        let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
        let node = ScriptedNode::new(network, calls);
        Pipeline::run(&kms_evm::ETHEREUM, &pending, &wallets, &node).unwrap();

        let asked = node.seen().into_iter().map(|call| (call.path, call.body));
        let recorded = calls.iter().map(|call| {
            let path = call["path"].as_str().unwrap().to_owned();
            (path, call.get("body").cloned())
        });
        assert_eq!(
            asked.collect::<Vec<_>>(),
            recorded.collect::<Vec<_>>(),
            "{}",
            case["name"]
        );
    }
}
