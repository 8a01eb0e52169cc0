//! Stellar, in the eyes of the Stellar SDK.

use kms_tests::{cloud::Cloud, program::User};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each kind and network.
const ROUNDS: usize = 8;

/// Kinds of transactions: between them they have every operation there is.
const KINDS: [&str; 18] = [
    "payment",
    "asset",
    "create",
    "pathReceive",
    "pathSend",
    "trust",
    "pool",
    "data",
    "options",
    "flags",
    "offers",
    "claimable",
    "sponsor",
    "merge",
    "bump",
    "clawback",
    "invoke",
    "payment",
];

#[test]
fn the_stellar_sdk_reads_what_is_signed_for_stellar() {
    let Some(sdk) = Library::of("stellar") else {
        return;
    };
    for network in Network::BOTH {
        let mut random = Random::seeded(if network.is_testnet() { 149 } else { 148 });
        let user = session::user();
        let keys = wallets(&sdk, &mut random, network, &user);
        let others = accounts(&sdk, &mut random);
        let mut cases = Vec::new();
        for round in 0..ROUNDS * KINDS.len() {
            let key = random.one_of(&keys).clone();
            let spec = spec(
                &mut random,
                network,
                KINDS[round % KINDS.len()],
                &key,
                &others,
            );
            cases.push((key, spec));
        }
        let specs: Vec<&Value> = cases.iter().map(|(_, spec)| spec).collect();
        let asked = sdk.ask("requests", &json!(specs));
        let asked = asked.as_array().expect("a list");
        let pending: Vec<Value> = (0..)
            .zip(cases.iter().zip(asked))
            .map(|(number, ((key, _), asked))| key.pending(number, "XLM", text(asked)))
            .collect();
        let signed = session::sign(&user, network, &Cloud::start(), "", &pending);
        let ids = session::ids(&user, &pending);

        let questions: Vec<Value> = cases
            .iter()
            .zip(asked)
            .zip(&signed)
            .map(|(((key, _), asked), signed)| {
                json!({
                    "asked": asked,
                    "signed": signed,
                    "testnet": network.is_testnet(),
                    "address": key.address,
                })
            })
            .collect();
        let found = sdk.ask("transactions", &json!(questions));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for (((_, spec), found), id) in cases.iter().zip(found).zip(&ids) {
            assert_eq!(found["id"], **id, "{spec}");
            for yes in ["sameHash", "signed", "kept"] {
                assert_eq!(found[yes], true, "{yes}: {spec}: {found}");
            }
            assert_eq!(found["added"], 1, "{spec}: {found}");
            if spec["kind"] == "payment" {
                assert_eq!(found["type"], "payment");
                assert_eq!(found["destination"], spec["to"]);
                assert_eq!(found["amount"], spec["amount"]);
            }
        }
        session::tally_transactions("XLM", cases.len());
    }
}

/// Keys that the library makes, and some that the program makes.
fn wallets(sdk: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let seeds: Vec<String> = (0..8).map(|_| random.hex(32)).collect();
    let made = sdk.ask("keys", &json!(seeds));
    let mut keys: Vec<Key> = made
        .as_array()
        .expect("a list")
        .iter()
        .map(|key| session::store_single(user, "XLM", network, key))
        .collect();
    for key in &keys {
        let shown = user.run(&format!("getprivatekey {} 0", key.wallet)).json();
        assert_eq!(shown["privateKey"], key.known["privateKey"]);
    }
    for _ in 0..3 {
        keys.push(session::make_single(user, "XLM", network, |secret| {
            sdk.ask("secrets", &json!([secret]))[0].clone()
        }));
    }
    keys
}

/// Accounts that are nobody's.
fn accounts(sdk: &Library, random: &mut Random) -> Vec<String> {
    let seeds: Vec<String> = (0..12).map(|_| random.hex(32)).collect();
    let made = sdk.ask("keys", &json!(seeds));
    let made = made.as_array().expect("a list").iter();
    made.map(|key| text(&key["address"]).to_owned()).collect()
}

fn spec(random: &mut Random, network: Network, kind: &str, key: &Key, others: &[String]) -> Value {
    let stroops = random.magnitude(62) + 1;
    let memo = match random.within(0..=4) {
        0 => json!({"type": "text", "value": format!("memo {}", random.hex(3))}),
        1 => json!({"type": "id", "value": random.number().to_string()}),
        2 => json!({"type": "hash", "value": random.hex(32)}),
        3 => json!({"type": "return", "value": random.hex(32)}),
        _ => json!({"type": "none"}),
    };
    let min_time = random.coin().then(|| random.within(0..=1_000_000_000));
    let is_contract = kind == "invoke";
    let conditions = (random.coin() && !is_contract).then(|| {
        json!({
            "minLedger": random.within(0..=1000),
            "maxLedger": random.within(1001..=4_000_000_000),
            "minSequence": random.within(0..=1 << 50).to_string(),
            "age": random.within(0..=1 << 40),
            "gap": random.within(0..=1 << 30),
        })
    });
    json!({
        "kind": kind,
        "testnet": network.is_testnet(),
        "source": key.address,
        "sequence": random.within(1..=1 << 60).to_string(),
        "fee": random.within(100..=1_000_000).to_string(),
        // The memo of a contract call would be lost on chain, so the library has none.
        "memo": if is_contract { json!({"type": "none"}) } else { memo },
        "minTime": min_time,
        "maxTime": min_time.map(|from| from + 1000),
        "conditions": conditions,
        "bump": kind == "payment" && random.coin(),
        "to": random.one_of(&others[..6]),
        "other": random.one_of(&others[6..]),
        "amount": format!("{}.{:07}", stroops / 10_000_000, stroops % 10_000_000),
        "code": *random.one_of(&["USD", "EURT", "LONGCODE", "X"]),
        "number": random.within(1..=1 << 60).to_string(),
        "hash": random.hex(32),
    })
}
