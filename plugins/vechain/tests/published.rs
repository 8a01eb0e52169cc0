//! Transactions and wallets that others have published.

use kms_core::{
    chain::{KeyRequest, KeySet, sign},
    prelude::*,
    testkit::{published_wallets, tally},
};
use kms_vechain::VECHAIN;
use serde_json::Value;

/// VeChain's own SDK: two clauses in one transaction, and a transaction of a type that came
/// later, which is not signed here.
#[test]
fn thor_devkit() {
    let file = include_str!("vectors/published/thor-devkit.json");
    let published: Value = serde_json::from_str(file).unwrap();
    let key = SecretText::new(published["key"].as_str().unwrap());
    let key = VECHAIN.parse_private_key(Network::Testnet, &key).unwrap();
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(request, key);
    let unsigned = |case: &Value| {
        let body = hex::decode(case["unsigned"].as_str().unwrap()).unwrap();
        let signers = keys.signers(&VECHAIN, Network::Testnet).unwrap();
        Unsigned::new(signers, body)
    };

    let case = &published["legacy"];
    let preimages = VECHAIN.preimages(&unsigned(case)).unwrap();
    assert_eq!(hex::encode(&preimages[0].payload), case["signingHash"]);
    let signed = sign(&VECHAIN, &unsigned(case), &keys).unwrap();
    let raw = signed.tx_data.strip_prefix("0x").unwrap();
    assert_eq!(case["signed"], raw);
    assert_eq!(case["id"], signed.transaction_id);

    let later = unsigned(&published["dynamicFee"]);
    assert!(matches!(
        VECHAIN.preimages(&later),
        Err(TransactionError::Malformed(_))
    ));
    tally("published", 2_u64, "vectors of VeChain");
}

#[test]
fn wallets() {
    published_wallets(&VECHAIN, include_str!("vectors/published/bip44.json"));
}
