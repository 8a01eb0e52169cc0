//! How long a complete transaction takes to sign: preimages, extended Ed25519, verification,
//! assembly. Each step reads the node's body anew and compares it with what was asked for.

use criterion::{Criterion, criterion_group, criterion_main};
use kms_cardano::CARDANO;
use kms_core::testkit::Frozen;

fn bench(criterion: &mut Criterion) {
    for name in [
        "private-key-wallet-one-input-with-change",
        "two-inputs-two-keys-and-three-outputs",
    ] {
        let vectors = include_str!("../tests/vectors/ADA.json");
        let frozen = Frozen::recorded(&CARDANO, vectors, name);
        for (step, run) in Frozen::STEPS {
            criterion.bench_function(&format!("ADA/{name}/{step}"), |bencher| {
                bencher.iter(|| run(&frozen));
            });
        }
    }
}

criterion_group!(
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = bench
);
criterion_main!(benches);
