//! Transfers and addresses that others have published.

use std::num::NonZeroU64;

use kms_core::{
    keys::{Bip32Path, Mnemonic, PublicKey, Scheme, Secp256k1Node, SecretKey, Signature},
    prelude::{ChainPlugin as _, Network, SecretText},
    testkit::tally,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    BEACON_CHAIN,
    account::Account,
    transaction::Transaction,
    transfer::{Coin, Party, Transfer},
};

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap()
}

fn bytes(case: &Value, member: &str) -> Vec<u8> {
    hex::decode(text(case, member)).unwrap()
}

fn number(case: &Value, member: &str) -> u64 {
    case[member].as_u64().unwrap()
}

/// Their chains are none that this program knows, and one has a source: but for these two members
/// the document is ours, and so are all bytes but for the source at their end.
#[test]
fn transfers() {
    let file = include_str!("../tests/vectors/published/transfers.json");
    let published: Value = serde_json::from_str(file).unwrap();
    let cases = published["transfers"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    tally("published", cases.len(), "vectors of BNB Beacon Chain");
    for case in cases {
        let party = |member: &str| Party {
            account: Account(bytes(case, member).try_into().unwrap()),
            coins: vec![Coin {
                amount: number(case, "amount"),
                denom: "BNB".to_owned(),
            }],
        };
        let transaction = Transaction {
            network: Network::Mainnet,
            account_number: number(case, "accountNumber"),
            sequence: number(case, "sequence"),
            transfer: Transfer {
                inputs: vec![party("from")],
                outputs: vec![party("to")],
            },
            memo: text(case, "memo").to_owned(),
        };
        let source = number(case, "source");
        let document = String::from_utf8(transaction.encode()).unwrap();
        let theirs = document
            .replace("Binance-Chain-Tigris", text(case, "chainId"))
            .replace("\"source\":\"0\"", &format!("\"source\":\"{source}\""));
        let digest: [u8; 32] = Sha256::digest(&theirs).into();
        let rs: [u8; 64] = bytes(case, "signature").try_into().unwrap();
        let public_key = PublicKey::secp256k1_from_sec1(&bytes(case, "publicKey")).unwrap();
        let signed = (0..4).any(|recovery_id| {
            let signature = Signature::Ecdsa { rs, recovery_id };
            let verified = signature.verify(&public_key, Scheme::EcdsaSecp256k1, &digest);
            verified.is_ok()
        });
        assert!(signed, "{theirs}");
        if case["key"].is_string() {
            let key = SecretKey::secp256k1(&bytes(case, "key")).unwrap();
            assert_eq!(key.public_key(), public_key);
            let signature = key.sign(Scheme::EcdsaSecp256k1, &digest).unwrap();
            assert_eq!(signature.bytes(), &rs);
        }

        let ours = transaction.with_signature(public_key.secp256k1().unwrap().compressed(), &rs);
        // Both lengths are of two bytes.
        let [_, _, theirs @ ..] = &bytes(case, "bytes")[..] else {
            panic!("{case}");
        };
        let tail: &[u8] = match NonZeroU64::new(source) {
            Some(_) => &[0x20, 1],
            None => &[],
        };
        assert_eq!([&ours[2..], tail].concat(), theirs);
        assert_eq!(
            usize::from(ours[0] & 0x7f) | (usize::from(ours[1]) << 7),
            ours.len() - 2
        );
    }
}

/// The addresses of the keys below published words. (The program itself stores such keys, and
/// derives none.)
#[test]
fn addresses() {
    let file = include_str!("../tests/vectors/published/addresses.json");
    let published: Value = serde_json::from_str(file).unwrap();
    let words = Mnemonic::parse(&SecretText::new(text(&published, "mnemonic"))).unwrap();
    let path: Bip32Path = text(&published, "path").parse().unwrap();
    let node = Secp256k1Node::derive(&words.to_seed(), &path).unwrap();
    let addresses = published["addresses"].as_array().unwrap();
    assert_eq!(addresses.len(), 5);
    tally("published", addresses.len(), "vectors of BNB Beacon Chain");
    for (index, expected) in (0..).zip(addresses) {
        let key = node.child(index).unwrap().public_key();
        let address = BEACON_CHAIN.address(Network::Mainnet, &key).unwrap();
        assert_eq!(expected, address.as_str());
    }
}
