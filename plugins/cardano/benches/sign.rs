//! How long a complete transaction takes to sign: preimages, extended Ed25519, verification,
//! assembly. Each step reads the node's body anew and compares it with what was asked for.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kms_cardano::CARDANO;
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use serde_json::{Value, value::RawValue};

fn bench(criterion: &mut Criterion) {
    for name in [
        "private-key-wallet-one-input-with-change",
        "two-inputs-two-keys-and-three-outputs",
    ] {
        let (network, unsigned, keys) = frozen(name);
        criterion.bench_function(&format!("ADA/{name}/preimages"), |bencher| {
            bencher.iter(|| CARDANO.preimages(black_box(&unsigned)));
        });
        criterion.bench_function(&format!("ADA/{name}/summarize"), |bencher| {
            bencher.iter(|| CARDANO.summarize(network, black_box(&unsigned)));
        });
        criterion.bench_function(&format!("ADA/{name}/preimages+sign+assemble"), |bencher| {
            bencher.iter(|| sign(&CARDANO, black_box(&unsigned), &keys));
        });
    }
}

/// A recorded transaction of wallets with a single key, and the keys that sign it.
fn frozen(name: &str) -> (Network, Unsigned, KeySet) {
    let vectors: Value =
        serde_json::from_str(include_str!("../tests/vectors/ADA.json")).expect("vectors");
    let cases = vectors["transactions"].as_array().expect("a list");
    let case = cases
        .iter()
        .find(|case| case["name"] == name)
        .expect("a recorded case");
    let network = Network::from_testnet_flag(case["testnet"].as_bool().expect("a network"));
    let raw = RawValue::from_string(case["pending"].to_string()).expect("valid JSON");
    let pending = PendingTransaction::from_raw(&raw).expect("a pending transaction");
    let mut keys = KeySet::default();
    for (id, entry) in case["wallets"].as_object().expect("wallets") {
        let key = SecretText::new(entry["privateKey"].as_str().expect("a private key"));
        let request = KeyRequest {
            id: id.clone(),
            index: None,
        };
        keys.push(
            request,
            CARDANO.parse_private_key(network, &key).expect("a key"),
        );
    }
    let signers = keys.signers(&CARDANO, network).expect("an address");
    let node = ScriptedNode::new(network, case["calls"].as_array().expect("calls"));
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O")
        .block_on(CARDANO.prepare(&pending, signers, &node))
        .expect("a complete transaction");
    (network, unsigned, keys)
}

criterion_group!(
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = bench
);
criterion_main!(benches);
