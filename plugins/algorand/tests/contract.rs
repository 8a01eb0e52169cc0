//! The contract every plugin must keep, with the recorded transactions of Algorand; and those
//! that the original signed with another fee, with the fee that was sent.

use kms_algorand::ALGORAND;
use kms_core::{
    chain::{Network, PendingTransaction},
    prelude::{ChainPlugin as _, SecretText},
    testkit::{Pipeline, ScriptedNode},
};
use serde_json::{Value, value::RawValue};

const VECTORS: &str = include_str!("vectors/ALGO.json");

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&ALGORAND, VECTORS);
}

fn cases(member: &str) -> Vec<Value> {
    let mut vectors: Value = serde_json::from_str(VECTORS).unwrap();
    serde_json::from_value(vectors[member].take()).unwrap()
}

fn sign(case: &Value, node: &ScriptedNode) -> Result<Pipeline, String> {
    let raw = RawValue::from_string(case["pending"].to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let wallets = serde_json::from_value(case["wallets"].clone()).unwrap();
    Pipeline::run(&ALGORAND, &pending, &wallets, node).map_err(|error| error.to_string())
}

fn network(case: &Value) -> Network {
    Network::from_testnet_flag(case["testnet"].as_bool().unwrap())
}

#[test]
fn the_fee_that_was_sent_is_the_fee_that_is_signed() {
    let mut count = 0;
    for case in cases("transactions") {
        let kept = &case["feeKept"];
        if kept.is_null() {
            continue;
        }
        count += 1;
        let node = ScriptedNode::new(network(&case), &[]);
        let signed = sign(&case, &node).unwrap().assembled;
        assert_eq!(signed.tx_data, kept["signed"], "{}", case["name"]);
        assert_eq!(signed.transaction_id, kept["txId"], "{}", case["name"]);
        assert_eq!(signed.expiry, Some(30_001_000));
    }
    assert_eq!(count, 3);
}

#[test]
fn words_secrets_and_addresses_belong_together() {
    for wallet in cases("wallets") {
        let network = network(&wallet);
        let text = |member: &str| SecretText::new(wallet[member].as_str().unwrap());
        let secret = ALGORAND
            .private_key_from_phrase(network, &text("mnemonic"))
            .unwrap();
        assert_eq!(secret.expose(), wallet["secret"]);
        let key = ALGORAND.parse_private_key(network, &secret).unwrap();
        let address = ALGORAND.address(network, &key.public_key()).unwrap();
        assert_eq!(address.as_str(), wallet["address"]);
    }
}

/// What the original left out or could not sign: with the owner's permit, and not without.
#[test]
fn what_needs_a_permit_is_signed_with_it_only() {
    let recorded = [cases("transactions"), cases("errors")].concat();
    for (name, permit, members) in [
        ("lease-and-rekey-dropped", "rekey", vec!["lx", "rekey"]),
        ("asset-create-has-no-receiver", "assets", vec!["apar"]),
        ("asset-destroy-has-no-receiver", "assets", vec!["caid"]),
        ("close-remainder-unsupported", "close-out", vec!["close"]),
    ] {
        let case = recorded.iter().find(|case| case["name"] == name).unwrap();
        for given in [
            None,
            Some("none"),
            Some("assets"),
            Some("close-out"),
            Some("rekey"),
        ] {
            let node = ScriptedNode::new(network(case), &[]);
            let node = match given {
                Some(given) => node.with_option("permit", given),
                None => node,
            };
            let outcome = sign(case, &node);
            if given != Some(permit) {
                let error = outcome.unwrap_err();
                let advice = "to permit this, add --chain-option ALGO.permit=";
                assert!(
                    error.contains(advice) && error.contains(permit),
                    "{name}: {error}"
                );
                continue;
            }
            let signed = outcome.unwrap().assembled.tx_data;
            for member in &members {
                let key = [
                    &[0xa0 | u8::try_from(member.len()).unwrap()],
                    member.as_bytes(),
                ];
                assert!(
                    signed.contains(&hex::encode(key.concat())),
                    "{name}: {member}"
                );
            }
            let judge = ALGORAND.rehearsal().unwrap();
            judge.verify(network(case), &signed).unwrap();
        }
    }
}
