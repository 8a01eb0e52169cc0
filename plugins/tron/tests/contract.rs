//! The contract every plugin must keep, with the recorded transactions of TRON.

use std::collections::BTreeMap;

use kms_core::{
    chain::PendingTransaction,
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use kms_tron::TRON;
use serde_json::{Value, value::RawValue};

const VECTORS: &str = include_str!("vectors/TRON.json");

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&TRON, VECTORS);
}

/// The recorded refusals that are no part of the protocol but faults of the original.
#[test]
fn signs_where_the_original_failed_without_need() {
    let signed = run("errors", "private-key-with-prefix", |text| text).unwrap();
    let tx_data: Value = serde_json::from_str(&signed.assembled.tx_data).unwrap();
    assert_eq!(tx_data["txID"], *signed.assembled.transaction_id);
    let signature = tx_data["signature"][0].as_str().unwrap();
    assert_eq!(signature.len(), 130);
}

/// Public key and chain code in hexadecimal digits stand for the account as its `xpub` does.
#[test]
fn addresses_come_from_the_hexadecimal_form_as_well() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    for case in vectors["wallets"].as_array().unwrap() {
        let xpub = bs58::decode(case["xpub"].as_str().unwrap())
            .with_check(None)
            .into_vec()
            .unwrap();
        let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
        let mut entry = kms_core::vault::Entry::new("TRON", network);
        entry.xpub = Some(hex::encode([&xpub[45..], &xpub[13..45]].concat()));
        for (index, expected) in case["addresses"].as_object().unwrap() {
            let index = index.parse().unwrap();
            let address = kms_core::wallet::address(&TRON, &entry, index).unwrap();
            assert_eq!(address.as_str(), expected);
        }
        entry.xpub = Some("0".repeat(130));
        assert!(kms_core::wallet::address(&TRON, &entry, 0).is_err());
    }
}

/// The first thing that is wrong is told, in the original's words.
#[test]
fn checks_come_in_their_order() {
    let signed = |text: String| text.replace("{\"visible\"", "{\"signature\":[],\"visible\"");
    let foreign = |text: String| text.replace("\"owner_address\":\"41", "\"owner_address\":\"00");
    let unknown = |text: String| text.replace("TransferContract\"}", "ShieldedTransferContract\"}");
    let mistyped = |text: String| text.replace("1000000", "\"many\"");
    let changed = |text: String| text.replace("1000000", "1000001");
    let other_id = |text: String| text.replace("\"txID\":\"f", "\"txID\":\"F");
    type Change<'a> = &'a dyn Fn(String) -> String;
    let cases: [(&[Change<'_>], &str); 8] = [
        (
            &[&signed, &foreign, &unknown, &changed],
            "Transaction is already signed",
        ),
        (
            &[&foreign, &unknown, &changed],
            "Private key does not match address in transaction",
        ),
        (
            &[&unknown, &mistyped],
            "Error: Unsupported transaction type: ShieldedTransferContract",
        ),
        (
            &[&mistyped],
            "Error: the transaction is not readable: amount is no integer of its size",
        ),
        (&[&changed], "Invalid transaction"),
        (&[&other_id], "Invalid transaction"),
        (&[&|_| "[]".to_owned()], "Invalid transaction provided"),
        (
            &[&|_| "{}".to_owned()],
            "Error: the transaction is not readable: raw_data is missing or no object",
        ),
    ];
    for (changes, told) in cases {
        let change = |text| changes.iter().fold(text, |text, change| change(text));
        let error = run("transactions", "trx-transfer", change).unwrap_err();
        assert_eq!(error.report_text(), told);
    }
}

#[test]
fn a_signature_of_null_is_a_signature() {
    let change = |text: String| text.replace("{\"visible\"", "{\"signature\":null,\"visible\"");
    let error = run("transactions", "trx-transfer", change).unwrap_err();
    assert_eq!(error.report_text(), "Transaction is already signed");
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    let change =
        |text: String| text.replace("\"amount\":1000000", "\"amount\":1,\"amount\":1000000");
    let error = run("transactions", "trx-transfer", change).unwrap_err();
    assert!(error.to_string().contains("\"amount\" is there twice"));
}

#[test]
fn the_case_of_raw_data_hex_does_not_matter_and_is_kept() {
    let change = |text: String| text.replace("d28be39cf331", "D28BE39CF331");
    let signed = run("transactions", "trx-transfer", change).unwrap();
    assert!(signed.assembled.tx_data.contains("D28BE39CF331"));
}

/// Takes the recorded case through everything, with its `serializedTransaction` changed.
fn run(
    list: &str,
    name: &str,
    change: impl Fn(String) -> String,
) -> Result<Pipeline, TransactionError> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors[list].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let mut pending = case["pending"].clone();
    let text = pending["serializedTransaction"]
        .as_str()
        .unwrap()
        .to_owned();
    pending["serializedTransaction"] = change(text).into();
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let wallets: BTreeMap<String, Value> = serde_json::from_value(case["wallets"].clone()).unwrap();
    let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
    Pipeline::run(&TRON, &pending, &wallets, &ScriptedNode::new(network, &[]))
}
