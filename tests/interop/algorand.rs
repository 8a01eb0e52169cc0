//! Algorand, in the eyes of algosdk. What the cloud asks for is made by the version of the kit
//! that it uses, what is signed is read by the newest one.

use kms_tests::cloud::Cloud;
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each network.
const TRANSACTIONS: u64 = 150;
/// Name and hash of the first block.
const GENESIS: [(&str, &str); 2] = [
    (
        "mainnet-v1.0",
        "c061c4d8fc1dbdded2d7604be4568e3f6d041987ac37bde4b620b5ab39248adf",
    ),
    (
        "testnet-v1.0",
        "4863b518a4b3c84ec810f22d4f1081cb0f71f059a7ac20dec62f7f70e5093a22",
    ),
];

#[test]
fn algosdk_reads_what_is_signed_for_algorand() {
    let Some(sdk) = Library::of("algorand") else {
        return;
    };
    for (network, genesis) in Network::BOTH.into_iter().zip(GENESIS) {
        let mut random = Random::seeded(u64::from(network.is_testnet()));
        let user = session::user();
        let seeds: Vec<String> = (0..5).map(|_| random.hex(32)).collect();
        let wallets = sdk.ask("wallets", &json!(seeds));
        let keys = session::store(&user, "ALGO", network, &wallets);
        let signers: Vec<&Key> = (0..TRANSACTIONS).map(|_| random.one_of(&keys)).collect();
        let terms: Vec<Value> = signers
            .iter()
            .map(|key| terms(&mut random, genesis, text(&key.known["publicKey"])))
            .collect();
        let requests = sdk.ask("requests", &json!(terms));
        let requests = requests.as_array().expect("a list");
        let pending: Vec<Value> = (0..)
            .zip(&signers)
            .zip(requests)
            .map(|((number, key), request)| key.pending(number, "ALGO", text(request)))
            .collect();

        let cloud = Cloud::start();
        let permit = "--chain-option=ALGO.permit=assets+close-out+rekey";
        let signed = session::sign(&user, network, &cloud, permit, &pending);
        let ids = session::ids(&user, &pending);

        let found = sdk.ask("transactions", &json!(signed));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), terms.len());
        for (((found, terms), key), id) in found.iter().zip(&terms).zip(&signers).zip(&ids) {
            let mut expected = terms.clone();
            let members = expected.as_object_mut().expect("an object");
            for of_the_request in ["make", "flatFee"] {
                members.remove(of_the_request);
            }
            members.insert("id".to_owned(), json!(id));
            members.insert("signer".to_owned(), json!(key.address));
            let foreign = terms["sender"] != key.known["publicKey"];
            members.insert("signerIsNamed".to_owned(), json!(foreign));
            members.insert("same".to_owned(), json!(true));
            assert_eq!(*found, expected, "{network:?}");
        }
        session::tally_transactions("ALGO", signers.len());
    }
}

/// What is asked for, of the account with this key or, now and then, of one that was rekeyed to
/// it.
fn terms(random: &mut Random, (genesis_id, genesis_hash): (&str, &str), key: &str) -> Value {
    let sender = match random.within(0..=5) {
        0 => random.hex(32),
        _ => key.to_owned(),
    };
    let (make, kind, action) = action(random, &sender);
    let first_valid = random.magnitude(40);
    let rounds = u128::from(random.within(1..=1000));
    let note = random.index(1025) * random.index(2);
    let mut maybe = |present: u64| match random.within(0..=3) < present {
        true => random.hex(32),
        false => String::new(),
    };
    let (lease, group, heir) = (maybe(1), maybe(1), maybe(1));
    json!({
        "make": make,
        "type": kind,
        "sender": sender,
        // The kit of the cloud knows numbers up to 2^53.
        "fee": random.magnitude(53).to_string(),
        "flatFee": random.coin(),
        "firstValid": first_valid.to_string(),
        "lastValid": (first_valid + rounds).to_string(),
        "genesisID": genesis_id,
        "genesisHash": genesis_hash,
        "note": random.hex(note),
        "lease": lease,
        "group": group,
        "rekeyTo": (!heir.is_empty()).then_some(heir),
        "action": action,
    })
}

/// How the kit makes it, its type, and what it does.
fn action(random: &mut Random, sender: &str) -> (&'static str, &'static str, Value) {
    let asset = (random.magnitude(53) + 1).min(1 << 52).to_string();
    let (receiver, amount) = (random.hex(32), random.magnitude(64).to_string());
    match random.within(0..=8) {
        0..=2 => {
            let action = json!({
                "receiver": receiver, "amount": amount, "closeTo": somebody(random),
            });
            ("pay", "pay", action)
        }
        3 => {
            let action = json!({
                "asset": asset, "receiver": sender, "amount": "0", "revokedFrom": null,
                "closeTo": null,
            });
            ("axfer", "axfer", action)
        }
        4..=5 => {
            let (revoked_from, close_to) = match random.coin() {
                true => (somebody(random), Value::Null),
                false => (Value::Null, somebody(random)),
            };
            let action = json!({
                "asset": asset, "receiver": receiver, "amount": amount,
                "revokedFrom": revoked_from, "closeTo": close_to,
            });
            ("axfer", "axfer", action)
        }
        6 => {
            let mut action = parameters(random);
            action["total"] = json!((random.magnitude(63) + 1).to_string());
            action["decimals"] = json!(random.within(0..=19));
            action["defaultFrozen"] = json!(random.coin());
            action["unitName"] = json!("Ünit".get(..random.index(2) * 5));
            action["name"] = json!("Coin € ".repeat(random.index(4)));
            action["url"] = json!("u".repeat(random.index(97)));
            action["metadataHash"] = json!(random.hex(32));
            ("create", "acfg", action)
        }
        7 => {
            let mut action = parameters(random);
            action["asset"] = json!(asset);
            ("configure", "acfg", action)
        }
        _ => {
            let mut action = parameters(random);
            for role in ["manager", "reserve", "freeze", "clawback"] {
                action[role] = Value::Null;
            }
            action["asset"] = json!(asset);
            ("destroy", "acfg", action)
        }
    }
}

/// An asset that is nothing yet, and who controls it.
fn parameters(random: &mut Random) -> Value {
    json!({
        "asset": "0", "total": "0", "decimals": 0, "defaultFrozen": false, "unitName": "",
        "name": "", "url": "", "metadataHash": "",
        "manager": random.hex(32), "reserve": somebody(random), "freeze": somebody(random),
        "clawback": somebody(random),
    })
}

/// A public key, or nobody's.
fn somebody(random: &mut Random) -> Value {
    match random.coin() {
        true => json!(random.hex(32)),
        false => Value::Null,
    }
}
