//! What people are told, computed from the frozen bytes.

use kms_cardano::CARDANO;
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction},
    prelude::*,
    testkit::ScriptedNode,
};
use serde_json::{Value, json, value::RawValue};

const ALICE: &str = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8";
const SCRIPT: &str = "addr1w8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcyjy7wx";
/// The keys, and their addresses on the main network.
const KEYS: [(&str, &str); 2] = [
    (
        "f096bcbfe7590ca3fb381e87618747b33644db07a9d665a2526d7a8e8b487146a5a4f8877c8e8e3ca2363cd7c43573ed08cafca9b30a101ad43ff4478984039b",
        "addr1vywej25evp0vp7lqrt0qug93gzzjw5j3kgurfmacxf576hqdrhcpj",
    ),
    (
        "28d9214e8e746c5eaeed16f58838845762c6cc8cdadd1eeea0a7bb7d2615fe518a296fbdff262e0eb3579d8f5f4afe0bbd02df33f059b31c55adb30a78082eda",
        "addr1vxpafkma9jveu3t8xeygctkhv6lrd720ef2myrdl6pe23wcddm6k9",
    ),
];

fn input(number: u16, owner: &str, lovelace: u64) -> Value {
    let coin = format!("{}:{number}", "ab".repeat(32));
    json!({
        "type": "input", "account": {"address": owner},
        "amount": {"value": format!("-{lovelace}"), "currency": {"symbol": "ADA", "decimals": 6}},
        "coin_change": {"coin_identifier": {"identifier": coin}},
    })
}

fn output(owner: &str, lovelace: u64) -> Value {
    json!({
        "type": "output", "account": {"address": owner},
        "amount": {"value": lovelace.to_string(), "currency": {"symbol": "ADA", "decimals": 6}},
    })
}

/// The same with tokens of the policy `abab…`, names in hexadecimal digits.
fn with_tokens(mut operation: Value, tokens: &[(&str, &str)]) -> Value {
    let tokens: Vec<_> = tokens
        .iter()
        .map(|(name, value)| json!({"value": value, "currency": {"symbol": name, "decimals": 0}}))
        .collect();
    operation["metadata"] = json!({"tokenBundle": [
        {"policyId": "ab".repeat(28), "tokens": tokens},
    ]});
    operation
}

/// The summary of what the sandbox's node makes of the operations.
fn summary(operations: &[Value]) -> Summary {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "ADA", "hashes": ["0", "1"],
        "serializedTransaction": json!(operations).to_string(),
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let mut keys = KeySet::default();
    for (number, (key, address)) in KEYS.into_iter().enumerate() {
        let key = SecretText::new(key);
        let key = CARDANO.parse_private_key(Network::Mainnet, &key).unwrap();
        let shown = CARDANO.address(Network::Mainnet, &key.public_key());
        assert_eq!(shown.unwrap().as_str(), address);
        let request = KeyRequest {
            id: number.to_string(),
            index: None,
        };
        keys.push(request, key);
    }
    let signers = keys.signers(&CARDANO, Network::Mainnet).unwrap();
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(CARDANO.prepare(&pending, signers, &node(operations)))
        .unwrap();
    CARDANO.summarize(Network::Mainnet, &unsigned).unwrap()
}

/// The sandbox's node.
fn node(operations: &[Value]) -> ScriptedNode {
    let rehearsal = CARDANO.rehearsal().unwrap();
    let mut calls = Vec::new();
    let mut answer = |step: &str, body: Value| {
        let path = format!("/v3/blockchain/node/cardano-mainnet/API-KEY/construction/{step}");
        let call = kms_core::chain::rehearsal::RehearsalCall {
            method: "POST".to_owned(),
            path: path.clone(),
            body: Some(body),
        };
        let response = rehearsal.answer(Network::Mainnet, &call).unwrap();
        calls.push(json!({"method": "POST", "path": path, "response": response}));
        response
    };
    let options = answer("preprocess", json!({"metadata": {"relative_ttl": 1000}}));
    let metadata = answer("metadata", options);
    answer(
        "payloads",
        json!({"operations": operations, "metadata": metadata["metadata"]}),
    );
    ScriptedNode::new(Network::Mainnet, &calls)
}

