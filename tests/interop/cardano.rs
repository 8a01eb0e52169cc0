//! Cardano, in the eyes of Emurgo's serialization library. It also plays the Rosetta node, so
//! that the bodies are in the notation of today's wallets.

use std::collections::{BTreeMap, BTreeSet};

use kms_tests::{
    cloud::{Answer, Cloud},
    program::User,
    samples::pending_id,
};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each network.
const TRANSACTIONS: u64 = 150;
/// The slot that the node says is the last one.
const TTL: &str = "151000000";

#[test]
fn emurgos_library_reads_what_is_signed_for_cardano() {
    let Some(library) = Library::of("cardano") else {
        return;
    };
    for network in Network::BOTH {
        let mut random = Random::seeded(if network.is_testnet() { 1 } else { 1815 });
        let user = session::user();
        let keys = wallets(&library, &mut random, network, &user);
        let addresses = addresses(&library, &mut random, network);
        let cases: Vec<Case> = (0..TRANSACTIONS)
            .map(|number| Case::random(&mut random, number, &keys, &addresses))
            .collect();

        let cloud = Cloud::start();
        play_node(&library, network, &cloud, &cases);
        let pending: Vec<Value> = cases.iter().map(|case| case.pending.clone()).collect();
        let signed = session::sign(&user, network, &cloud, "", &pending);
        let ids = session::ids(&user, &pending);

        let testnet = network.is_testnet();
        let asked: Vec<Value> = signed
            .iter()
            .map(|tx_data| json!({"txData": tx_data, "testnet": testnet}))
            .collect();
        let found = library.ask("transactions", &json!(asked));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for ((case, found), id) in cases.iter().zip(found).zip(&ids) {
            let mut expected = case.expected.clone();
            expected["id"] = json!(id);
            assert_eq!(*found, expected, "{network:?}: {}", case.pending);
        }
        session::tally_transactions("ADA", cases.len());
    }
}

/// Random mnemonics of every length, and keys at small and large indexes.
fn wallets(library: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let asked: Vec<Value> = [16, 20, 24, 28, 32]
        .into_iter()
        .map(|bytes| {
            json!({
                "entropy": random.hex(bytes),
                "testnet": network.is_testnet(),
                "indexes": [0, random.within(1..=0x7fff_ffff)],
            })
        })
        .collect();
    session::store(user, "ADA", network, &library.ask("wallets", &json!(asked)))
}

/// Some addresses of every kind.
fn addresses(library: &Library, random: &mut Random, network: Network) -> Vec<String> {
    let kinds = ["key", "script", "base", "base-script", "pointer", "byron"];
    let asked: Vec<Value> = kinds
        .iter()
        .cycle()
        .take(5 * kinds.len())
        .map(|kind| json!({"kind": kind, "seed": random.hex(28), "testnet": network.is_testnet()}))
        .collect();
    serde_json::from_value(library.ask("addresses", &json!(asked))).expect("a list of texts")
}

/// Lets the cloud answer as a Rosetta node does, with the library's transactions.
fn play_node(library: &Library, network: Network, cloud: &Cloud, cases: &[Case]) {
    let asked: Vec<Value> = cases
        .iter()
        .map(|case| json!({"operations": case.operations, "ttl": TTL}))
        .collect();
    let built = library.ask("payloads", &json!(asked));
    let built: BTreeMap<String, Value> = cases
        .iter()
        .zip(built.as_array().expect("a list"))
        .map(|(case, built)| (case.operations.to_string(), built.clone()))
        .collect();
    let name = if network.is_testnet() {
        "preprod"
    } else {
        "mainnet"
    };
    let identifier = json!({"blockchain": "cardano", "network": name});
    let step = |step: &str, answer: Box<dyn Fn(&Value) -> Value + Send + Sync>| {
        let identifier = identifier.clone();
        let path = format!("/v3/blockchain/node/cardano-{name}/*/construction/{step}");
        cloud.route("POST", &path, move |request| {
            let body = request.json();
            if body["network_identifier"] == identifier {
                Answer::ok(&answer(&body))
            } else {
                Answer::error(400, "network", "another network")
            }
        });
    };
    step(
        "preprocess",
        Box::new(|body| json!({"options": body["metadata"]})),
    );
    step("metadata", Box::new(|_| json!({"metadata": {"ttl": TTL}})));
    step(
        "payloads",
        Box::new(move |body| built[&body["operations"].to_string()].clone()),
    );
    step("combine", Box::new(combine));
}

/// Puts the signatures into the transaction: `[body, {0: [[key, signature]…]}, true, null]`, in an
/// envelope like the library's. For each transaction would be one more start of Node.js.
fn combine(body: &Value) -> Value {
    let unsigned = hex::decode(text(&body["unsigned_transaction"])).expect("an envelope");
    let content = std::str::from_utf8(&unsigned[4..unsigned.len() - 1]).expect("text");
    let signatures = body["signatures"].as_array().expect("a list");
    let mut signed = format!("84{content}a100d90102{:x}", 0x80 + signatures.len());
    for signature in signatures {
        let key = text(&signature["public_key"]["hex_bytes"]);
        let bytes = text(&signature["hex_bytes"]);
        signed.push_str(&format!("825820{key}5840{bytes}"));
    }
    signed.push_str("f5f6");
    let length = u16::try_from(signed.len()).expect("a transaction of at most 16 KiB");
    let envelope = format!("8279{length:04x}{}a0", hex::encode(signed));
    json!({"signed_transaction": envelope})
}

