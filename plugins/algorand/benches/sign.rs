//! How long a complete transaction takes to sign: preimages, Ed25519, verification, assembly.

use criterion::{Criterion, criterion_group, criterion_main};
use kms_algorand::ALGORAND;
use kms_core::testkit::Frozen;

fn bench(criterion: &mut Criterion) {
    for name in ["payment-with-note-mainnet", "asset-transfer-ft-mainnet"] {
        let vectors = include_str!("../tests/vectors/ALGO.json");
        let frozen = Frozen::recorded(&ALGORAND, vectors, name);
        for (step, run) in Frozen::STEPS {
            criterion.bench_function(&format!("ALGO/{name}/{step}"), |bencher| {
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
