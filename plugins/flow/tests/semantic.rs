//! The built-in transaction types: the recorded arguments and roles, and how they are told.

use alloy_rlp::Header;
use kms_core::{
    chain::PendingTransaction,
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use kms_flow::FLOW;
use serde_json::{Value, json, value::RawValue};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/FLOW.json")).unwrap()
}

/// The calls that lead to the recorded roles.
fn calls(roles: &Value) -> Vec<Value> {
    let key = &roles["proposalKey"];
    let proposer = key["address"].as_str().unwrap();
    let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    vec![
        json!({"method": "GET", "path": "/v3/flow/proposal/true",
            "response": {"address": roles["payer"], "keyId": 3}}),
        json!({"method": "GET", "path": "/v3/flow/proposal/false",
            "response": {"address": proposer, "keyId": number(&key["key_index"])}}),
        json!({"method": "GET", "path": "/v1/blocks?height=final&expand=payload",
            "response": [{"header": {"id": roles["referenceBlock"], "height": "90000000"}}]}),
        json!({"method": "GET",
            "path": format!("/v1/accounts/{proposer}?block_height=final&expand=contracts,keys"),
            "response": {"keys": [{"index": key["key_index"],
                "sequence_number": key["sequence_number"]}]}}),
    ]
}

fn run(case: &Value) -> Result<Pipeline, TransactionError> {
    let network = Network::from_testnet_flag(case["testnet"] == true);
    let node = ScriptedNode::new(network, &calls(&case["roles"]));
    let wallets = serde_json::from_value(case["wallets"].clone()).unwrap();
    let raw = RawValue::from_string(case["pending"].to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    Pipeline::run(&FLOW, &pending, &wallets, &node)
}

/// The items of an RLP list, each as it is: the content of a text, the whole of a list.
fn items(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let header = Header::decode(&mut bytes).unwrap();
    assert!(header.list);
    let mut items = Vec::new();
    while !bytes.is_empty() {
        let whole = bytes;
        let header = Header::decode(&mut bytes).unwrap();
        let (content, rest) = bytes.split_at(header.payload_length);
        let length = whole.len() - rest.len();
        items.push(if header.list {
            whole[..length].to_vec()
        } else {
            content.to_vec()
        });
        bytes = rest;
    }
    items
}

fn number(bytes: &[u8]) -> String {
    let value = bytes
        .iter()
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    value.to_string()
}

#[test]
fn built_in_types_take_the_recorded_arguments_and_roles() {
    let mut checked = 0;
    for case in vectors()["semantic"]["transactions"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let outcome = run(case);
        if case.get("originalBug").is_some() {
            // Refused, or exact where the original was not.
            if let Ok(done) = outcome {
                let body = String::from_utf8_lossy(done.unsigned.body()).into_owned();
                let text = case["pending"]["serializedTransaction"].as_str().unwrap();
                let asked: Value = serde_json::from_str(text).unwrap();
                let exact = asked["body"]["tokenId"].as_str().unwrap();
                assert!(body.contains(exact), "{name}");
            }
            continue;
        }
        let done = outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        let payload = items(&items(done.unsigned.body())[0]);
        let arguments: Vec<Value> = items(&payload[1])
            .iter()
            .map(|one| serde_json::from_slice(one).unwrap())
            .collect();
        assert_eq!(json!(arguments), case["arguments"], "{name}");
        let roles = &case["roles"];
        let key = &roles["proposalKey"];
        assert_eq!(hex::encode(&payload[2]), roles["referenceBlock"], "{name}");
        assert_eq!(number(&payload[3]), roles["gasLimit"], "{name}");
        assert_eq!(hex::encode(&payload[4]), key["address"], "{name}");
        assert_eq!(number(&payload[5]), key["key_index"], "{name}");
        assert_eq!(number(&payload[6]), key["sequence_number"], "{name}");
        assert_eq!(hex::encode(&payload[7]), roles["payer"], "{name}");
        assert_eq!(
            hex::encode(&items(&payload[8])[0]),
            roles["authorizers"][0],
            "{name}"
        );
        checked += 1;
    }
    assert!(checked >= 8, "{checked}");
}

fn told(serialized: &Value) -> Result<Summary, TransactionError> {
    let mut case = vectors()["semantic"]["transactions"][0].clone();
    case["pending"]["serializedTransaction"] = json!(serialized.to_string());
    let done = run(&case)?;
    FLOW.summarize(Network::Testnet, &done.unsigned)
}

const ACCOUNT: &str = "0xa5712347b6b841e7";
const OTHER: &str = "0x87d2e07116818c8e";
const KIND: &str = "6a1f0d3e-58a4-4a55-9d0c-3b1f2b6a7c11";

#[test]
fn what_is_signed_is_told() {
    let key = "ab".repeat(64);
    for (request, line) in [
        (
            json!({"type": 0, "body": {"account": ACCOUNT, "publicKey": key}}),
            "account creation".to_owned(),
        ),
        (
            json!({"type": 1, "body": {"account": ACCOUNT, "publicKey": key}}),
            "key for the account".to_owned(),
        ),
        (
            json!({"type": 2, "body": {"account": ACCOUNT, "currency": "FLOW", "to": OTHER, "amount": "184467440737.09551615"}}),
            format!("transfer: 184467440737.09551615 FLOW to {OTHER}"),
        ),
        (
            json!({"type": 2, "body": {"account": ACCOUNT, "currency": "FUSD", "to": OTHER, "amount": "0.1"}}),
            format!("transfer: 0.1 FUSD to {OTHER}"),
        ),
        (
            json!({"type": 4, "body": {"account": ACCOUNT, "to": OTHER, "url": "ipfs://a", "contractAddress": KIND, "chain": "FLOW"}}),
            format!("mint an NFT of {KIND} for {OTHER}"),
        ),
        (
            json!({"type": 5, "body": {"account": ACCOUNT, "to": [OTHER, ACCOUNT], "url": ["a", "b"], "contractAddress": KIND, "chain": "FLOW"}}),
            format!("mint 2 NFTs of {KIND}"),
        ),
        (
            json!({"type": 6, "body": {"account": ACCOUNT, "tokenId": "9007199254740993", "contractAddress": KIND, "chain": "FLOW"}}),
            format!("burn NFT 9007199254740993 of {KIND}"),
        ),
        (
            json!({"type": 7, "body": {"account": ACCOUNT, "to": OTHER, "tokenId": "18446744073709551615", "contractAddress": KIND, "chain": "FLOW"}}),
            format!("transfer NFT 18446744073709551615 to {OTHER}"),
        ),
        (
            json!({"type": 8, "body": {"account": ACCOUNT, "transaction": "transaction {}"}}),
            "custom script f54a7041590e2f60… [warning: what the script does is for you to know]"
                .to_owned(),
        ),
    ] {
        let summary = told(&request).unwrap_or_else(|error| panic!("{request}: {error}"));
        assert_eq!(summary.to_string(), line);
        assert_eq!(summary.from, [ACCOUNT]);
    }
}

#[test]
fn the_key_of_a_new_account_is_told() {
    let key = "0123456789abcdef".repeat(8);
    let request = json!({"type": 0, "body": {"account": ACCOUNT, "publicKey": key}});
    let summary = told(&request).unwrap();
    assert!(summary.details.contains(&("public key".to_owned(), key)));
}

#[test]
fn a_custom_script_is_told_with_its_hash_and_arguments() {
    let request = json!({"type": 8, "body": {
        "account": ACCOUNT,
        "transaction": "transaction(a: String) {\u{1b}[31m}",
        "args": [{"type": "String", "value": "x\u{7}y"}],
    }});
    let details = told(&request).unwrap().details;
    let of = |name: &str| {
        let found = details.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap()
    };
    assert_eq!(of("script SHA3-256").len(), 64);
    assert_eq!(of("argument 1"), r#"{"type":"String","value":"x\u0007y"}"#);
    assert_eq!(of("script"), r"transaction(a: String) {\u{1b}[31m}");
}

/// Anybody can ask for a built-in script as a custom one, with arguments of any content.
#[test]
fn a_built_in_script_with_arguments_that_are_not_ours_is_told_as_a_custom_one() {
    let built_in = |request: &Value| {
        let mut case = vectors()["semantic"]["transactions"][0].clone();
        case["pending"]["serializedTransaction"] = json!(request.to_string());
        let done = run(&case).unwrap();
        let body = done.unsigned.body();
        let at = |text: &[u8]| body.windows(text.len()).position(|it| it == text);
        let start = at(b"import ").or(at(b"transaction")).unwrap();
        // The last brace stands alone in its line.
        let end = at(b"\n}\n").unwrap() + 3;
        String::from_utf8(body[start..end].to_vec()).unwrap()
    };
    let key = "ab".repeat(64);
    let add_key = built_in(&json!({"type": 1, "body": {"account": ACCOUNT, "publicKey": key}}));
    let several = built_in(&json!({"type": 5, "body": {
        "account": ACCOUNT, "to": [OTHER], "url": ["a"], "contractAddress": KIND, "chain": "FLOW",
    }}));
    let text = |text: &str| json!({"type": "String", "value": text});
    let list =
        |kind: &str, values: Value| json!({"type": "Array", "subType": kind, "value": values});
    let custom = |script: &str, arguments: Value| {
        let body = json!({"account": ACCOUNT, "transaction": script, "args": arguments});
        told(&json!({"type": 8, "body": body})).unwrap()
    };

    let record = format!("f845b840{key}030380");
    let known = custom(&add_key, json!([text(&record)]));
    assert_eq!(known.to_string(), "key for the account");
    // With a weight of 1000, which only the other script gives.
    let other = custom(&add_key, json!([text(&format!("f847b840{key}03038203e8"))]));
    assert!(other.action.starts_with("custom script"), "{other}");

    let urls = |urls: Value| {
        let arguments = json!([
            list("Address", json!([OTHER, ACCOUNT])),
            list("String", urls),
            text("\u{202e}k")
        ]);
        custom(&several, arguments)
    };
    assert_eq!(
        urls(json!(["a", "b"])).to_string(),
        r"mint 2 NFTs of \u{202e}k"
    );
    let other = urls(json!(["a"]));
    assert!(other.action.starts_with("custom script"), "{other}");
    assert!(other.details.iter().any(|(_, told)| told.contains(ACCOUNT)));
}

#[test]
fn bad_requests_are_refused_before_anything_is_lent() {
    let transfer = |member: &str, value: Value| {
        let mut body = json!({"account": ACCOUNT, "currency": "FLOW", "to": OTHER, "amount": "1"});
        body[member] = value;
        json!({"type": 2, "body": body})
    };
    let network = Network::Testnet;
    for request in [
        transfer("amount", json!("1.123456789")),
        transfer("amount", json!("-1")),
        transfer("amount", json!(1)),
        transfer("amount", json!("184467440737.09551616")),
        transfer("to", json!("0x01")),
        transfer("to", json!("87d2e07116818c8e00")),
        transfer("account", Value::Null),
        transfer("currency", json!("USDC")),
        json!({"type": 3, "body": {"account": ACCOUNT}}),
        json!({"type": "2", "body": {}}),
        json!({"type": 8, "body": {"account": ACCOUNT, "transaction": "  "}}),
        json!({"type": 0, "body": {"account": ACCOUNT, "publicKey": "04".repeat(65)}}),
        json!({"type": 5, "body": {"account": ACCOUNT, "to": [OTHER], "url": [], "contractAddress": KIND}}),
        json!({"type": 6, "body": {"account": ACCOUNT, "tokenId": "18446744073709551616", "contractAddress": KIND}}),
        json!({"type": 4, "body": {"account": ACCOUNT, "to": OTHER, "url": "a".repeat(257), "contractAddress": KIND}}),
        json!({"type": 4, "body": {"account": ACCOUNT, "to": OTHER, "url": "a", "contractAddress": "x"}}),
    ] {
        let node = ScriptedNode::new(network, &[]);
        let case = vectors()["semantic"]["transactions"][0].clone();
        let wallets = serde_json::from_value(case["wallets"].clone()).unwrap();
        let mut pending = case["pending"].clone();
        pending["serializedTransaction"] = json!(request.to_string());
        let raw = RawValue::from_string(pending.to_string()).unwrap();
        let pending = PendingTransaction::from_raw(&raw).unwrap();
        let outcome = Pipeline::run(&FLOW, &pending, &wallets, &node);
        assert!(
            matches!(outcome, Err(TransactionError::Malformed(_))),
            "{request}"
        );
        assert!(node.seen().is_empty(), "{request}: somebody was asked");
    }
}