/// What is asked for, and what the library must find.
struct Case {
    operations: Value,
    pending: Value,
    expected: Value,
}

impl Case {
    fn random(random: &mut Random, number: u64, keys: &[Key], addresses: &[String]) -> Self {
        let fee = random.within(160_000..=1_000_000);
        let outputs: Vec<Output> = (0..=random.within(0..=4))
            .map(|_| Output::random(random, keys, addresses))
            .collect();
        let mut rest = fee + outputs.iter().map(|one| one.lovelace).sum::<u64>();
        let mut operations = Vec::new();
        let (mut inputs, mut signers) = (BTreeSet::new(), BTreeMap::new());
        let count = random.within(1..=4);
        for left in (0..count).rev() {
            let key = random.one_of(keys);
            let value = if left == 0 {
                rest
            } else {
                random.within(1..=rest - left)
            };
            rest -= value;
            let coin = format!("{}:{}", random.hex(32), random.within(0..=0xffff));
            let mut input = operation("input", &key.address, &format!("-{value}"), json!({}));
            input["coin_change"] = json!({
                "coin_identifier": {"identifier": coin},
                "coin_action": "coin_created",
            });
            operations.push(input);
            inputs.insert(coin);
            signers.insert(key.address.clone(), key);
        }
        operations.extend(outputs.iter().map(Output::operation));
        let hashes: Vec<&str> = signers
            .values()
            .filter(|key| key.index.is_none())
            .map(|key| key.wallet.as_str())
            .collect();
        let signatures: Vec<Value> = signers
            .values()
            .filter(|key| key.index.is_some())
            .map(|key| json!({"id": key.wallet, "index": key.index}))
            .collect();
        let operations = json!(operations);
        let pending = json!({
            "id": pending_id(number),
            "chain": "ADA",
            "serializedTransaction": operations.to_string(),
            "hashes": hashes,
            "signatures": signatures,
            "withdrawalId": null,
            "withdrawalResponses": null,
        });
        let expected = json!({
            "inputs": inputs,
            "outputs": outputs.iter().map(Output::expected).collect::<Vec<_>>(),
            "fee": fee.to_string(),
            "ttl": TTL,
            "more": [],
            "valid": true,
            "auxiliary": true,
            "signers": signers.keys().collect::<Vec<_>>(),
        });
        Self {
            operations,
            pending,
            expected,
        }
    }
}

fn operation(kind: &str, address: &str, value: &str, metadata: Value) -> Value {
    json!({
        "operation_identifier": {"index": 0},
        "related_operations": [],
        "type": kind,
        "status": "success",
        "account": {"address": address, "metadata": {}},
        "amount": {"value": value, "currency": {"symbol": "ADA", "decimals": 6}},
        "metadata": metadata,
    })
}

/// An output, and its tokens by policy and name.
struct Output {
    address: String,
    lovelace: u64,
    tokens: BTreeMap<String, BTreeMap<String, String>>,
}

impl Output {
    fn random(random: &mut Random, keys: &[Key], addresses: &[String]) -> Self {
        let address = if random.within(0..=3) == 0 {
            random.one_of(keys).address.clone()
        } else {
            random.one_of(addresses).clone()
        };
        // Of any magnitude, beyond what a double holds; five of them fit.
        let lovelace = 1 + u64::try_from(random.magnitude(61)).expect("61 bits");
        let mut tokens: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        if random.within(0..=2) == 0 {
            for _ in 0..=random.within(0..=2) {
                let names = tokens.entry(random.hex(28)).or_default();
                for _ in 0..=random.within(0..=2) {
                    let name = random.index(33);
                    let amount = 1 + random.magnitude(63);
                    names.insert(random.hex(name), amount.to_string());
                }
            }
        }
        Self {
            address,
            lovelace,
            tokens,
        }
    }

    fn operation(&self) -> Value {
        let bundles: Vec<Value> = self
            .tokens
            .iter()
            .map(|(policy, names)| {
                let tokens: Vec<Value> = names
                    .iter()
                    .map(|(name, amount)| {
                        json!({"value": amount, "currency": {"symbol": name, "decimals": 0}})
                    })
                    .collect();
                json!({"policyId": policy, "tokens": tokens})
            })
            .collect();
        let metadata = if bundles.is_empty() {
            json!({})
        } else {
            json!({"tokenBundle": bundles})
        };
        operation(
            "output",
            &self.address,
            &self.lovelace.to_string(),
            metadata,
        )
    }

    fn expected(&self) -> Value {
        json!({
            "address": self.address,
            "lovelace": self.lovelace.to_string(),
            "tokens": self.tokens,
            "more": null,
        })
    }
}
