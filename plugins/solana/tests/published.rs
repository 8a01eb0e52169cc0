//! Transactions and wallets that others have published.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::{
    chain::{Assembled, Signer},
    prelude::*,
    testkit::{published_wallets, tally},
};
use kms_solana::SOLANA;
use serde_json::Value;

/// Transactions that the main network has taken: the message is signed by its signer, and gives
/// the same bytes and id here.
#[test]
fn transactions_of_the_main_network() {
    let file = include_str!("vectors/published/transactions.json");
    let published: Value = serde_json::from_str(file).unwrap();
    let cases = published["transactions"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    tally("published", cases.len(), "vectors of Solana");
    for case in cases {
        let base58 = |member: &str| {
            bs58::decode(case[member].as_str().unwrap())
                .into_vec()
                .unwrap()
        };
        let wire = base58("transaction");
        let (signature, message) = wire[1..].split_at(64);
        assert_eq!((wire[0], signature), (1, &base58("signature")[..]));
        let public_key = PublicKey::Ed25519(base58("signer").try_into().unwrap());
        let signature = Signature::Ed25519(signature.try_into().unwrap());
        signature
            .verify(&public_key, Scheme::Ed25519, message)
            .unwrap();
        // Behind the block hash stand the instructions.
        let hash = base58("blockHash");
        assert!(message.windows(32).any(|window| window == hash));

        let signer = Signer {
            id: "wallet".to_owned(),
            index: None,
            address: SOLANA.address(Network::Mainnet, &public_key).unwrap(),
            public_key,
        };
        let body = [&[0; 8], message].concat();
        let unsigned = Unsigned::new(vec![signer], body);
        let preimages = SOLANA.preimages(&unsigned).unwrap();
        assert_eq!(preimages[0].payload, message);
        let assembled: Assembled = SOLANA.assemble(&unsigned, &[signature]).unwrap();
        assert_eq!(assembled.tx_data, BASE64_STANDARD.encode(&wire));
        assert_eq!(case["signature"], assembled.transaction_id);
        let summary = SOLANA.summarize(Network::Mainnet, &unsigned).unwrap();
        assert!(!summary.action.is_empty());
    }
}

#[test]
fn wallets() {
    published_wallets(&SOLANA, include_str!("vectors/published/bip44.json"));
}
