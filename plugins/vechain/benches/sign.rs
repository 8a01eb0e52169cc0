//! How long a complete transaction takes to sign: preimages, ECDSA, verification, assembly.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_vechain::VECHAIN;
use serde_json::{json, value::RawValue};

fn bench(criterion: &mut Criterion) {
    let (unsigned, keys) = frozen();
    criterion.bench_function("VET/token/preimages", |bencher| {
        bencher.iter(|| VECHAIN.preimages(black_box(&unsigned)));
    });
    criterion.bench_function("VET/token/summarize", |bencher| {
        bencher.iter(|| VECHAIN.summarize(Network::Testnet, black_box(&unsigned)));
    });
    criterion.bench_function("VET/token/preimages+sign+assemble", |bencher| {
        bencher.iter(|| sign(&VECHAIN, black_box(&unsigned), &keys));
    });
}

/// A VTHO transfer, and the key that signs it.
fn frozen() -> (Unsigned, KeySet) {
    let request = json!({
        "to": "0x0000000000000000000000000000456e65726779",
        "data": format!("0xa9059cbb{:0>64}{:0>64}", "35".repeat(20), "8ac7230489e80000"),
        "nonce": 7, "chainTag": 39, "blockRef": "0x00fb2c3a1122aabb",
    });
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "VET", "hashes": ["wallet"],
        "serializedTransaction": request.to_string(),
    });
    let raw = RawValue::from_string(pending.to_string()).expect("valid JSON");
    let pending = PendingTransaction::from_raw(&raw).expect("a pending transaction");

    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    let mut keys = KeySet::default();
    keys.push(request, SecretKey::secp256k1(&[0x46; 32]).expect("a key"));
    let signers = keys
        .signers(&VECHAIN, Network::Testnet)
        .expect("an address");
    let outcome = json!([{"data": "0x", "gasUsed": 13_326, "reverted": false, "vmError": ""}]);
    let calls = [json!({
        "method": "POST", "path": "/accounts/*?revision=best", "response": outcome,
    })];
    let node = ScriptedNode::new(Network::Testnet, &calls);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O")
        .block_on(VECHAIN.prepare(&pending, signers, &node))
        .expect("a complete transaction");
    (unsigned, keys)
}

criterion_group!(
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = bench
);
criterion_main!(benches);
