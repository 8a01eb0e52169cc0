//! What people are told, computed from the protobuf that is signed.

use std::collections::BTreeMap;

use kms_core::{
    chain::PendingTransaction,
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use kms_tron::TRON;
use serde_json::{Value, value::RawValue};

/// The summary of a recorded transaction.
fn summary(name: &str) -> Summary {
    let vectors: Value = serde_json::from_str(include_str!("vectors/TRON.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let raw = RawValue::from_string(case["pending"].to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let wallets: BTreeMap<String, Value> = serde_json::from_value(case["wallets"].clone()).unwrap();
    let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
    let node = ScriptedNode::new(network, &[]);
    let signed = Pipeline::run(&TRON, &pending, &wallets, &node).unwrap();
    TRON.summarize(network, &signed.unsigned).unwrap()
}

fn detail<'a>(summary: &'a Summary, name: &str) -> Option<&'a str> {
    let (_, value) = summary.details.iter().find(|(found, _)| found == name)?;
    Some(value)
}

#[test]
fn transfers_are_told_exactly() {
    for (name, told) in [
        (
            "trx-transfer",
            "transfer: 1 TRX to TSZU9NBD53u8TjrvyJoWLptAzTQvLgixwp",
        ),
        (
            "trx-transfer-visible-addresses",
            "transfer: 2.5 TRX to TSZU9NBD53u8TjrvyJoWLptAzTQvLgixwp",
        ),
        (
            "trc10-transfer",
            "TRC-10 transfer: 77 base units of TRC-10 token 1002000 to TSZU9NBD53u8TjrvyJoWLptAzTQvLgixwp",
        ),
        (
            "trc20-transfer",
            "TRC-20 transfer: 1500000 base units of token TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t to TSZU9NBD53u8TjrvyJoWLptAzTQvLgixwp, fee at most 15 TRX",
        ),
        (
            "contract-call-with-value",
            "call of the unknown method d0e30db0: 7 TRX to TYFAbmmUL2a5X1g3okJh4fksgxnFsn3rdG, fee at most 100 TRX",
        ),
        (
            "contract-call-with-token",
            "call of the unknown method d0e30db0: 9 base units of TRC-10 token 1002000 to TYFAbmmUL2a5X1g3okJh4fksgxnFsn3rdG, fee at most 100 TRX",
        ),
    ] {
        assert_eq!(summary(name).to_string(), told);
    }
}

#[test]
fn memo_permission_and_expiration_are_told() {
    let memo = summary("trx-transfer-with-memo");
    assert_eq!(detail(&memo, "memo"), Some("\"hello visible\""));
    assert_eq!(detail(&memo, "expires"), Some("Unix time 1714557660000 ms"));
    let permission = summary("permission-id");
    assert_eq!(detail(&permission, "permission"), Some("2"));
}

#[test]
fn stakes_are_told_in_trx() {
    for (name, action, amount) in [
        ("freeze-v2-energy", "stake", ("amount", "5 TRX")),
        ("unfreeze-v2-bandwidth", "unstake", ("amount", "3 TRX")),
        (
            "delegate-resource",
            "delegation of a resource",
            ("stake", "10 TRX"),
        ),
        (
            "undelegate-resource",
            "end of a delegation of a resource",
            ("stake", "10.000001 TRX"),
        ),
        (
            "freeze-v1-energy-for-another",
            "stake (version 1)",
            ("amount", "1 TRX"),
        ),
    ] {
        let summary = summary(name);
        assert_eq!(summary.action, action);
        assert_eq!(detail(&summary, amount.0), Some(amount.1), "{name}");
        assert!(summary.transfers.is_empty(), "{name}");
    }
}

#[test]
fn votes_are_told_one_by_one() {
    let summary = summary("vote-witness");
    let votes = summary.details.iter().filter(|(name, _)| name == "votes");
    assert_eq!(votes.count(), 2);
    assert!(detail(&summary, "votes").unwrap().starts_with("3 for T"));
}

#[test]
fn losing_control_of_an_account_is_warned_of() {
    let summary = summary("account-permission-update");
    assert_eq!(summary.action, "change of the account's permissions");
    let owner = detail(&summary, "owner").unwrap();
    assert!(owner.starts_with("\"owner\" needs 2: 1 of T"), "{owner}");
    let warned = |text: &str| summary.warnings.iter().any(|it| it.contains(text));
    assert!(warned("replaces the keys"));
    assert!(warned("no longer change the permissions on its own"));
}

#[test]
fn a_new_contract_is_told_with_its_terms() {
    let summary = summary("contract-deploy-with-abi");
    assert_eq!(summary.action, "contract creation");
    assert_eq!(detail(&summary, "name"), Some("\"Vault\""));
    assert_eq!(
        detail(&summary, "sent to the contract"),
        Some("0.000005 TRX")
    );
    assert_eq!(summary.fee.unwrap().amount.to_string(), "300 TRX");
}
