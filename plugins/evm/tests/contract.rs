//! The contract every plugin must keep, with the recorded vectors of each chain.

use std::collections::BTreeMap;

use kms_core::{
    chain::{NodeHost, PendingTransaction},
    prelude::*,
    testkit::{Pipeline, ScriptedNode, contract},
};
use kms_evm::EvmChain;
use serde_json::{Value, json, value::RawValue};

/// Two tests for each chain.
macro_rules! chains {
    ($($name:ident: $chain:ident, $file:literal;)*) => {
        $(mod $name {
            const VECTORS: &str = include_str!(concat!("vectors/", $file));

            #[test]
            fn keeps_the_contract() {
                super::contract(&kms_evm::$chain, VECTORS);
            }

            /// Not only the signed bytes: the questions on the way to them are the recorded
            /// ones as well.
            #[test]
            fn asks_nodes_what_was_recorded() {
                super::asks_what_was_recorded(&kms_evm::$chain, VECTORS);
            }

            #[test]
            fn signs_where_the_original_failed_without_need() {
                super::signs_where_the_original_failed(&kms_evm::$chain, VECTORS);
            }
        })*
    };
}

chains! {
    celo: CELO, "CELO.json";
    ethereum: ETHEREUM, "ETH.json";
    bsc: BSC, "BSC.json";
    kcs: KCS, "KCS.json";
    klay: KLAY, "KLAY.json";
    matic: MATIC, "MATIC.json";
    one: ONE, "ONE.json";
    xdc: XDC, "XDC.json";
}

fn asks_what_was_recorded(chain: &EvmChain, vectors: &str) {
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    for case in vectors["transactions"].as_array().unwrap() {
        let calls = case["calls"].as_array().unwrap();
        let (node, outcome) = run(chain, case, calls);
        outcome.unwrap();
        let asked = node.seen().into_iter().map(|call| {
            let path = match call.host {
                NodeHost::Cloud => call.path,
                NodeHost::Outside(host) => format!("{host}{}", call.path),
            };
            (path, call.body)
        });
        let asked = asked.collect::<Vec<_>>();
        assert_eq!(asked, recorded(calls), "{}", case["name"]);
    }
}

/// Path and body of the recorded calls, each once, without what the original asks for nothing.
fn recorded(calls: &[Value]) -> Vec<(String, Option<Value>)> {
    let mut recorded = Vec::new();
    for call in calls {
        let path = call["path"].as_str().unwrap().to_owned();
        let mut call = (path, call.get("body").cloned());
        // A limit of zero, given as text, is estimated as if it were not given.
        if let Some(shown) = call
            .1
            .as_mut()
            .and_then(|body| body["params"].get_mut(0)?.as_object_mut())
            && shown.get("gas") == Some(&json!("0x0"))
        {
            shown.shift_remove("gas");
        }
        // The block that a library reads for its base fee, where a legacy transaction is signed.
        let ignored = call
            .1
            .as_ref()
            .is_some_and(|body| body["method"] == "eth_getBlockByNumber");
        if !ignored && !recorded.contains(&call) {
            recorded.push(call);
        }
    }
    recorded
}

/// The recorded refusals that are no part of the protocol but faults of the original.
fn signs_where_the_original_failed(chain: &EvmChain, vectors: &str) {
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let mut signed = 0;
    for case in vectors["errors"].as_array().unwrap() {
        if case["kind"] == "refuse" {
            continue;
        }
        let mut calls = case["calls"].as_array().unwrap().clone();
        let testnet = case["testnet"].as_bool().unwrap();
        calls.extend(unrecorded(chain, Network::from_testnet_flag(testnet)));
        let (_, outcome) = run(chain, case, &calls);
        if let Err(error) = outcome {
            panic!("{}: {error}", case["name"]);
        }
        signed += 1;
    }
    assert!(signed > 0);
}

/// What the original did not come to ask.
fn unrecorded(chain: &EvmChain, network: Network) -> Vec<Value> {
    let chain_id = chain.chain_ids().of(network)[0];
    let answer = |method: &str, result: String| {
        json!({
            "method": "POST", "path": "/", "body": {"jsonrpc": "2.0", "method": method},
            "response": {"jsonrpc": "2.0", "id": 1, "result": result},
        })
    };
    ["eth_chainId", "klay_chainID"]
        .map(|method| answer(method, format!("{chain_id:#x}")))
        .into_iter()
        .chain(
            ["eth_estimateGas", "klay_estimateGas"]
                .map(|method| answer(method, "0x5208".to_owned())),
        )
        .collect()
}

fn run(
    chain: &EvmChain,
    case: &Value,
    calls: &[Value],
) -> (ScriptedNode, Result<Pipeline, TransactionError>) {
    let raw = RawValue::from_string(case["pending"].to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let wallets: BTreeMap<String, Value> = serde_json::from_value(case["wallets"].clone()).unwrap();
    let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
    let node = ScriptedNode::new(network, calls);
    let outcome = Pipeline::run(chain, &pending, &wallets, &node);
    (node, outcome)
}
