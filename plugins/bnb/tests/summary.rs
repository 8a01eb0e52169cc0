//! What people are told, computed from the document that is signed.

use std::collections::BTreeMap;

use kms_bnb::BEACON_CHAIN;
use kms_core::{
    chain::PendingTransaction,
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use serde_json::{Value, value::RawValue};

/// The summary of a recorded transaction, its memo replaced.
fn summary(name: &str, memo: Option<&str>) -> Summary {
    let vectors: Value = serde_json::from_str(include_str!("vectors/BNB.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let mut pending = case["pending"].clone();
    if let Some(memo) = memo {
        let text = pending["serializedTransaction"].as_str().unwrap();
        let mut request: Value = serde_json::from_str(text).unwrap();
        request["memo"] = memo.into();
        pending["serializedTransaction"] = request.to_string().into();
    }
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let wallets: BTreeMap<String, Value> = serde_json::from_value(case["wallets"].clone()).unwrap();
    let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
    let node = ScriptedNode::new(network, case["calls"].as_array().unwrap());
    let signed = Pipeline::run(&BEACON_CHAIN, &pending, &wallets, &node).unwrap();
    BEACON_CHAIN.summarize(network, &signed.unsigned).unwrap()
}

fn detail<'a>(summary: &'a Summary, name: &str) -> Option<&'a str> {
    let (_, value) = summary.details.iter().find(|(found, _)| found == name)?;
    Some(value)
}

#[test]
fn transfers_are_told_exactly() {
    let bob = "tbnb1fk8n77hmcal3hshc4drzgf4y7xwvlrmx35aam5";
    for (name, told) in [
        (
            "transfer-with-memo",
            format!("transfer: 0.017 BNB to {bob}"),
        ),
        (
            "transfer-without-memo-mainnet",
            "transfer: 1 BNB to bnb1fk8n77hmcal3hshc4drzgf4y7xwvlrmxlp5em9".to_owned(),
        ),
        (
            "transfer-token-two-coins",
            format!("transfer: 0.00005 BNB to {bob}, 0.00000777 TOK-1A2 to {bob}"),
        ),
    ] {
        assert_eq!(summary(name, None).to_string(), told);
    }
}

#[test]
fn sender_memo_and_sequence_are_told() {
    let summary = summary("transfer-with-memo", None);
    assert_eq!(
        summary.from,
        ["tbnb1sjvydyrrk3h959mhzjja4up0a2jh007uthawg0"]
    );
    assert_eq!(summary.nonce, Some(5));
    assert_eq!(detail(&summary, "memo"), Some("\"109429545\""));
    assert_eq!(detail(&summary, "account number"), Some("41"));
    assert!(summary.fee.is_none() && detail(&summary, "fee").is_some());
}

#[test]
fn a_memo_is_quoted_and_shortened() {
    let hostile = summary("transfer-with-memo", Some("\u{1b}[2J\u{202e}"));
    assert_eq!(detail(&hostile, "memo"), Some(r#""\u{1b}[2J\u{202e}""#));
    let long = summary("transfer-with-memo", Some(&"x".repeat(300)));
    let shown = detail(&long, "memo").unwrap();
    assert!(shown.ends_with("x\"… (300 bytes)"), "{shown}");
    let none = summary("transfer-with-memo", Some(""));
    assert_eq!(detail(&none, "memo"), None);
}
