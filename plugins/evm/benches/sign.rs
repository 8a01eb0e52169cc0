//! How long a complete transaction takes to sign: preimages, ECDSA, verification, assembly.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_evm::ETHEREUM;
use serde_json::{json, value::RawValue};

fn bench(criterion: &mut Criterion) {
    for (name, fields) in [
        ("legacy", json!({"gasPrice": "20000000000"})),
        (
            "eip1559",
            json!({"maxFeePerGas": "30000000000", "maxPriorityFeePerGas": "1000000000"}),
        ),
    ] {
        let (unsigned, keys) = frozen(fields);
        criterion.bench_function(&format!("ETH/{name}/preimages"), |bencher| {
            bencher.iter(|| ETHEREUM.preimages(black_box(&unsigned)));
        });
        criterion.bench_function(&format!("ETH/{name}/summarize"), |bencher| {
            bencher.iter(|| ETHEREUM.summarize(Network::Mainnet, black_box(&unsigned)));
        });
        criterion.bench_function(&format!("ETH/{name}/preimages+sign+assemble"), |bencher| {
            bencher.iter(|| sign(&ETHEREUM, black_box(&unsigned), &keys));
        });
    }
}

/// An ERC-20 transfer with the fee members `fields`, and the key that signs it.
fn frozen(fields: serde_json::Value) -> (Unsigned, KeySet) {
    let mut request = json!({
        "to": "0x1111111111111111111111111111111111111111",
        "data": format!("0xa9059cbb{:0>64}{:0>64}", "35".repeat(20), "1312d0"),
        "gas": 65_000, "nonce": 7, "chainId": 1,
    });
    for (name, value) in fields.as_object().expect("fee members") {
        request[name] = value.clone();
    }
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "ETH", "hashes": ["wallet"],
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
        .signers(&ETHEREUM, Network::Mainnet)
        .expect("an address");
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O")
        .block_on(ETHEREUM.prepare(&pending, signers, &node))
        .expect("a complete transaction");
    (unsigned, keys)
}

criterion_group!(
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = bench
);
criterion_main!(benches);
