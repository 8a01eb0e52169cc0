//! What people are told, computed from the protobuf that is signed.

use std::collections::BTreeMap;

use kms_core::{
    chain::PendingTransaction,
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use kms_tron::TRON;
use serde_json::{Value, value::RawValue};
use sha2::{Digest as _, Sha256};

/// The summary of a recorded transaction.
fn summary(name: &str) -> Summary {
    summary_of(name, |_| {})
}

/// The same of the transaction as `change` leaves it.
fn summary_of(name: &str, change: impl FnOnce(&mut Value)) -> Summary {
    let vectors: Value = serde_json::from_str(include_str!("vectors/TRON.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let mut pending = case["pending"].clone();
    let serialized = pending["serializedTransaction"].as_str().unwrap();
    let mut transaction = serde_json::from_str(serialized).unwrap();
    change(&mut transaction);
    pending["serializedTransaction"] = transaction.to_string().into();
    let raw = RawValue::from_string(pending.to_string()).unwrap();
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
fn resources_and_who_has_them_are_told() {
    for (name, resource, receiver) in [
        ("freeze-v2-energy", "ENERGY", false),
        ("unfreeze-v2-bandwidth", "BANDWIDTH", false),
        ("freeze-v1-energy-for-another", "ENERGY", true),
    ] {
        let summary = summary(name);
        assert_eq!(detail(&summary, "resource"), Some(resource), "{name}");
        let told = detail(&summary, "receiver").map(|it| it.starts_with('T'));
        assert_eq!(told, receiver.then_some(true), "{name}");
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
    assert!(warned("the network charges for this"));
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

/// Writes a fee limit, protobuf's field 18 and its last, in the place of the one that is there.
fn set_fee_limit(transaction: &mut Value, sun: Option<u8>) {
    let mut raw = hex::decode(transaction["raw_data_hex"].as_str().unwrap()).unwrap();
    if let Some(place) = raw.windows(2).rposition(|tag| tag == [0x90, 0x01]) {
        raw.truncate(place);
    }
    let raw_data = transaction["raw_data"].as_object_mut().unwrap();
    raw_data.remove("fee_limit");
    if let Some(sun) = sun {
        raw.extend([0x90, 0x01, sun]);
        raw_data.insert("fee_limit".to_owned(), sun.into());
    }
    transaction["raw_data_hex"] = hex::encode(&raw).into();
    transaction["txID"] = hex::encode(Sha256::digest(&raw)).into();
}

#[test]
fn the_fee_limit_is_told_where_there_is_one_or_could_be() {
    let fee = |name: &str, sun| {
        let summary = summary_of(name, |transaction| set_fee_limit(transaction, sun));
        summary.fee.map(|fee| fee.amount.to_string())
    };
    assert_eq!(fee("trx-transfer", None), None);
    assert_eq!(fee("trx-transfer", Some(7)).unwrap(), "0.000007 TRX");
    assert_eq!(fee("trc20-transfer", None).unwrap(), "0 TRX");
}

#[test]
fn contracts_that_are_not_signed_are_warned_of() {
    assert!(summary("trx-transfer").warnings.is_empty());
    let two = summary_of("trx-transfer", |transaction| {
        let contracts = transaction["raw_data"]["contract"].as_array_mut().unwrap();
        contracts.push(contracts[0].clone());
    });
    assert_eq!(
        two.warnings,
        ["the request lists 1 more contracts, which are not signed"]
    );
}
