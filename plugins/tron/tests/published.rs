//! Transactions and wallets that others have published.

use kms_core::{
    chain::{KeyRequest, KeySet, sign},
    prelude::*,
    testkit::{published_wallets, tally},
};
use kms_tron::TRON;
use serde_json::Value;

/// What a key is asked for gives the id and the signature that were published.
#[test]
fn transactions_are_signed_alike() {
    let file = include_str!("vectors/published/transactions.json");
    let published: Value = serde_json::from_str(file).unwrap();
    let cases = published["transactions"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    tally("published", cases.len(), "vectors of TRON");
    let mut refused = 0;
    for case in cases {
        let name = &case["name"];
        let mut keys = KeySet::default();
        let request = KeyRequest {
            id: "wallet".to_owned(),
            index: None,
        };
        let key = SecretText::new(case["key"].as_str().unwrap());
        keys.push(
            request,
            TRON.parse_private_key(Network::Mainnet, &key).unwrap(),
        );
        let transaction = &case["transaction"];
        let signers = keys.signers(&TRON, Network::Mainnet).unwrap();
        let unsigned = Unsigned::new(signers, transaction.to_string().into_bytes());
        let signed = sign(&TRON, &unsigned, &keys);
        if name == "SignVoteWitness" {
            // Its `support` means nothing to the network, and tronweb does not write it either:
            // what is not written again byte for byte is not signed.
            assert_eq!(signed.unwrap_err().to_string(), "Invalid transaction");
            refused += 1;
            continue;
        }
        let signed = signed.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(transaction["txID"], signed.transaction_id, "{name}");

        let posted: Value = serde_json::from_str(&signed.tx_data).unwrap();
        let mut ours = hex::decode(posted["signature"][0].as_str().unwrap()).unwrap();
        // 27 or 28 here, 0 or 1 there: networks take both.
        ours[64] -= 27;
        assert_eq!(case["signature"], hex::encode(ours), "{name}");
    }
    assert_eq!(refused, 1);
}

#[test]
fn wallets() {
    published_wallets(&TRON, include_str!("vectors/published/bip44.json"));
}
