//! How long a complete transaction takes to sign: preimages, Ed25519, verification, assembly.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kms_algorand::ALGORAND;
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use serde_json::{Value, json, value::RawValue};

fn bench(criterion: &mut Criterion) {
    for name in ["payment-with-note-mainnet", "asset-transfer-ft-mainnet"] {
        let (unsigned, keys) = frozen(name);
        criterion.bench_function(&format!("ALGO/{name}/preimages"), |bencher| {
            bencher.iter(|| ALGORAND.preimages(black_box(&unsigned)));
        });
        criterion.bench_function(&format!("ALGO/{name}/summarize"), |bencher| {
            bencher.iter(|| ALGORAND.summarize(Network::Mainnet, black_box(&unsigned)));
        });
        criterion.bench_function(&format!("ALGO/{name}/preimages+sign+assemble"), |bencher| {
            bencher.iter(|| sign(&ALGORAND, black_box(&unsigned), &keys));
        });
    }
}

/// A recorded transaction, and the key that signs it.
fn frozen(name: &str) -> (Unsigned, KeySet) {
    let vectors: Value =
        serde_json::from_str(include_str!("../tests/vectors/ALGO.json")).expect("vectors");
    let cases = vectors["transactions"].as_array().expect("a list");
    let case = cases
        .iter()
        .find(|case| case["name"] == name)
        .expect("a recorded case");
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "ALGO", "hashes": ["wallet"],
        "serializedTransaction": case["pending"]["serializedTransaction"],
    });
    let raw = RawValue::from_string(pending.to_string()).expect("valid JSON");
    let pending = PendingTransaction::from_raw(&raw).expect("a pending transaction");

    let entry = case["wallets"]
        .as_object()
        .and_then(|it| it.values().next());
    let text = entry.and_then(|entry| entry["secret"].as_str());
    let key = SecretText::new(text.expect("a private key"));
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    let mut keys = KeySet::default();
    keys.push(
        request,
        ALGORAND
            .parse_private_key(Network::Mainnet, &key)
            .expect("a key"),
    );
    let signers = keys
        .signers(&ALGORAND, Network::Mainnet)
        .expect("an address");
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O")
        .block_on(ALGORAND.prepare(&pending, signers, &node))
        .expect("a complete transaction");
    (unsigned, keys)
}

criterion_group!(
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = bench
);
criterion_main!(benches);