fn texts(summary: &Summary) -> (Vec<String>, Vec<String>) {
    let transfers = summary.transfers.iter().map(|transfer| {
        let change = if transfer.change { " (change)" } else { "" };
        format!("{} to {}{change}", transfer.amount, transfer.to)
    });
    let details = summary.details.iter();
    (
        transfers.collect(),
        details
            .map(|(name, value)| format!("{name}: {value}"))
            .collect(),
    )
}

#[test]
fn a_payment_is_told_exactly() {
    let [(_, own), (_, other)] = KEYS;
    let summary = summary(&[
        input(0, own, 9_000_000_000_000_001),
        input(1, other, 5_000_000),
        input(65535, own, 2_000_000),
        output(ALICE, 9_000_000_005_829_999),
        output(other, 1_000_002),
    ]);
    assert_eq!(
        summary.to_string(),
        format!("transfer: 9000000005.829999 ADA to {ALICE}, fee 0.17 ADA")
    );
    assert_eq!(summary.chain, "ADA");
    assert_eq!(summary.network, Network::Mainnet);
    assert_eq!(summary.from, [own, other]);
    assert_eq!(summary.nonce, None);
    assert!(!summary.fee.as_ref().unwrap().ceiling);
    let (transfers, details) = texts(&summary);
    assert_eq!(
        transfers,
        [
            format!("9000000005.829999 ADA to {ALICE}"),
            format!("1.000002 ADA to {other} (change)"),
        ]
    );
    assert_eq!(
        details,
        [
            format!("spends: 9000000002.000001 ADA in 2 coins of {own}"),
            format!("spends: 5 ADA in 1 coin of {other}"),
            "ttl: slot 120001000".to_owned(),
        ]
    );
    assert_eq!(summary.warnings, Vec::<String>::new());
}

#[test]
fn native_tokens_are_told_with_their_policy() {
    let own = KEYS[0].1;
    let policy = "ab".repeat(28);
    let summary = summary(&[
        with_tokens(
            input(0, own, 5_000_000),
            &[("4e555453", "-30"), ("ff00", "7")],
        ),
        with_tokens(
            output(ALICE, 2_000_000),
            &[("4e555453", "18446744073709551615")],
        ),
        with_tokens(output(own, 2_800_000), &[("ff00", "7")]),
    ]);
    assert_eq!(summary.action, "transfer with native tokens");
    let (transfers, details) = texts(&summary);
    assert_eq!(
        transfers,
        [
            format!("2 ADA to {ALICE}"),
            format!("18446744073709551615 NUTS of {policy} to {ALICE}"),
            format!("2.8 ADA to {own} (change)"),
            format!("7 0xff00 of {policy} to {own} (change)"),
        ]
    );
    assert_eq!(
        details,
        [
            format!("spends: 5 ADA in 1 coin of {own}"),
            format!("spends: 30 NUTS of {policy} of {own}"),
            format!("spends: 7 0xff00 of {policy} of {own}"),
            "ttl: slot 120001000".to_owned(),
        ]
    );
    assert_eq!(
        summary.warnings,
        ["the tokens of inputs and outputs do not add up, the network may not take it"]
    );
}

#[test]
fn tokens_that_come_back_are_no_transfer_of_tokens() {
    let own = KEYS[0].1;
    let summary = summary(&[
        with_tokens(input(0, own, 5_000_000), &[("ff00", "-7")]),
        output(ALICE, 2_000_000),
        with_tokens(output(own, 2_800_000), &[("ff00", "7")]),
    ]);
    assert_eq!(summary.action, "transfer");
    assert_eq!(summary.warnings, Vec::<String>::new());
}

#[test]
fn what_is_odd_is_pointed_out() {
    let own = KEYS[0].1;
    let sweep = summary(&[input(0, own, 2_000_000), output(own, 1_800_000)]);
    assert_eq!(sweep.warnings, ["nothing is paid to anybody else"]);
    // A fee as high as what is paid is not yet higher.
    let even = summary(&[
        input(0, own, 2_000_000),
        output(ALICE, 200_000),
        output(own, 1_600_000),
    ]);
    assert_eq!(even.fee.unwrap().amount.to_string(), "0.2 ADA");
    assert_eq!(even.warnings, Vec::<String>::new());
    let summary = summary(&[
        input(0, own, 2_000_000),
        output(SCRIPT, 150_000),
        output(own, 1_650_000),
    ]);
    assert_eq!(
        summary.warnings,
        [
            "the fee is higher than what is paid",
            "output 0 pays to a script and tells it nothing (no datum): many scripts never give such money back",
        ]
    );
}
