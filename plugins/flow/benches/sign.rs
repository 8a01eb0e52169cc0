//! How long a complete transaction takes to sign: preimages, ECDSA, verification, assembly.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_flow::FLOW;
use serde_json::{Value, value::RawValue};

fn bench(criterion: &mut Criterion) {
    let (unsigned, keys) = frozen();
    criterion.bench_function("FLOW/custom/preimages", |bencher| {
        bencher.iter(|| FLOW.preimages(black_box(&unsigned)));
    });
    criterion.bench_function("FLOW/custom/summarize", |bencher| {
        bencher.iter(|| FLOW.summarize(Network::Testnet, black_box(&unsigned)));
    });
    criterion.bench_function("FLOW/custom/preimages+sign+assemble", |bencher| {
        bencher.iter(|| sign(&FLOW, black_box(&unsigned), &keys));
    });
}

/// A recorded transaction, and the key that signs it.
fn frozen() -> (Unsigned, KeySet) {
    let vectors: Value =
        serde_json::from_str(include_str!("../tests/vectors/FLOW.json")).expect("vectors");
    let case = &vectors["transactions"][0];
    let raw = RawValue::from_string(case["pending"].to_string()).expect("valid JSON");
    let pending = PendingTransaction::from_raw(&raw).expect("a pending transaction");
    let mut wallets = case["wallets"].as_object().into_iter().flatten();
    let text = wallets
        .next()
        .and_then(|(_, entry)| entry["privateKey"].as_str());
    let key = FLOW
        .parse_private_key(Network::Testnet, &SecretText::new(text.expect("a key")))
        .expect("a key");
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(request, key);
    let signers = keys.signers(&FLOW, Network::Testnet).expect("a public key");
    let calls = case["calls"].as_array().expect("a list");
    let node = ScriptedNode::new(Network::Testnet, calls);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let unsigned = runtime
        .block_on(FLOW.prepare(&pending, signers, &node))
        .expect("a complete transaction");
    (unsigned, keys)
}

criterion_group!(benches, bench);
criterion_main!(benches);
